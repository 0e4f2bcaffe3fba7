#!/usr/bin/env python3
"""quickstart: the demo deployment, and the proof that it works (--check). Run by ./quickstart.

Two Prometheus replicas scrape the same targets; a sidecar each ships their blocks to a bucket and
serves their newest data; a store gateway serves the bucket; a querier answers over all of them. In
the demo's own bucket a compactor makes large blocks of small ones, and coarser data beside them; in one
that --objstore names it would touch what is not the demo's.
"""
import argparse
import json
import pathlib
import shutil
import signal
import sys
import threading
import time

from world.actor import Actor, Failure, http, wait_until
from world.athanor import Compact, Query, Sidecar, Store
from world.prometheus import Prometheus, now_s

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARGUMENTS = argparse.ArgumentParser()
ARGUMENTS.add_argument("--check", action="store_true")
ARGUMENTS.add_argument("--objstore", type=pathlib.Path, metavar="FILE")
ARGUMENTS = ARGUMENTS.parse_args()
CHECK = ARGUMENTS.check
DEMO = ROOT / "demo" / ("check" if CHECK else "")
DAYS = 5  # so that there are two whole ones, counted by twos, to be made coarser
STEP_S = 30
RECENT = "5h"  # what the sidecars serve; older data comes from the bucket

# Ports of the demo, all on 127.0.0.1.
PORTS = {
    "prometheus-a": 29090, "prometheus-b": 29091, "node": 29100,
    "sidecar-a": (29191, 29291), "sidecar-b": (29192, 29292),
    "store": (29193, 29293), "query": (29194, 29294), "compact": (29195, None),
}
COMPONENTS = ["sidecar-a", "sidecar-b", "store", "query", "compact"]
if ARGUMENTS.objstore:
    COMPONENTS.remove("compact")
HTTP_OF_ATHANOR = [f"127.0.0.1:{PORTS[name][0]}" for name in COMPONENTS]
SCRAPE = {
    "prometheus": ["127.0.0.1:29090", "127.0.0.1:29091"],
    "node": ["127.0.0.1:29100"],
    "athanor": HTTP_OF_ATHANOR,
}


def say(text):
    print(text, flush=True)


def show_progress(replica, part):
    """One line that moves on a terminal; elsewhere only its end."""
    text = f"filling replica {replica} with {DAYS} days: {min(part, 1):.0%}"
    if sys.stdout.isatty():
        print(f"\r{text}", end="\n" if part >= 1 else "", flush=True)
    elif part >= 1:
        say(text)


def history(times):
    """The past of what the replicas scrape from now on: `up`, and two series that move."""
    series = [({"__name__": "up", "job": job, "instance": target}, [1.0] * len(times))
              for job, targets in SCRAPE.items() for target in targets]
    for host in range(5):
        labels = {"job": "demo", "instance": f"host-{host}"}
        series.append(({"__name__": "demo_requests_total", **labels},
                       [float((t - 1700000000) // STEP_S * (host + 1)) for t in times]))
        series.append(({"__name__": "demo_temperature_celsius", **labels},
                       [20 + host + (t % 86400) / 8640 for t in times]))
    return series


def make_prometheus(replica, **more):
    return Prometheus(f"prometheus-{replica}", DEMO / f"prometheus-{replica}",
                      {"cluster": "demo", "replica": replica},
                      port=PORTS[f"prometheus-{replica}"], **more)


class Deployment:
    def __init__(self):
        self.bucket = ARGUMENTS.objstore or DEMO / "bucket"
        if not ARGUMENTS.objstore:
            self.bucket.mkdir(parents=True, exist_ok=True)
        self.node = Actor("node-exporter", [
            "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{PORTS['node']}",
        ], DEMO, f"http://127.0.0.1:{PORTS['node']}/metrics")
        self.prometheus = {r: make_prometheus(r) for r in "ab"}
        self.sidecar = {r: Sidecar(
            f"sidecar-{r}", DEMO, self.prometheus[r], self.bucket, [f"--min-time=-{RECENT}"],
            http_port=PORTS[f"sidecar-{r}"][0], grpc_port=PORTS[f"sidecar-{r}"][1]) for r in "ab"}
        self.store = Store("store", DEMO, self.bucket, ["--sync-block-duration=30s"],
                           http_port=PORTS["store"][0], grpc_port=PORTS["store"][1])
        self.query = Query("query", DEMO, [*self.sidecar.values(), self.store],
                           http_port=PORTS["query"][0], grpc_port=PORTS["query"][1])
        self.compact = [Compact(
            "compact", DEMO, self.bucket, ["--consistency-delay=0s", "--wait-interval=1m"],
            http_port=PORTS["compact"][0])] if "compact" in COMPONENTS else []

    def actors(self):
        """In the order they start."""
        return [self.node, *self.prometheus.values(), *self.sidecar.values(), self.store,
                self.query, *self.compact]

    def start(self):
        filled = DEMO / "history-is-written"
        self.node.start()
        for prometheus in self.prometheus.values():
            prometheus.configure(SCRAPE if filled.exists() else {})
            prometheus.start()
        if not filled.exists():
            self.fill()
            filled.touch()
        for sidecar in self.sidecar.values():
            sidecar.start()
        say("waiting for the sidecars to ship the blocks")
        for sidecar in self.sidecar.values():
            sidecar.wait_shipped(timeout=180)
        self.store.start()
        self.query.start()
        self.query.wait_for_endpoints(3)
        for compact in self.compact:
            compact.start()

    def fill(self):
        """Days of history into both replicas, up to now; then they start to scrape."""
        end = now_s() // STEP_S * STEP_S
        start = end - DAYS * 86400
        for name, prometheus in self.prometheus.items():
            prometheus.fill(history, start, end, STEP_S,
                            lambda part, name=name: show_progress(name, part))
        # Both at the same time, so that no replica has a gap the other could not fill.
        for prometheus in self.prometheus.values():
            prometheus.configure(SCRAPE)
            prometheus.reload()

    def stop(self):
        failed = []
        for actor in reversed(self.actors()):
            try:
                actor.stop()
            except Failure as failure:
                failed.append(str(failure))
        return failed


def print_table(deployment):
    rows = [("querier", deployment.query.url, "queries, stores, API"),
            ("store gateway", deployment.store.url, f"the bucket {deployment.bucket}")]
    rows += [("compactor", compact.url, "larger blocks, coarser data")
             for compact in deployment.compact]
    for replica in "ab":
        rows.append((f"sidecar {replica}", deployment.sidecar[replica].url,
                     f"StoreAPI at {deployment.sidecar[replica].address}"))
        rows.append((f"prometheus {replica}", deployment.prometheus[replica].url,
                     f'cluster="demo", replica="{replica}"'))
    rows.append(("node exporter", f"http://127.0.0.1:{PORTS['node']}", "a target"))
    width = max(len(name) for name, _, _ in rows)
    for name, url, what in rows:
        say(f"  {name:<{width}}  {url:<24}  {what}")
    say(f"\nAsk it: {deployment.query.url}/")
    say(f"  curl '{deployment.query.url}/api/v1/query?query=sum(rate(demo_requests_total[5m]))'")


def serve(deployment):
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    print_table(deployment)
    say("\nCtrl-C stops everything.")
    while not stop.wait(1):
        for actor in deployment.actors():
            if not actor.running():
                raise Failure(f"{actor.name} ended:\n{actor.tail()}")
    say("\nstopping")


# --- the proof ----------------------------------------------------------------------------------


def vector(answer):
    return answer["data"]["result"]


def expect(condition, found):
    if not condition:
        raise Failure(f"found {json.dumps(found)[:600]}")


def both_replicas_are_up(d):
    for prometheus in d.prometheus.values():
        result = wait_until(f"{prometheus.name} scrapes all targets", lambda: [
            r for r in [prometheus.query("query", query="up == 1")["result"]]
            if len(r) == sum(map(len, SCRAPE.values()))])
        expect(result, result)


def targets():
    return sum(map(len, SCRAPE.values()))


def dedup_gives_one_series_per_target(d):
    answer = d.query.instant("up", dedup="1")
    expect(len(vector(answer)) == targets() and not answer.get("warnings"), answer)


def without_dedup_there_are_two(d):
    answer = d.query.instant("up", dedup="0")
    expect(len(vector(answer)) == 2 * targets(), answer)


def missing_steps(answer, step):
    """(series, time) wherever two neighbouring points are further apart than the step."""
    return [(series["metric"], earlier[0]) for series in vector(answer)
            for earlier, later in zip(series["values"], series["values"][1:])
            if later[0] - earlier[0] > step + 0.001]


def a_range_over_bucket_and_live_data_has_no_hole(d):
    end, step = now_s(), 60
    start = end - DAYS * 86400 + 1800
    answer = d.query.range('up{job="prometheus"}', start, end, step, dedup="1")
    expect(len(vector(answer)) == 2 and not answer.get("warnings"), answer.get("warnings"))
    for series in vector(answer):
        expect(len(series["values"]) == (end - start) // step + 1,
               [series["metric"], len(series["values"])])
    expect(not missing_steps(answer, step), missing_steps(answer, step)[:3])


def a_lost_replica_leaves_no_gap(d):
    d.prometheus["a"].kill()
    address = d.sidecar["a"].address
    wait_until("the querier has dropped sidecar a", lambda: (
        d.query.stores().get(address, {"lastError": "gone"})["lastError"]), timeout=60)
    end, step = now_s(), 15
    answer = d.query.range('up{job="node"}', end - 1800, end, step, dedup="1")
    expect(len(vector(answer)) == 1 and not answer.get("warnings"), answer)
    expect(not missing_steps(answer, step), missing_steps(answer, step)[:3])
    d.prometheus["a"].start()
    wait_until("sidecar a is back", lambda: not d.query.stores()[address]["lastError"], timeout=60)


def cut_off_in_mid_query(d, **params):
    """(status, answer) of a query during which the store gateway, holding its answer back, dies."""
    answers = []
    # A time so old that only the bucket has it.
    ask = threading.Thread(target=lambda: answers.append(d.query.ask(
        "query", query='up{job="node"}', time=now_s() - 86400, **params)))
    d.store.pause()
    ask.start()
    time.sleep(1)
    d.store.kill()
    ask.join(60)
    d.store.start()
    wait_until("the store gateway is back",
               lambda: not d.query.stores()[d.store.address]["lastError"], timeout=60)
    expect(answers, "the query was never answered")
    return answers[0]


def a_store_killed_in_mid_query_is_named(d):
    status, answer = cut_off_in_mid_query(d)
    warnings = answer.get("warnings", [])
    expect(status == 200 and any(d.store.address in w for w in warnings), [status, answer])


def without_partial_response_it_is_an_error(d):
    status, answer = cut_off_in_mid_query(d, partial_response="0")
    expect(status != 200 and d.store.address in answer.get("error", ""), [status, answer])


def a_new_block_reaches_the_bucket_complete(d):
    folder = DEMO / "throw-away"
    shutil.rmtree(folder, ignore_errors=True)
    prometheus = Prometheus("prometheus-c", folder, {"cluster": "throw-away", "replica": "c"})
    bucket = folder / "bucket"
    bucket.mkdir(parents=True)
    sidecar = Sidecar("sidecar-c", folder, prometheus, bucket)
    try:
        prometheus.start()
        end = now_s() // STEP_S * STEP_S
        prometheus.fill(history, end - 6 * 3600, end, STEP_S)
        sidecar.start()
        names = {b.name for b in prometheus.blocks()}
        expect(names, "no block was cut")
        sidecar.wait_shipped()
        for name in names:
            check_block_complete(bucket / name)
    finally:
        sidecar.stop()
        prometheus.stop()


def check_block_complete(block):
    meta = json.loads((block / "meta.json").read_text())
    expect(meta["thanos"]["labels"] == {"cluster": "throw-away", "replica": "c"}, meta)
    for entry in meta["thanos"]["files"]:
        path = block / entry["rel_path"]
        expect(path.exists(), f"{path} is missing")
        if entry["rel_path"] == "meta.json":
            continue
        expect(path.stat().st_size == entry["size_bytes"], [str(path), entry])
        expect(path.stat().st_mtime_ns <= (block / "meta.json").stat().st_mtime_ns,
               f"{path} came after meta.json")


def old_data_is_answered_from_five_minutes(d):
    # It grows by the second: the average of five minutes lies behind the value at their end.
    query, now = 'demo_temperature_celsius{instance="host-0"}', now_s()
    times = range((now - DAYS * 86400) // 7200 * 7200 + 12 * 3600, now - 86400, 7200)

    def coarse():
        for t in times:
            raw, averaged = (float(vector(d.query.instant(query, time=t, **more))[0]["value"][1])
                             for more in ({}, {"max_source_resolution": "5m"}))
            if 0.01 < raw - averaged < 0.025:
                return t
        return None
    if d.compact:
        wait_until("there are blocks of five minutes", coarse, timeout=180)


PROOFS = [
    both_replicas_are_up,
    dedup_gives_one_series_per_target,
    without_dedup_there_are_two,
    a_range_over_bucket_and_live_data_has_no_hole,
    a_new_block_reaches_the_bucket_complete,
    old_data_is_answered_from_five_minutes,
    a_store_killed_in_mid_query_is_named,
    without_partial_response_it_is_an_error,
    a_lost_replica_leaves_no_gap,
]


def check(deployment):
    failures = 0
    for proof in PROOFS:
        began, found = time.monotonic(), ""
        try:
            proof(deployment)
        except Failure as failure:
            failures += 1
            found = f"\n       {failure}"
        say(f"  {'FAIL' if found else 'ok  '} {proof.__name__.replace('_', ' ')} "
            f"({time.monotonic() - began:.1f} s){found}")
    return failures


def main():
    if CHECK:  # the proof begins with nothing
        shutil.rmtree(DEMO, ignore_errors=True)
    deployment = Deployment()
    failures = 0
    try:
        deployment.start()
        if CHECK:
            failures = check(deployment)
        else:
            serve(deployment)
    except Failure as failure:
        failures += 1
        say(f"quickstart: {failure}")
    except KeyboardInterrupt:
        pass
    finally:
        for text in deployment.stop():
            failures += 1
            say(f"quickstart: {text}")
    if CHECK:
        say(f"{max(len(PROOFS) - failures, 0)} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
