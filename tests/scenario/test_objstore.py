"""S3, GCS and Azure: the acceptance suite of buckets, and a deployment, over real ones."""
import json

import pytest

from world.acceptance import MANY, accept, run_acceptance
from world.athanor import BINARY
from world.prometheus import now_s


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

    wants_pages = {"part_size", "list_objects_version"} & set(more)
    accept(tmp_path, config, **({} if wants_pages else {"ATHANOR_TEST_SKIP": MANY}))


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


def test_azure_passes_the_acceptance_suite(azurite, tmp_path):
    accept(tmp_path, azurite.configuration("acceptance"))


def test_a_wrong_account_key_is_refused(azurite, tmp_path):
    config = azurite.configuration("acceptance", "bm90IHRoZSBrZXk=")
    config["config"]["max_retries"] = 1

    done = run_acceptance(tmp_path, config)

    assert done.returncode != 0
    assert "Azure: HEAD acceptance/: 403: AuthorizationFailure" in done.stderr + done.stdout
