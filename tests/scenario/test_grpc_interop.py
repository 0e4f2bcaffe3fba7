"""Our gRPC services, asked by an independent implementation: grpc-js on Node."""
import json
import pathlib
import subprocess

import pytest

from world.prometheus import now_s

NODE = pathlib.Path(__file__).resolve().parent / "node"
OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, UNIMPLEMENTED = 0, 1, 3, 4, 12


def call(actor, service, method, request=None, **options):
    done = subprocess.run(
        ["node", NODE / "call.mjs", actor.address, service, method, json.dumps(request or {}),
         json.dumps(options)], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def series_request(**more):
    return {"min_time": (now_s() - 36000) * 1000, "max_time": now_s() * 1000,
            "matchers": [{"type": "EQ", "name": "__name__", "value": "temperature"}], **more}


def labels_of(response):
    return {pair["name"]: pair["value"] for pair in response["series"]["labels"]}


@pytest.fixture(params=["sidecar", "store"])
def actor(request, world, history):
    if request.param == "store":
        return world.store(history)
    return world.sidecar(world.prometheus("a", hours=1))


def test_series_come_sorted_with_chunks(actor):
    got = call(actor, "thanos.Store", "Series", series_request())

    assert got["code"] == OK, got
    names = [labels_of(r) for r in got["responses"]]
    assert names and names == sorted(names, key=lambda ls: sorted(ls.items()))
    assert all(ls["__name__"] == "temperature" and ls["replica"] in "ab" for ls in names)
    chunks = [c for r in got["responses"] for c in r["series"]["chunks"]]
    # XOR is the encoding's zero, which proto3 leaves out.
    assert chunks and all("type" not in c["raw"] and c["raw"]["data"] and
                          c["min_time"] <= c["max_time"] for c in chunks)


def test_batches_are_sent_when_asked_for(actor):
    got = call(actor, "thanos.Store", "Series", series_request(response_batch_size=64))

    assert got["code"] == OK
    assert [bool(r.get("batch")) for r in got["responses"]] == [True]


def test_replica_labels_are_left_out_when_asked_for(actor):
    got = call(actor, "thanos.Store", "Series", series_request(
        without_replica_labels=["replica"], skip_chunks=True))

    assert got["code"] == OK
    assert all("replica" not in labels_of(r) and not r["series"].get("chunks")
               for r in got["responses"])


def test_label_names_and_values(actor):
    names = call(actor, "thanos.Store", "LabelNames", {"end": now_s() * 1000})
    values = call(actor, "thanos.Store", "LabelValues", {
        "label": "instance", "end": now_s() * 1000})

    assert names["responses"][0]["names"] == ["__name__", "cluster", "instance", "job", "replica"]
    assert values["responses"][0]["values"] == ["host-0", "host-1", "host-2"]


def test_info_announces_label_sets_and_time_range(actor):
    got = call(actor, "thanos.info.Info", "Info")

    info = got["responses"][0]
    assert info["component_type"] in ("sidecar", "store")
    assert info["store"]["supports_without_replica_labels"]
    assert info["store"]["min_time"] < now_s() * 1000
    sets = [{p["name"]: p["value"] for p in s["labels"]} for s in info["label_sets"]]
    assert {"cluster": "eu", "replica": "a"} in sets


def test_health_is_serving(actor):
    got = call(actor, "grpc.health.v1.Health", "Check")

    assert got["responses"][0]["status"] == "SERVING"


def test_a_bad_matcher_is_an_invalid_argument(actor):
    got = call(actor, "thanos.Store", "Series", series_request(
        matchers=[{"type": "RE", "name": "job", "value": "("}]))

    assert got["code"] == INVALID_ARGUMENT and "(" in got["details"]


def test_only_external_label_matchers_on_a_sidecar_are_refused(world):
    sidecar = world.sidecar(world.prometheus("a", hours=1))

    got = call(sidecar, "thanos.Store", "Series", series_request(
        matchers=[{"type": "EQ", "name": "cluster", "value": "eu"}]))

    assert got["code"] == INVALID_ARGUMENT
    assert "no matchers specified (excluding external labels)" in got["details"]


def test_a_deadline_ends_a_call_on_a_paused_server(actor):
    actor.pause()
    got = call(actor, "thanos.Store", "Series", series_request(), deadline_ms=500)
    actor.resume()

    assert got["code"] == DEADLINE_EXCEEDED


def test_a_client_may_cancel(actor):
    got = call(actor, "thanos.Store", "Series", series_request(), cancel_after=1)

    assert got["code"] in (CANCELLED, OK)
    assert call(actor, "thanos.Store", "Series", series_request())["code"] == OK
