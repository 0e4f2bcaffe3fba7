"""A querier in distributed mode over two leaf queriers, each with a cluster of its own."""
import math
import threading
import time

import pytest

from conftest import STEP_S, World
from world.actor import Failure
from world.prometheus import now_s

# What a leaf evaluates whole, in part or not at all, and what the root makes of it.
QUERIES = """
temperature
temperature{cluster="us"}
temperature{cluster="nowhere"}
only_us
requests_total offset 5m
-temperature
temperature * 2 + 1
temperature > bool 24
rate(requests_total[5m])
increase(requests_total[10m])
max_over_time(temperature[5m:1m])
sum_over_time(rate(requests_total[2m])[5m:1m])
sum(temperature)
sum by (cluster) (temperature)
sum by (instance) (temperature)
sum without (instance) (temperature)
sum without (cluster) (temperature)
count(temperature)
count by (instance) (temperature > 23)
min(temperature)
max by (instance) (temperature)
group by (job) (temperature)
avg(temperature)
avg by (instance) (temperature)
avg by (cluster) (temperature)
avg without (cluster) (temperature)
stddev(temperature)
stddev by (cluster) (temperature)
quantile(0.5, temperature)
quantile by (cluster) (0.9, temperature)
topk(2, temperature)
topk by (cluster) (1, temperature)
count_values("v", temperature)
sum by (instance) (rate(requests_total[5m]))
max(sum by (cluster) (temperature))
max(sum by (instance) (temperature))
sum(avg by (instance) (temperature))
histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))
histogram_quantile(0.9, sum by (le, cluster) (rate(latency_bucket[5m])))
absent(nothing{job="x"})
absent(only_us)
absent_over_time(nothing[5m])
scalar(sum(temperature))
scalar(only_us) + 1
vector(1)
1 + 2
time() - max(timestamp(temperature))
temperature + temperature
temperature / on (cluster, instance) requests_total
sum(temperature) / sum(requests_total)
temperature / ignoring (cluster) group_left () sum by (instance, job) (temperature)
temperature and on (instance) only_us
temperature unless only_us
temperature or only_us
temperature or vector(0)
temperature{cluster="eu"} or requests_total{cluster="us"}
label_replace(temperature, "host", "$1", "instance", "host-(.*)")
sum by (cluster) (label_join(temperature, "cluster", "-", "cluster", "instance"))
sort_desc(sum by (instance) (temperature))
sum(temperature @ end()) - sum(temperature @ start())
max_over_time(sum(temperature)[5m:1m])
clamp_max(temperature, scalar(only_us))
sum(temperature) * on () group_right () temperature
""".strip().splitlines()


def series_of(cluster):
    """A counter, a gauge and a classic histogram on two hosts; the clusters differ."""
    seed = "eu us".split().index(cluster)

    def series_at(times):
        found = []
        for host in range(2):
            labels = {"job": "demo", "instance": f"host-{host}"}
            values = {"requests_total": [float(t % 86400 * (host + 1 + seed)) for t in times],
                      "temperature": [20.0 + host + seed * 3 + t // 60 % 7 for t in times]}
            found += [({"__name__": name, **labels}, v) for name, v in values.items()]
            found += [({"__name__": "latency_bucket", "le": le, **labels},
                       [float(t % 86400 * share * (host + 1)) for t in times])
                      for le, share in (("0.1", 1), ("1", 3), ("+Inf", 4))]
        if cluster == "us":
            found.append(({"__name__": "only_us", "job": "demo"}, [1.0 + t % 60 for t in times]))
        return found

    return series_at


class Fleet:
    """Two clusters (eu with two replicas), a leaf querier for each, a plain querier over all."""

    def __init__(self, world):
        self.end = now_s() // 60 * 60 - 600
        self.sidecars = []
        self.leaves = []
        for cluster, replicas in (("eu", "ab"), ("us", "c")):
            sidecars = [self._sidecar(world, cluster, replica) for replica in replicas]
            self.leaves.append(world.query(*sidecars))
            self.sidecars += sidecars
        self.plain = world.query(*self.sidecars)

    def _sidecar(self, world, cluster, replica):
        prometheus = world.prometheus(replica, cluster=cluster)
        prometheus.fill(series_of(cluster), self.end - 3000, self.end + 600, STEP_S)
        return world.sidecar(prometheus)

    def root(self, world, *flags):
        return world.query(*self.leaves, flags=["--query.mode=distributed", *flags])


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("fleet"))
    try:
        yield Fleet(made)
    except Failure:
        print(made.logs())
        raise
    finally:
        made.close()


@pytest.fixture
def own_fleet(world):
    """One whose leaves may come to harm."""
    return Fleet(world)


def rounded(text):
    """Sums of sums are not the same to the last bit."""
    value = float(text)
    return "NaN" if math.isnan(value) else float(f"{value:.10g}")


def normal(answer):
    """What an answer says, in an order of its own."""
    data = answer["data"]
    if data["resultType"] == "scalar":
        return rounded(data["result"][1])
    return sorted((sorted(series["metric"].items()),
                   [(t, rounded(v)) for t, v in series.get("values") or [series["value"]]])
                  for series in data["result"])


def asked(leaf):
    return sum(n for name, n in leaf.metrics().items()
               if name.startswith("grpc_server_started_total") and '"thanos.Query"' in name)


def test_answers_are_those_of_a_plain_querier(world, fleet):
    root = fleet.root(world)

    for query in QUERIES:
        assert normal(root.instant(query, time=fleet.end)) == \
            normal(fleet.plain.instant(query, time=fleet.end)), query
        span = {"start": fleet.end - 1800, "end": fleet.end, "step": 60}
        assert normal(root.range(query, **span)) == \
            normal(fleet.plain.range(query, **span)), query
    for leaf in fleet.leaves:
        assert asked(leaf) > len(QUERIES)


def test_the_order_of_an_answer_is_kept(world, fleet):
    root = fleet.root(world)

    for query in ("sort(temperature)", "sort_desc(sum by (instance) (temperature))",
                  "topk(3, temperature)"):
        values = [[float(s["value"][1]) for s in querier.instant(query, time=fleet.end)
                   ["data"]["result"]] for querier in (root, fleet.plain)]
        assert values[0] == values[1], query


def test_only_the_leaf_that_can_have_the_series_is_asked(world, fleet):
    root = fleet.root(world)
    before = [asked(leaf) for leaf in fleet.leaves]

    root.instant('sum(temperature{cluster="us"})', time=fleet.end)

    assert [asked(leaf) for leaf in fleet.leaves] == [before[0], before[1] + 1]


def test_replica_and_partition_labels_make_the_shares(world, fleet):
    root = fleet.root(world, "--query.partition-label=cluster")

    for dedup in "10":
        for query in ("sum by (instance) (temperature)", "count(temperature)"):
            assert normal(root.instant(query, time=fleet.end, dedup=dedup)) == \
                normal(fleet.plain.instant(query, time=fleet.end, dedup=dedup)), (query, dedup)


def test_the_prometheus_engine_is_not_distributed(world, fleet):
    root = fleet.root(world)
    before = [asked(leaf) for leaf in fleet.leaves]

    answer = root.instant("sum(temperature)", time=fleet.end, engine="prometheus")

    assert normal(answer) == normal(fleet.plain.instant("sum(temperature)", time=fleet.end))
    assert [asked(leaf) for leaf in fleet.leaves] == before


def test_a_root_of_roots(world, fleet):
    top = world.query(fleet.root(world), flags=["--query.mode=distributed"])

    for query in ("sum(temperature)", "avg by (instance) (temperature)", "quantile(0.5, temperature)"):
        assert normal(top.instant(query, time=fleet.end)) == \
            normal(fleet.plain.instant(query, time=fleet.end)), query


def ask_while(root, leaf, then, **params):
    """The answer to a query during which `leaf` first hangs and then `then()` happens to it."""
    answers = []
    asker = threading.Thread(target=lambda: answers.append(
        root.ask("query", query="count(temperature)", **params)))
    leaf.pause()
    asker.start()
    time.sleep(0.5)
    then()
    asker.join(40)
    assert answers, "never answered"
    return answers[0]


def test_a_leaf_killed_in_mid_query_is_a_warning_or_an_error(world, own_fleet):
    root = own_fleet.root(world)
    eu, us = own_fleet.leaves

    status, answer = ask_while(root, us, us.kill, time=own_fleet.end)

    assert status == 200
    assert [s["value"][1] for s in answer["data"]["result"]] == ["2"]
    assert any(f"remote query error ({us.address})" in w for w in answer["warnings"])

    status, answer = ask_while(root, eu, eu.kill, time=own_fleet.end, partial_response="0")

    # The one that died first may still be asked, and then it is the one that is named.
    assert status != 200
    assert any(f"remote query error ({leaf.address})" in answer["error"] for leaf in (eu, us))


def test_a_leaf_that_hangs_costs_the_time_of_the_query(world, own_fleet):
    root = own_fleet.root(world)
    us = own_fleet.leaves[1]

    status, answer = ask_while(root, us, lambda: time.sleep(3), time=own_fleet.end, timeout="2s")
    us.resume()

    assert status == 503 and answer["errorType"] == "timeout"
    assert normal(root.instant("count(temperature)", time=own_fleet.end)) == \
        normal(own_fleet.plain.instant("count(temperature)", time=own_fleet.end))
