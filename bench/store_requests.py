#!/usr/bin/env python3
"""store_requests - what requests to a store gateway cost, cold and warm: time, requests to the
bucket, bytes from it, memory.

	bench/store_requests.py BUCKET [BINARY...]

BUCKET is a folder of a FILESYSTEM bucket, made by athanor-blockgen (--series=1000000
--scrape-interval=30m makes a million series in seconds). Every BINARY, build/release/athanor and a
thanos beside it, serves it in turn. A case is asked twice of a store that has just started: the
first answer is cold, the second one may come from caches. Prints `CASE.NAME value unit`.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from world.athanor import Store  # noqa: E402

CLIENT = ROOT / "build/release/bench_series_client"

# name, selector, label whose values are asked for
CASES = [
    ("one_series", '{__name__="up", %(one)s}', None),
    ("one_metric", '{__name__="%(metric)s"}', None),
    ("all_series", '{__name__=~".+"}', None),
    ("regex_high_cardinality", '{pod=~".*7"}', None),
    ("negative", '{__name__!="%(metric)s"}', None),
    ("sixty_times_the_same", "{%s}" % ",".join(['__name__!=""', 'job="node"'] * 30), None),
    ("alternatives", '{instance=~"%(alternatives)s"}', None),
    ("values", "", "pod"),
    ("values_with_matcher", '{__name__="%(metric)s"}', "pod"),
]
GETS = ('thanos_objstore_bucket_operations_total{', 'operation="get_range"')
BYTES = ('thanos_objstore_bucket_operation_fetched_bytes_total{', 'operation="get_range"')


def total(metrics, words):
    return sum(v for k, v in metrics.items() if all(word in k for word in words))


def times(bucket):
    metas = [json.loads(m.read_text()) for m in bucket.glob("*/meta.json")]
    return min(m["minTime"] for m in metas), max(m["maxTime"] for m in metas)


def client(store, selector, label, span, repeats):
    command = [CLIENT, store.address, selector, *map(str, span), str(store.process.pid),
               str(repeats)]
    answer = subprocess.run(command + ([label] if label else []), capture_output=True, text=True)
    if answer.returncode:
        return {"error": answer.stderr.strip().replace("\n", " ")[:300]}
    return {line.split()[0]: float(line.split()[1]) for line in answer.stdout.splitlines()}


def peak_mb(store):
    status = pathlib.Path(f"/proc/{store.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def ask(store, name, selector, label, span):
    for state in "cold", "warm":
        before = store.metrics()
        got = client(store, selector, label, span, 0)
        after = store.metrics()
        if "error" in got:
            print(f"{name}.{state} {got['error']}")
            continue
        print(f"{name}.{state}_series {got['series']:.0f} series")
        print(f"{name}.{state}_wall {got['first']:.3f} s")
        print(f"{name}.{state}_gets {total(after, GETS) - total(before, GETS):.0f} requests")
        print(f"{name}.{state}_fetched "
              f"{(total(after, BYTES) - total(before, BYTES)) / 1e6:.1f} MB")
    print(f"{name}.peak_rss {peak_mb(store):.1f} MB", flush=True)


def run(binary, bucket, words, span):
    print(f"# {binary}")
    for name, selector, label in CASES:
        with tempfile.TemporaryDirectory() as folder:
            store = Store("store", pathlib.Path(folder), bucket, binary=binary)
            store.start(timeout=120)
            try:
                ask(store, name, selector % words if selector else "", label, span)
            finally:
                store.stop()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    bucket = pathlib.Path(sys.argv[1])
    words = {"one": 'instance="10.0.1.167:8080"', "metric": "http_requests_total",
             "alternatives": "|".join(f"10.0.{i // 250}.{i % 250}:9100" for i in range(2000))}
    for binary in sys.argv[2:] or [str(ROOT / "build/release/athanor")]:
        run(binary, bucket, words, times(bucket))


main()
