"""OpenStack Swift: the acceptance suite of buckets, and a deployment, over a real one; Keystone, over a
stand-in."""
import pytest

from world.acceptance import MANY, accept, run_acceptance
from world.keystone import WHO, Keystone
from world.prometheus import now_s


@pytest.mark.parametrize("more", [
    {},
    {"large_object_chunk_size": 5000000},
    {"large_object_chunk_size": 5000000, "use_dynamic_large_objects": True,
     "large_object_segments_container_name": "segments"},
], ids=["default", "static", "dynamic"])
def test_swift_passes_the_acceptance_suite_and_nothing_stays(swift, tmp_path, more):
    config = swift.make_container("acceptance")
    swift.make_container("segments")
    config["config"].update(more)
    config["prefix"] = "a/prefix"

    accept(tmp_path, config, **({"ATHANOR_TEST_SKIP": MANY} if more else {}))

    for container in ("acceptance", "segments"):
        assert swift.ask("GET", f"/{container}")[2] == b""


def test_segments_of_a_replaced_object_are_removed(swift, tmp_path):
    config = swift.make_container("replaced")
    config["config"]["large_object_chunk_size"] = 5000000

    accept(tmp_path, config, ATHANOR_TEST_ONLY="a_large_object_replaces_*")

    assert swift.ask("GET", "/replaced")[2] == b""


def test_what_a_sidecar_ships_to_swift_is_served_from_there(swift, world):
    config = swift.make_container("shipped")
    config["config"]["large_object_chunk_size"] = 500  # a block has some thousand
    sidecar = world.sidecar(world.prometheus("a", hours=6), config)
    sidecar.wait_shipped()

    query = world.query(world.store(config))
    result = query.instant("temperature", time=now_s() - 4 * 3600)["data"]["result"]

    assert len(result) == 3
    assert b"segments/" in swift.ask("GET", "/shipped")[2]


@pytest.mark.parametrize("who", WHO)
def test_keystone_lets_swift_in(swift, world, tmp_path, who):
    swift.make_container("tokens")
    keystone = Keystone("keystone", tmp_path, swift).start()
    world.actors.append(keystone)

    accept(tmp_path, keystone.configuration("tokens", who),
           ATHANOR_TEST_ONLY="an_object_is_what_was_put*")


def test_keystone_refuses_a_wrong_password_and_the_error_does_not_have_it(swift, world, tmp_path):
    keystone = Keystone("keystone", tmp_path, swift).start()
    world.actors.append(keystone)
    config = keystone.configuration("tokens", "v3 by names")
    config["config"]["password"] = "close sesame"

    done = run_acceptance(tmp_path, config)

    said = done.stdout + done.stderr
    assert done.returncode != 0 and "close sesame" not in said
    assert "authentication: Swift: POST auth/tokens: 401: The request you have made" in said


def test_s3_of_swift_which_has_no_conditional_writes_passes_the_acceptance_suite(swift, tmp_path):
    swift.make_container("by-s3")

    accept(tmp_path, swift.s3_configuration("by-s3"), ATHANOR_TEST_SKIP=MANY)
