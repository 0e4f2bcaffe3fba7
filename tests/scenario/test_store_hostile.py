"""Selectors that ask a store gateway for everything it has, over and over, many at once: it answers
or says which limit it would have passed, and whoever asks for little goes on being answered.

HOSTILE_QUERIES=1000 asks so many of them (tools/soak does), instead of 50."""
import collections
import itertools
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

import pytest

from world.actor import http
from world.athanor import BINARY, ROOT

MIB = 1 << 20
LIMIT_MIB = 512
N_QUERIES = int(os.environ.get("HOSTILE_QUERIES", "50"))
CONCURRENCY = 20
N_SERIES = 1_000_000
END, END_S = "2026-11-01T00:00:00Z", 1793491200

EVERYTHING = ",".join(['__name__!=""'] * 60)
ALTERNATIVES = "|".join(f"pod-{i}" for i in range(10_000))
SELECTORS = [
    '{__name__=~".+"}',
    "{%s}" % EVERYTHING,
    '{__name__=~".*.*.*", job!=""}',
    '{pod=~".*[a-z].*", __name__!~"%s"}' % ALTERNATIVES,
    '{pod=~"%s|.+"}' % ALTERNATIVES[:40_000],
    '{__name__!="up", pod!="nothing", instance!=""}',
]
HOSTILE = ["count(count_over_time(%s[30d]))" % SELECTORS[0]] + [
    f"count(last_over_time({selector}[30d]))" for selector in SELECTORS]
# What the first one comes to, once all of it has been read.
SAME_LABELS = "vector cannot contain metrics with the same labelset"
SMALL = 'count(count_over_time(up{instance="10.0.1.167:8080"}[2h]))'


def is_sanitized(binary):
    """Sanitizers have an allocator of their own, which keeps what is freed, and are slow."""
    return b"libasan" in pathlib.Path(binary).read_bytes() or b"libtsan" in pathlib.Path(
        binary).read_bytes()


def fast_binary():
    """The release beside a sanitized build, where there is one."""
    release = ROOT / "build/release/athanor"
    return str(release) if is_sanitized(BINARY) and release.exists() else BINARY


def peak_rss_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.fixture
def gateway(world):
    """A store gateway with a million series of a few samples, with half a GiB, and a querier."""
    binary = fast_binary()
    generator = pathlib.Path(binary).with_name("athanor-blockgen")
    if not generator.exists():
        generator = pathlib.Path(BINARY).with_name("athanor-blockgen")
    subprocess.run([generator, f"--dir={world.bucket()}", f"--series={N_SERIES}", "--churn=0",
                    "--duration=2h", "--scrape-interval=30m", f"--end={END}"], check=True,
                   capture_output=True)
    # What no budget counts (code, stacks, buffers of the kernel's) has the rest.
    store = world.store(world.bucket(), binary=binary,
                        flags=[f"--store.max-memory={LIMIT_MIB * 8 // 10}MiB"])
    query = world.query(store, binary=binary,
                        flags=["--query.max-memory=1GiB", "--query.max-concurrent=40",
                               "--query.timeout=15m"])
    return store, query


def ask(query, text):
    form = urllib.parse.urlencode({"query": text, "time": END_S - 60, "timeout": "10m"}).encode()
    status, _, body = http(f"{query.url}/api/v1/query", data=form, timeout=900)
    return status, json.loads(body)


def kind_of(status, answer):
    """Of an answer to a hostile query: it has a number, or names the limit of memory."""
    told = [answer.get("error", ""), *answer.get("warnings", [])]
    if status == 200 and not answer.get("warnings") or told[0] == SAME_LABELS:
        return "answered"
    return "refused" if any("max-memory" in text for text in told) else str(told)[-500:]


def test_hostile_selectors_end_nothing_and_hold_up_nobody(gateway):
    store, query = gateway
    kinds, small = collections.Counter(), collections.Counter()
    texts = itertools.islice(itertools.cycle(HOSTILE), N_QUERIES)
    lock, is_over = threading.Lock(), threading.Event()
    want = ask(query, SMALL)[1]["data"]["result"][0]["value"][1]
    pid = store.process.pid

    def be_hostile():
        while True:
            with lock:
                text = next(texts, None)
            if text is None:
                return
            kinds[kind_of(*ask(query, text))] += 1

    def be_modest():
        while not is_over.is_set():
            status, answer = ask(query, SMALL)
            small[status, str(answer["data"]["result"] and
                              answer["data"]["result"][0]["value"][1]
                              if status == 200 else answer)] += 1

    threads = [threading.Thread(target=be_hostile) for _ in range(CONCURRENCY)]
    others = [threading.Thread(target=be_modest) for _ in range(2)]
    for thread in threads + others:
        thread.start()
    for thread in threads:
        thread.join()
    is_over.set()
    for thread in others:
        thread.join()

    assert set(kinds) <= {"answered", "refused"}, kinds
    assert sum(kinds.values()) == N_QUERIES
    assert kinds["answered"] > 0
    assert set(small) == {(200, want)}
    assert store.process.poll() is None and store.process.pid == pid
    print(f"{dict(kinds)}, {sum(small.values())} small ones, peak {peak_rss_mib(store.process):.0f} MiB")
    if not is_sanitized(store.command[0]):
        assert peak_rss_mib(store.process) <= LIMIT_MIB
