"""The sidecar beside Debian's Prometheus."""
import json

import pytest

from world.actor import Failure, http, wait_until
from world.prometheus import now_s


def test_it_serves_what_its_prometheus_holds_under_the_external_labels(world):
    prometheus = world.prometheus("a", hours=1)
    query = world.query(world.sidecar(prometheus))

    answer = query.instant("temperature", dedup="0")

    assert [r["metric"] for r in answer["data"]["result"]] == [
        {"__name__": "temperature", "cluster": "eu", "instance": f"host-{host}", "job": "demo",
         "replica": "a"} for host in range(3)]
    assert [r["value"][1] for r in answer["data"]["result"]] == ["20", "21", "22"]


def test_the_answer_equals_prometheus_own(world):
    prometheus = world.prometheus("a", hours=3)
    query = world.query(world.sidecar(prometheus))
    # Between the samples, which lie on multiples of 15 s: whether a window is open or closed on the
    # left makes no difference then, and Prometheus has changed that.
    end = now_s() // 60 * 60 + 7

    for text in ("temperature", "rate(requests_total[5m])", "sum by (job) (temperature)",
                 "max_over_time(temperature[10m])", "topk(1, temperature)"):
        ours = query.range(text, end - 9000, end, 60, dedup="1")["data"]["result"]
        theirs = prometheus.query("query_range", query=text, start=end - 9000, end=end, step=60)

        for series in ours:
            series["metric"].pop("cluster", None)
        assert ours == theirs["result"], text


def test_without_external_labels_it_ends_with_an_error(world):
    prometheus = world.prometheus("a", external_labels={})
    sidecar = world.sidecar(prometheus, start=False)

    with pytest.raises(Failure, match="no external labels"):
        sidecar.start()
    assert sidecar.process.returncode == 1


def test_it_waits_for_a_prometheus_that_is_not_there_yet(world):
    prometheus = world.prometheus("a", start=False)
    sidecar = world.sidecar(prometheus, start=False)
    sidecar.start(wait=False)

    wait_until("it says that Prometheus does not answer",
               lambda: prometheus.url[7:] in sidecar.tail() and "level=warn" in sidecar.tail())
    assert http(f"{sidecar.url}/-/ready")[0] == 503
    assert sidecar.metrics()["thanos_sidecar_prometheus_up"] == 0

    prometheus.start()
    sidecar.wait_ready()
    assert sidecar.metrics()["thanos_sidecar_prometheus_up"] == 1


def test_a_lost_prometheus_makes_it_not_ready_and_the_querier_drops_it(world):
    prometheus = world.prometheus("a", hours=1)
    sidecar = world.sidecar(prometheus)
    query = world.query(sidecar)

    prometheus.kill()

    wait_until("not ready", lambda: http(f"{sidecar.url}/-/ready")[0] == 503)
    wait_until("dropped", lambda: "Not ready" in (
        query.stores()[sidecar.address]["lastError"] or ""))


def test_every_block_reaches_the_bucket_with_meta_json_last(world):
    prometheus = world.prometheus("a", hours=7)
    bucket = world.bucket()
    sidecar = world.sidecar(prometheus, bucket)

    sidecar.wait_shipped()

    blocks = [meta.parent for meta in bucket.glob("*/meta.json")]
    assert len(blocks) == len(prometheus.blocks()) >= 2
    for block in blocks:
        meta = json.loads((block / "meta.json").read_text())
        assert meta["thanos"]["labels"] == {"cluster": "eu", "replica": "a"}
        assert meta["thanos"]["source"] == "sidecar"
        uploaded = {str(p.relative_to(block)) for p in block.rglob("*") if p.is_file()}
        assert uploaded == {f["rel_path"] for f in meta["thanos"]["files"]}
        newest = max(block.rglob("*"), key=lambda p: (p.is_file(), p.stat().st_mtime_ns))
        assert newest.name == "meta.json"
        code, output = world.run("promtool", "tsdb", "analyze", bucket, block.name)
        assert code == 0 and "Series: 6" in output, output
    code, output = world.run("promtool", "tsdb", "list", bucket)
    assert code == 0 and all(block.name in output for block in blocks), output
    state = json.loads((prometheus.data / "thanos.shipper.json").read_text())
    assert sorted(state["uploaded"]) == sorted(b.name for b in blocks)


def test_prometheus_own_meta_json_is_untouched_by_shipping(world):
    prometheus = world.prometheus("a", hours=7)
    before = {b: (b / "meta.json").read_bytes() for b in prometheus.blocks()}

    world.sidecar(prometheus, world.bucket()).wait_shipped()

    assert before == {b: (b / "meta.json").read_bytes() for b in prometheus.blocks()}
    assert not list((prometheus.data / "thanos" / "upload").glob("*"))


def test_label_apis_carry_the_external_labels(world):
    prometheus = world.prometheus("a", hours=1)
    query = world.query(world.sidecar(prometheus))

    assert query.answer("labels")["data"] == [
        "__name__", "cluster", "instance", "job", "replica"]
    assert query.answer("label/instance/values")["data"] == ["host-0", "host-1", "host-2"]
    assert query.answer("label/replica/values")["data"] == ["a"]
    series = query.answer("series", **{"match[]": 'temperature{instance="host-1"}'})["data"]
    assert series == [{"__name__": "temperature", "cluster": "eu", "instance": "host-1",
                       "job": "demo"}]
