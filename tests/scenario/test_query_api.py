"""The querier's HTTP API beyond plain answers: tenants, active queries, explain, columns."""
import json
import struct
import threading

import urllib.parse

import pytest

from world.actor import http, wait_until
from world.prometheus import now_s

MISSING = 0x7FF0000000000002


@pytest.fixture
def pair(world):
    """Two replicas with a sidecar each."""
    return [world.sidecar(world.prometheus(replica, hours=1)) for replica in "ab"]


def ask(querier, path, headers=None, method=None, **params):
    """(status, headers, body) of any request."""
    url = f"{querier.url}/api/v1/{path}?{urllib.parse.urlencode(params, True)}"
    return http(url, headers=headers or {}, method=method)


def instances(body):
    return {r["metric"]["instance"] for r in json.loads(body)["data"]["result"]}


def test_an_enforced_tenant_sees_its_own_series_only(world, pair):
    query = world.query(*pair, flags=[
        "--query.enforce-tenancy", "--query.tenant-label-name=instance",
        "--query.tenant-header=X-Tenant", "--query.default-tenant-id=host-0"])

    _, _, body = ask(query, "query", query="temperature")
    assert instances(body) == {"host-0"}
    _, _, body = ask(query, "query", {"X-Tenant": "host-1"}, query='temperature{instance="host-2"}')
    assert instances(body) == {"host-1"}
    _, _, body = ask(query, "label/instance/values", {"X-Tenant": "host-2"})
    assert json.loads(body)["data"] == ["host-2"]
    status, _, body = ask(query, "query", {"X-Tenant": "a/b"}, query="temperature")
    assert status == 400 and "tenant name not valid" in json.loads(body)["error"]


def hanging_query(query, store):
    """A query that waits for a store; gives what becomes of it."""
    answers = []
    store.pause()
    asker = threading.Thread(
        target=lambda: answers.append(query.ask("query", query="temperature")))
    asker.start()
    wait_until("the query is active",
               lambda: query.answer("status/active_queries")["data"])
    return asker, answers


def test_an_active_query_is_listed_and_canceled(world, pair):
    query = world.query(*pair)

    asker, answers = hanging_query(query, pair[0])
    active = query.answer("status/active_queries")["data"]
    assert [(q["query"], q["state"]) for q in active] == [("temperature", "running")]
    status, _, _ = ask(query, f"status/active_queries/{active[0]['id']}", method="DELETE")
    asker.join(30)
    pair[0].resume()

    assert status == 200
    assert answers[0][0] == 503 and answers[0][1]["errorType"] == "canceled"
    assert query.answer("status/active_queries")["data"] == []


def test_a_query_that_did_not_finish_is_told_at_the_next_start(world, pair, tmp_path):
    flags = [f"--query.active-query-path={tmp_path / 'active'}"]
    query = world.query(*pair, flags=flags)

    asker = threading.Thread(target=lambda: pytest.raises(
        OSError, query.ask, "query", query="temperature > 3"))
    pair[0].pause()
    asker.start()
    wait_until("the query is in the file", lambda: b"temperature" in
               (tmp_path / "active/queries.active").read_bytes())
    query.kill()
    asker.join(30)
    pair[0].resume()
    again = world.query(*pair, flags=flags)

    assert (tmp_path / "active/queries.active").read_bytes()[:2] == b"[\0"
    told = [line for line in again.log.read_text().splitlines() if "didn't finish" in line]
    assert len(told) == 1 and "temperature" in told[0] and "timestamp_sec" in told[0]


def test_what_a_query_costs_is_told_by_operator_and_store(world, pair):
    query = world.query(*pair)

    plan = query.answer("query_explain", query="sum(temperature)", engine="thanos")["data"]
    assert plan["name"] == "[aggregate] sum by ([])"
    assert plan["children"][0]["name"].startswith("[vectorSelector]")

    answer = query.instant("sum(temperature)", analyze="true", stats="all")["data"]
    selector = answer["analysis"]["children"][0]
    assert selector["series"] == 3 and selector["totalSamples"] == 3
    assert {s["endpointAddr"] for s in selector["fanout"]} == {s.address for s in pair}
    assert all(s["bytesProcessed"] > 0 and s["series"] == 3 for s in selector["fanout"])
    samples = answer["stats"]["samples"]
    assert samples["totalQueryableSamplesPerStep"][0][1] == samples["totalQueryableSamples"] == 3
    counted = [name for name in query.metrics()
               if name.startswith("thanos_store_api_query_duration_seconds_count")]
    assert counted and 'tenant="default-tenant"' in counted[0]


def read_columns(body):
    """{labels: values} and the header."""
    magic, length = struct.unpack_from("<4sI", body)
    assert magic == b"TCC1"
    header = json.loads(body[8:8 + length])
    at, series = (8 + length + 7) // 8 * 8, {}
    for described in header["series"]:
        bits = struct.unpack_from(f"<{header['n']}Q", body, at)
        values = struct.unpack_from(f"<{header['n']}d", body, at)
        series[tuple(sorted(described["metric"].items()))] = [
            None if b == MISSING else v for b, v in zip(bits, values)]
        at += 8 * header["n"]
    assert at == len(body)
    return header, series


def test_columns_say_what_json_says(world, pair):
    query = world.query(*pair)
    end = now_s()
    params = dict(query="rate(requests_total[5m])", start=end - 600, end=end, step=30)

    _, headers, body = ask(query, "query_range",
                           {"Accept": "application/vnd.athanor.columns"}, **params)
    assert headers["Content-Type"] == "application/vnd.athanor.columns"
    header, series = read_columns(body)
    wanted = query.answer("query_range", **params)["data"]["result"]

    assert len(wanted) == len(series) == 3
    for one in wanted:
        got = series[tuple(sorted(one["metric"].items()))]
        times = [header["start"] + i * header["step"] for i in range(header["n"])]
        assert {t: v for t, v in zip(times, got) if v is not None} == {
            round(t * 1000): float(v) for t, v in one["values"]}
