"""The lines of --request.logging-config, of both servers."""
import re

from world.actor import http
from world.prometheus import now_s

LOGGING = """
http:
  options: {level: DEBUG, decision: {log_start: true, log_end: true}}
grpc:
  options: {level: ERROR, decision: {log_end: true}}
  config: [{service: thanos.Store, method: Series}]
"""


def calls(actor):
    """The fields of each line about a request, in order."""
    lines = (line for line in actor.log.read_text().splitlines() if ' call" ' in line)
    return [{key: value.strip('"') for key, value in re.findall(r'(\S+?)=("[^"]*"|\S*)', line)}
            for line in lines]


def test_requests_and_calls_are_logged_as_the_configuration_says(world, history):
    (world.folder / "logging.yaml").write_text(LOGGING)
    flags = ["--log.level=debug", f"--request.logging-config-file={world.folder}/logging.yaml"]
    store = world.store(history, flags=flags)
    query = world.query(store, flags=flags)

    at = now_s() - 5 * 3600
    status, _, _ = http(f"{query.url}/api/v1/query?query=temperature&time={at}",
                        headers={"X-Request-ID": "mine"})
    for actor in (query, store):
        assert actor.stop() == 0

    assert status == 200
    series = calls(store)
    assert {line["grpc.method"] for line in series} == {"Series"}  # and no Info
    assert {(line["msg"], line["grpc.code"], line["grpc.method_type"]) for line in series} == {
        ("finished call", "OK", "server_stream")}
    about_mine = [line for line in calls(query) if line.get("http.request_id") == "mine"]
    assert [line["msg"] for line in about_mine] == ["started call", "finished call"]
    assert about_mine[1]["http.status_code"] == "200"
    assert about_mine[1]["thanos.method_name"] == "query"


def test_a_wrong_configuration_ends_the_start(world, history):
    config = "{options: {level: INFO, decision: {log_start: true}}}"
    store = world.store(history, start=False, flags=[f"--request.logging-config={config}"])

    store.start(wait=False)

    assert store.process.wait(20) == 1
    assert "request logging: log start call is not supported" in store.tail()
