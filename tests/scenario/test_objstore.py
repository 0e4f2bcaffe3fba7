"""Object stores: the acceptance suite of buckets, and a deployment, over real ones."""
import json
import os
import pathlib
import subprocess

import pytest

from world.actor import wait_until
from world.athanor import BINARY
from world.azurite import Azurite
from world.ceph import Ceph
from world.fault_proxy import FAULTS, FaultProxy
from world.gcs import Gcs
from world.keystone import WHO, Keystone
from world.prometheus import now_s
from world.swift import Swift

ACCEPTANCE = pathlib.Path(BINARY).parent / "tests" / "unit.objstore.acceptance"


@pytest.fixture(scope="module")
def ceph(tmp_path_factory):
    store = Ceph("ceph", tmp_path_factory.mktemp("ceph")).start()
    yield store
    store.stop()


def run_acceptance(tmp_path, config, **env):
    """ATHANOR_TEST_ONLY may name some of its tests, ATHANOR_TEST_SKIP some that are left out."""
    path = tmp_path / "bucket.json"
    path.write_text(json.dumps(config))
    return subprocess.run([ACCEPTANCE], capture_output=True, text=True, timeout=300, env={
        **os.environ, "ATHANOR_TEST_BUCKET": str(path), **env})


def accept(tmp_path, config, **env):
    """The acceptance suite on this bucket; its output where it fails."""
    done = run_acceptance(tmp_path, config, **env)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("more", [
    {"part_size": 5 << 20},
    {"list_objects_version": "v1", "send_content_md5": False},
    {"disable_multipart": True, "region": "us-east-1"},
    {"put_user_metadata": {"team": "storage", "X-Amz-Storage-Class": "STANDARD"}},
], ids=lambda more: "-".join(more))
def test_s3_of_ceph_passes_the_acceptance_suite(ceph, tmp_path, more):
    config = ceph.make_bucket("acceptance")
    config["config"].update(more)
    config["prefix"] = "/a/prefix/"

    accept(tmp_path, config)


def test_what_a_sidecar_ships_to_s3_is_served_from_there(ceph, world):
    config = ceph.make_bucket("shipped")
    prometheus = world.prometheus("a", hours=6)
    sidecar = world.sidecar(prometheus, config)
    sidecar.wait_shipped()

    store = world.store(config)
    query = world.query(store)
    result = query.instant("temperature", time=now_s() - 4 * 3600)["data"]["result"]

    assert len(result) == 3
    assert store.metrics()['thanos_objstore_bucket_operation_failures_total'
                           '{bucket="shipped",operation="get_range"}'] == 0


def test_a_store_that_refuses_the_key_is_named_in_the_error(ceph, world):
    config = ceph.make_bucket("refused")
    config["config"].update(secret_key="wrong", max_retries=1)

    code, said = world.run(BINARY, "store", f"--objstore.config={json.dumps(config)}",
                           f"--data-dir={world.folder}/data", "--http-address=127.0.0.1:0",
                           "--grpc-address=127.0.0.1:0", timeout=400)

    assert code == 1 and "S3: GET refused/: 403: SignatureDoesNotMatch" in said
    assert "wrong" not in said


@pytest.fixture(scope="module")
def gcs(tmp_path_factory):
    store = Gcs("gcs", tmp_path_factory.mktemp("gcs")).start()
    yield store
    store.stop()


@pytest.mark.parametrize("more", [{}, {"chunk_size_bytes": 1000000}], ids=["default", "chunks"])
def test_gcs_passes_the_acceptance_suite(gcs, tmp_path, more):
    config = gcs.configuration("acceptance")
    config["config"].update(more)

    accept(tmp_path, config, STORAGE_EMULATOR_HOST=gcs.endpoint)


def test_a_forged_key_gets_no_token(gcs, tmp_path):
    forged = tmp_path / "forged.key"
    gcs.make_key(forged)

    done = run_acceptance(tmp_path, gcs.configuration("acceptance", forged),
                          STORAGE_EMULATOR_HOST=gcs.endpoint)

    assert done.returncode != 0
    assert "Google access token" in done.stderr + done.stdout
    assert "bad signature" in done.stderr + done.stdout


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    store = Azurite("azurite", tmp_path_factory.mktemp("azurite")).start()
    yield store
    store.stop()


def test_azure_passes_the_acceptance_suite(azurite, tmp_path):
    accept(tmp_path, azurite.configuration("acceptance"))


def test_a_wrong_account_key_is_refused(azurite, tmp_path):
    config = azurite.configuration("acceptance", "bm90IHRoZSBrZXk=")
    config["config"]["max_retries"] = 1

    done = run_acceptance(tmp_path, config)

    assert done.returncode != 0
    assert "Azure: HEAD acceptance/: 403: AuthorizationFailure" in done.stderr + done.stdout


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    store = Swift("swift", tmp_path_factory.mktemp("swift")).start()
    yield store
    store.stop()


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

    accept(tmp_path, config)

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
    swift.make_container("s3")

    accept(tmp_path, swift.s3_configuration("s3"))


# --- faults between us and a store ---------------------------------------------------------------

# A thousand objects are for stores that work.
SKIPPED = "a_listing_may_be_longer_than_a_page*"


@pytest.fixture
def faulty():
    """Makes proxies that let things go wrong."""
    proxies = []

    def make(upstream, **how):
        proxies.append(FaultProxy(upstream, **how).start())
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.stop()


def accept_under_faults(tmp_path, proxy, config, **env):
    accept(tmp_path, config, ATHANOR_TEST_SKIP=SKIPPED, **env)
    assert set(proxy.counts) == {"none", *FAULTS}
    assert sum(proxy.counts[fault] for fault in FAULTS) > 20


@pytest.mark.parametrize("seed", [1, 2])
def test_s3_of_ceph_passes_the_acceptance_suite_under_faults(ceph, faulty, tmp_path, seed):
    proxy = faulty(ceph.endpoint, seed=seed)
    config = ceph.make_bucket(f"faults-{seed}")
    config["config"].update(endpoint=proxy.endpoint, part_size=5 << 20)

    accept_under_faults(tmp_path, proxy, config)


@pytest.mark.parametrize("seed", [1, 2])
def test_gcs_passes_the_acceptance_suite_under_faults(gcs, faulty, tmp_path, seed):
    proxy = faulty(gcs.endpoint, seed=seed)
    config = gcs.configuration(f"faults-{seed}")
    config["config"]["chunk_size_bytes"] = 1000000

    accept_under_faults(tmp_path, proxy, config, STORAGE_EMULATOR_HOST=proxy.endpoint)


@pytest.mark.parametrize("seed", [1, 2])
def test_azure_passes_the_acceptance_suite_under_faults(azurite, faulty, tmp_path, seed):
    proxy = faulty(azurite.endpoint, seed=seed)

    accept_under_faults(tmp_path, proxy, azurite.configuration(
        f"faults-{seed}", endpoint=proxy.endpoint))


@pytest.mark.parametrize("more", [{}, {"use_dynamic_large_objects": True}],
                         ids=["static", "dynamic"])
def test_swift_passes_the_acceptance_suite_under_faults(swift, faulty, tmp_path, more):
    proxy = faulty(swift.endpoint, seed=1)
    config = swift.make_container("faults")
    config["config"].update(auth_url=f"http://{proxy.endpoint}/auth/v1.0", retries=10,
                            large_object_chunk_size=5000000, **more)

    accept_under_faults(tmp_path, proxy, config)


def test_a_store_gateway_hedges_what_is_late(ceph, faulty, world):
    config = ceph.make_bucket("hedged")
    sidecar = world.sidecar(world.prometheus("a", hours=6), config)
    sidecar.wait_shipped()
    config["config"]["endpoint"] = faulty(ceph.endpoint, faults={"late": 0.2}).endpoint
    config["hedging_config"] = {"enabled": True, "quantile": 0.5}

    store = world.store(config, flags=["--sync-block-duration=1s"])
    wait_until("some late requests were hedged", lambda: store.metrics()[
        "athanor_objstore_hedged_request_wins_total"] > 0)
    result = world.query(store).instant("temperature", time=now_s() - 4 * 3600)["data"]["result"]

    assert len(result) == 3


def test_a_store_that_bears_100_requests_per_second_is_asked_no_faster(gcs, faulty, tmp_path):
    proxy = faulty(gcs.endpoint, faults={}, per_second=100)

    accept(tmp_path, gcs.configuration("limited"), STORAGE_EMULATOR_HOST=proxy.endpoint,
           ATHANOR_TEST_ONLY=SKIPPED)

    assert proxy.counts["none"] > 2000
    assert proxy.counts["slow down"] < proxy.counts["none"] / 10
