"""Queries that need too much: they fail, and nobody else notices."""
import collections
import pathlib
import threading

import pytest

from world.prometheus import now_s

MIB = 1 << 20
BUDGET_MIB = 256
N_SERIES = 600
N_STEPS = 11000
STEP_S = 60

# It holds all series at all steps: 55 MiB, of which twenty at once do not fit into the budget.
LARGE = "quantile(0.5, load)"
SMALL = 'count(load{host=~"00."})'


def load_series(times):
    return [({"__name__": "load", "host": f"{host:03}"}, [float(host + t % 17) for t in times])
            for host in range(N_SERIES)]


@pytest.fixture
def loaded(world):
    """A sidecar with three hours of many series, and the end of them."""
    prometheus = world.prometheus("a")
    end = now_s() // STEP_S * STEP_S
    prometheus.fill(load_series, end - N_STEPS - 600, end, STEP_S)
    return world.sidecar(prometheus), end


def ask_large(query, end):
    return query.ask("query_range", query=LARGE, start=end - N_STEPS + 1, end=end, step=1)


def peak_rss_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024


def is_sanitized(process):
    """Sanitizers have an allocator of their own, which keeps what is freed."""
    maps = pathlib.Path(f"/proc/{process.pid}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps


def test_a_query_over_its_limit_is_told_the_limit_and_the_selector(world, loaded):
    sidecar, end = loaded
    query = world.query(sidecar, flags=["--query.max-memory-per-query=16MiB"])

    status, answer = ask_large(query, end)

    assert (status, answer["errorType"]) == (422, "execution")
    assert answer["error"] == (
        f"selector load: the query needs more than the {16 * MIB} bytes of memory that "
        "--query.max-memory-per-query allows")
    assert query.instant(SMALL, time=end)["data"]["result"][0]["value"][1] == "10"


@pytest.mark.parametrize("flag, text", [
    ("--query.max-samples=1000000", "more than the 1000000 that --query.max-samples allows"),
    ("--query.max-series=100", "more than the 100 series that --query.max-series allows"),
])
def test_other_limits_are_told_in_the_same_way(world, loaded, flag, text):
    sidecar, end = loaded
    query = world.query(sidecar, flags=[flag])

    status, answer = ask_large(query, end)

    assert status == 422
    assert answer["error"].startswith("selector load: ") and text in answer["error"]
    assert query.instant(SMALL, time=end)["data"]["result"][0]["value"][1] == "10"


def test_a_sidecar_without_memory_names_the_selector_and_the_flag(world, loaded):
    sidecar, end = loaded
    small = world.sidecar(sidecar.prometheus, flags=["--store.max-memory=256KiB"])
    query = world.query(small)

    status, answer = query.ask("query", query="count(load)", time=end, partial_response="false")

    assert status != 200
    assert "ResourceExhausted" in answer["error"]
    assert '{__name__="load"}: ' in answer["error"] and "the sidecar needs more" in answer["error"]
    assert "--store.max-memory allows" in answer["error"]
    assert query.instant(SMALL, time=end)["data"]["result"][0]["value"][1] == "10"


def test_a_hundred_large_queries_at_once_harm_nobody(world, loaded):
    sidecar, end = loaded
    query = world.query(sidecar, flags=[f"--query.max-memory={BUDGET_MIB}MiB"])
    large, small = collections.Counter(), collections.Counter()
    is_over = threading.Event()

    def run_large():
        status, answer = ask_large(query, end)
        error = answer.get("error", "")
        large[(status, error.startswith("selector load: ") and "--query.max-memory " in error)] += 1

    def run_small():
        while not is_over.is_set():
            status, answer = query.ask("query", query=SMALL, time=end)
            small[(status, str(answer["data"]["result"][0]["value"][1]
                               if status == 200 else answer))] += 1

    threads = [threading.Thread(target=run_large) for _ in range(100)]
    others = [threading.Thread(target=run_small) for _ in range(3)]
    for thread in threads + others:
        thread.start()
    for thread in threads:
        thread.join()
    is_over.set()
    for thread in others:
        thread.join()

    assert set(small) == {(200, "10")}
    assert set(large) <= {(200, False), (422, True)}
    assert large[(422, True)] > 0
    assert query.instant(SMALL, time=end)["data"]["result"][0]["value"][1] == "10"
    if not is_sanitized(query.process):
        assert peak_rss_bytes(query.process) <= 1.15 * BUDGET_MIB * MIB
