"""What stores do when they do not work well: the acceptance suite of buckets through a proxy that lets
things go wrong."""
import pytest

from world.acceptance import MANY, accept
from world.actor import wait_until
from world.fault_proxy import FAULTS, FaultProxy
from world.prometheus import now_s


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
    accept(tmp_path, config, ATHANOR_TEST_SKIP=MANY, **env)
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
           ATHANOR_TEST_ONLY=MANY)

    assert proxy.counts["none"] > 2000
    assert proxy.counts["slow down"] < proxy.counts["none"] / 10
