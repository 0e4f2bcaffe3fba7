"""The querier over sidecars and a store gateway: dedup, partial answers, errors."""
import gzip
import json
import threading
import time

import pytest

from world.actor import http, wait_until
from world.prometheus import now_s


@pytest.fixture
def pair(world):
    """Two replicas with a sidecar each."""
    return [world.sidecar(world.prometheus(replica, hours=1)) for replica in "ab"]


def test_replicas_are_one_series_with_dedup_and_two_without(world, pair):
    query = world.query(*pair)

    assert len(query.instant("temperature", dedup="1")["data"]["result"]) == 3
    assert len(query.instant("temperature", dedup="0")["data"]["result"]) == 6
    assert len(query.instant("temperature")["data"]["result"]) == 3
    assert len(query.instant("temperature", **{"replicaLabels[]": "instance"})
               ["data"]["result"]) == 2


def test_recent_and_old_data_come_from_sidecar_and_store_without_a_hole(world, history):
    prometheus = world.prometheus("c", hours=3)
    query = world.query(world.sidecar(prometheus), world.store(history))
    end = now_s()

    result = query.range("temperature", end - 9 * 3600, end, 60)["data"]["result"]

    assert [len(series["values"]) for series in result] == [541] * 3


def ask_while(query, store, then, **params):
    """The answer to a query during which `store` first hangs and then `then()` happens to it."""
    answers = []
    asker = threading.Thread(target=lambda: answers.append(
        query.ask("query", query="temperature", dedup="0", **params)))
    store.pause()
    asker.start()
    time.sleep(0.5)
    then()
    asker.join(30)
    assert answers, "never answered"
    return answers[0]


def test_a_store_killed_in_mid_query_is_a_warning_that_names_it(world, pair):
    query = world.query(*pair)

    status, answer = ask_while(query, pair[0], pair[0].kill)

    assert status == 200
    assert {r["metric"]["replica"] for r in answer["data"]["result"]} == {"b"}
    assert any(pair[0].address in warning for warning in answer["warnings"])


def test_without_partial_response_it_is_an_error(world, pair):
    query = world.query(*pair)

    status, answer = ask_while(query, pair[0], pair[0].kill, partial_response="0")

    assert status != 200 and pair[0].address in answer["error"]


def test_a_store_that_hangs_costs_the_response_timeout_only(world, pair):
    query = world.query(*pair, flags=["--store.response-timeout=1s"])

    status, answer = ask_while(query, pair[0], lambda: time.sleep(3))
    pair[0].resume()

    assert status == 200
    assert {r["metric"]["replica"] for r in answer["data"]["result"]} == {"b"}
    assert any(pair[0].address in warning for warning in answer["warnings"])


def test_a_client_that_goes_away_ends_the_query(world, pair):
    query = world.query(*pair)

    with pytest.raises(OSError):
        pair[0].pause()
        http(f"{query.url}/api/v1/query?query=temperature", timeout=0.5)

    wait_until("no query runs", lambda: query.metrics()[
        "thanos_query_concurrent_gate_queries_in_flight"] == 0, timeout=10)
    pair[0].resume()


def test_the_stores_page_lists_endpoints_by_kind(world, pair):
    query = world.query(*pair)

    stores = query.answer("stores")["data"]

    assert set(stores) == {"sidecar"}
    for store in stores["sidecar"]:
        assert set(store) == {"name", "lastCheck", "lastError", "labelSets", "minTime", "maxTime"}
        assert store["labelSets"][0]["cluster"] == "eu"
        assert store["lastError"] is None


@pytest.mark.parametrize("params, status, words", [
    ({"query": "sum(temperature"}, 400, ["1:16", "parse error", "unclosed left parenthesis"]),
    ({"query": ""}, 400, ["parse error"]),
    ({"query": "up", "time": "yesterday"}, 400, ["yesterday"]),
    ({"query": "up", "dedup": "maybe"}, 400, ["dedup"]),
    ({"query": "up", "timeout": "-"}, 400, ['cannot parse "-" to a valid duration']),
    ({"query": 'temperature + on(job) temperature'}, 422, ["many-to-many matching not allowed"]),
])
def test_a_bad_instant_query_says_what_is_wrong(world, pair, params, status, words):
    query = world.query(*pair)

    got, answer = query.ask("query", **params)

    assert got == status and answer["status"] == "error", answer
    assert answer["errorType"] == ("bad_data" if status == 400 else "execution")
    for word in words:
        assert word in answer["error"]


@pytest.mark.parametrize("params, words", [
    ({"start": "2", "end": "1", "step": "1"}, "end timestamp must not be before start time"),
    ({"start": "1", "end": "2", "step": "0"}, "zero or negative query resolution step"),
    ({"start": "0", "end": "1000000", "step": "1"}, "exceeded maximum resolution of 11,000"),
])
def test_a_bad_range_query_says_what_is_wrong(world, params, words):
    query = world.query(wait=False)

    status, answer = query.ask("query_range", query="up", **params)

    assert status == 400 and words in answer["error"]


def test_without_any_store_a_query_is_empty_and_an_error_when_strict(world):
    query = world.query(wait=False)

    assert query.instant("up")["data"]["result"] == []
    status, answer = query.ask("query", query="up", partial_response="0")
    assert status != 200 and "No StoreAPIs available" in answer["error"]


def test_status_pages_answer(world):
    query = world.query(wait=False, flags=["--query.timeout=90s"])

    flags = query.answer("status/flags")["data"]
    assert flags["query.timeout"] in ("1m30s", "90s")
    assert query.answer("status/buildinfo")["data"]["version"]
    assert query.answer("status/runtimeinfo")["data"]["startTime"]
    status, headers, body = http(f"{query.url}/")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert b"<script" in body or b"<form" in body


def test_answers_are_compressed_when_asked_for(world, pair):
    query = world.query(*pair)

    _, headers, body = http(f"{query.url}/api/v1/query?query=requests_total%5B30m%5D",
                            headers={"Accept-Encoding": "gzip"})

    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["status"] == "success"
