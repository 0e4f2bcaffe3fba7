"""`athanor tools ...` as a person runs it: every source of a query gives the same answer."""
import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

from world.actor import http
from world.athanor import BINARY, bucket_config
from world.prometheus import now_s

QUERY = "sum by (instance) (temperature)"


def athanor(*arguments, stdin="", environment=None):
    """(exit code, standard output, standard error) of a command that is expected to end."""
    done = subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True,
                          text=True, timeout=60, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def tools_query(*arguments, **more):
    return athanor("tools", "query", *arguments, **more)


def blocks_of(bucket):
    return sorted(meta.parent for meta in bucket.glob("*/meta.json"))


def result_of(output):
    return json.loads(output)["data"]["result"]


@pytest.fixture
def hour():
    """An hour of the history that lies in blocks."""
    start = (now_s() - 6 * 3600) // 3600 * 3600
    return [f"--start={start}", f"--end={start + 3600}", "--step=60s"]


# --- sources --------------------------------------------------------------------------------------


def test_the_api_and_the_tool_answer_with_the_same_bytes(world, history, hour):
    store = world.store(history)
    query = world.query(store)
    parameters = "&".join(flag[2:] for flag in hour)
    _, _, body = http(f"{query.url}/api/v1/query_range?query=temperature&{parameters}")

    for source in ([f"--url={query.url}"],
                   [f"--endpoint={store.address}", "--replica-label=replica"],
                   [f"--endpoint={query.address}", "--replica-label=replica"],
                   [f"--objstore.config={bucket_config(history)}", "--replica-label=replica"],
                   [f"--tsdb={history}", "--replica-label=replica"],
                   [*(f"--block={block}" for block in blocks_of(history)),
                    "--replica-label=replica"]):
        code, output, said = tools_query(*source, *hour, "--output=json", "temperature")

        assert (code, said) == (0, ""), source
        assert output == body.decode(), source


def test_replicas_are_told_apart_without_dedup(world, history, hour):
    source = f"--objstore.config={bucket_config(history)}"

    _, both, _ = tools_query(source, *hour, "-ojson", "--no-dedup", "--replica-label=replica",
                             "temperature")
    _, one, _ = tools_query(source, *hour, "-ojson", "--replica-label=replica", "temperature")

    assert {series["metric"]["replica"] for series in result_of(both)} == {"a", "b"}
    assert len(result_of(both)) == 6 and len(result_of(one)) == 3


def test_sources_can_be_mixed(world, history, hour):
    """Half of the blocks in a bucket, the other half in a folder."""
    halves = [world.folder / "one", world.folder / "two"]
    for i, block in enumerate(blocks_of(history)):
        shutil.copytree(block, halves[i % 2] / block.name)
    whole = tools_query(f"--tsdb={history}", *hour, "-ojson", QUERY)

    mixed = tools_query(f"--objstore.config={bucket_config(halves[0])}", f"--tsdb={halves[1]}",
                        *hour, "-ojson", QUERY)

    assert mixed == whole
    assert len(result_of(whole[1])) == 3


def test_a_prometheus_data_directory_is_read_where_it_lies(world):
    prometheus = world.prometheus("a", hours=6)
    at = now_s() - 4 * 3600

    code, output, said = tools_query(f"--tsdb={prometheus.data}", f"--time={at}", "temperature")

    assert (code, said) == (0, "")
    assert output == ("__name__     instance  job   value\n"
                      "temperature  host-0    demo     20\n"
                      "temperature  host-1    demo     21\n"
                      "temperature  host-2    demo     22\n")


# --- failures -------------------------------------------------------------------------------------


def test_an_endpoint_that_is_down_is_a_warning_or_a_failure(world, history, hour):
    store = world.store(history)
    dead = "127.0.0.1:1"
    sources = [f"--endpoint={store.address}", f"--endpoint={dead}", *hour, "-ojson", QUERY]

    code, output, said = tools_query(*sources)
    assert code == 0
    assert len(result_of(output)) == 3
    assert said.startswith("warning: ") and dead in said and said.count("\n") == 1

    code, output, said = tools_query("--no-partial-response", *sources)
    assert (code, output) == (1, "")
    assert said.startswith("athanor: error: ") and dead in said and said.count("\n") == 1


@pytest.mark.parametrize("arguments, words", [
    (["up"], ["nothing to query"]),
    (["--url=http://127.0.0.1:1", "up"], ["http://127.0.0.1:1"]),
    (["--url=localhost", "up"], ["neither http:// nor https://"]),
    (["--endpoint=127.0.0.1:1", "up"], ["endpoint 127.0.0.1:1"]),
    (["--endpoint=127.0.0.1:1", "sum(up"], ["1:7: parse error: unclosed left parenthesis"]),
    (["--url=http://127.0.0.1:1", "--block=/", "up"], ["--url is asked alone"]),
    (["--block=/nosuch", "up"], ["--block: ", "/nosuch/meta.json"]),
    (["--tsdb=/nosuch", "up"], ["--tsdb: ", "/nosuch"]),
    (["--objstore.config=type: NOSUCH", "up"], ["NOSUCH"]),
    (["--endpoint=127.0.0.1:1", "--time=yesterday", "up"], ["--time", "yesterday"]),
    (["--endpoint=127.0.0.1:1", "--output=chart", "up"], ["give --start"]),
])
def test_what_is_wrong_is_one_line_and_exit_code_1(arguments, words):
    code, output, said = tools_query(*arguments)

    assert (code, output) == (1, "")
    assert said.startswith("athanor: error: ") and said.count("\n") == 1, said
    for word in words:
        assert word in said


def test_the_servers_own_error_is_told(world):
    query = world.query(wait=False)

    code, output, said = tools_query(f"--url={query.url}", "sum(")

    assert (code, output) == (1, "")
    assert said == (f"athanor: error: {query.url}: bad_data: 1:5: parse error: unclosed left "
                    "parenthesis\n")


@pytest.fixture
def silent_server():
    """A server that takes a question and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_an_interrupt_ends_a_query_that_waits(silent_server):
    address = f"127.0.0.1:{silent_server.getsockname()[1]}"
    process = subprocess.Popen([BINARY, "tools", "query", f"--url=http://{address}", "up"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    connection, _ = silent_server.accept()

    with connection:
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=60)

    assert (process.returncode, output, said) == (1, "", "athanor: error: interrupted\n")


@pytest.mark.parametrize("source", ["--url=http://{}", "--endpoint={}"])
def test_what_is_too_slow_is_given_up(silent_server, source):
    address = f"127.0.0.1:{silent_server.getsockname()[1]}"

    assert tools_query(source.format(address), "--timeout=500ms", "up") == (
        1, "", "athanor: error: no answer within --timeout=500ms\n")


def test_a_full_disk_is_not_overlooked(history):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "tools", "query", f"--tsdb={history}", "-ojson", "vector(1)"],
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == 1
    assert done.stderr == ("athanor: error: writing to standard output: "
                           "No space left on device\n")


# --- outputs --------------------------------------------------------------------------------------


def test_csv_is_read_by_programs(history, hour):
    _, text, _ = tools_query(f"--tsdb={history}", "--replica-label=replica", *hour, "-ocsv",
                             "temperature")
    rows = list(csv.DictReader(io.StringIO(text)))

    assert text.startswith("time,value,__name__,cluster,instance,job\n")
    assert len(rows) == 3 * 61
    assert {(row["instance"], row["value"]) for row in rows} == {
        ("host-0", "20"), ("host-1", "21"), ("host-2", "22")}


def test_a_chart_has_axes_letters_and_a_legend(history, hour):
    code, text, said = tools_query(f"--tsdb={history}", *hour, "--output=chart", "--chart.width=70",
                                   "--chart.height=10", QUERY)

    assert (code, said) == (0, "")
    lines = text.splitlines()
    assert all(len(line) <= 70 for line in lines)
    assert sum("┤" in line or "│" in line for line in lines) == 10
    assert lines[10].lstrip().startswith("└") and "┬" in lines[10]
    assert [line.strip() for line in lines[13:]] == [
        f"{letter}  {{instance=\"host-{i}\"}}" for i, letter in enumerate("abc")]
    assert "\x1b" not in text


def test_colours_are_there_when_they_are_asked_for(history, hour):
    _, text, _ = tools_query(f"--tsdb={history}", *hour, "--output=chart", "--color=always", QUERY)

    assert "\x1b[38;5;39m━━\x1b[0m {instance=\"host-0\"}" in text


def test_an_empty_answer_says_so(history):
    code, output, said = tools_query(f"--tsdb={history}", "nosuch")

    assert (code, output, said) == (0, "", "info: the answer has no series\n")


# --- promql ---------------------------------------------------------------------------------------


def test_a_query_is_formatted_from_an_argument_or_standard_input():
    long = "sum by (job) (" + " + ".join(f"a_long_metric_name_{i}" for i in range(8)) + ")"

    assert athanor("tools", "promql", "format", "sum(x)by(a)") == (0, "sum by (a) (x)\n", "")
    assert athanor("tools", "promql", "format", stdin="sum(x)by(a)\n") == (
        0, "sum by (a) (x)\n", "")
    code, text, _ = athanor("tools", "promql", "format", "-", stdin=long)
    assert code == 0 and text.splitlines()[0] == "sum by (job) ("
    assert athanor("tools", "promql", "format", stdin=text) == (0, text, "")


def test_a_query_is_parsed_to_json():
    code, text, said = athanor("tools", "promql", "parse", "up[5m]")

    assert (code, said) == (0, "")
    assert json.loads(text)["type"] == "matrixSelector"
    assert json.loads(text)["range"] == 300000


def test_a_plan_is_a_tree():
    code, text, said = athanor("tools", "promql", "explain", "--start=-1h", "sum(rate(up[5m])) + 1")

    assert (code, said) == (0, "")
    assert text == ("[vectorScalarBinary] +\n"
                    "├── [aggregate] sum by ([])\n"
                    "│   └── [matrixSelector] rate({[__name__=\"up\"]}[5m0s] 0 mod 1)\n"
                    "└── [numberLiteral] 1\n")


@pytest.mark.parametrize("command", ["format", "parse", "explain"])
def test_what_is_no_promql_is_an_error_with_its_place(command):
    assert athanor("tools", "promql", command, "sum(") == (
        1, "", "athanor: error: 1:5: parse error: unclosed left parenthesis\n")


# --- the command tree -----------------------------------------------------------------------------


def test_help_of_groups_and_leaves(world):
    for words in (["tools", "--help"], ["help", "tools"]):
        code, output, said = athanor(*words)
        assert (code, output) == (0, "")
        assert said.startswith("usage: athanor tools <command> [<args> ...]\n\n"
                               "Tools utility commands\n")
        assert "\nSubcommands:\ntools bucket " in said
        assert "\ntools query [<flags>] <query>\n" in said
    for words in (["tools", "query", "--help"], ["help", "tools", "query"]):
        code, output, said = athanor(*words)
        assert (code, output) == (0, "")
        assert said.startswith("usage: athanor tools query [<flags>] <query>\n")
    assert athanor("tools", "promql")[0] == 2
    assert athanor("tools", "nosuch") == (
        1, "", "athanor: error: expected command but got \"nosuch\"\n")


def test_bash_completes_commands_and_flags(tmp_path):
    script = athanor("--completion-script-bash")[1]
    ask = tmp_path / "ask.bash"
    ask.write_text(script + f"""
        COMP_WORDS=({BINARY} tools query --out)
        COMP_CWORD=3
        _athanor_bash_autocomplete
        echo "${{COMPREPLY[*]}}"
        COMP_WORDS=({BINARY} tools promql "")
        _athanor_bash_autocomplete
        echo "${{COMPREPLY[*]}}"
    """)

    done = subprocess.run(["bash", ask], capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines()[0] == "--output"
    assert done.stdout.splitlines()[1].startswith("format parse")
