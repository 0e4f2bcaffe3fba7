"""What a wrong command line or configuration says, and how the program ends."""
import os

import pytest

from world.athanor import BINARY

COMMANDS = ["sidecar", "store", "query"]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_flag_is_named_in_one_line(world, command):
    code, output = world.run(BINARY, command, "--no-such-flag")

    assert code == 1
    assert output == "athanor: error: unknown long flag '--no-such-flag'\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_code_0_and_lists_the_flags(world, command):
    code, output = world.run(BINARY, command, "--help")

    assert code == 0
    assert "--http-address" in output and "--log.level" in output


def test_version_is_prometheus_style(world):
    code, output = world.run(BINARY, "--version")

    assert code == 0
    assert output.startswith("athanor, version ")


def test_a_bad_enum_value_names_flag_and_choices(world):
    code, output = world.run(BINARY, "query", "--log.level=loud")

    assert code == 2
    assert "error parsing commandline arguments" in output
    assert "enum value must be one of error,warn,info,debug, got 'loud'" in output


def test_both_forms_of_a_config_flag_exclude_each_other(world):
    code, output = world.run(BINARY, "store", "--objstore.config=type: FILESYSTEM",
                             "--objstore.config-file=/dev/null")

    assert code != 0
    assert "objstore.config" in output


@pytest.mark.parametrize("yaml, words", [
    ("type: FILESYSTEM\nconfig:\n  directory: /tmp\nprefx: x\n", ["line 4", "prefx"]),
    ("type: FILESYSTEM\ntype: S3\n", ["line 2", "type"]),
    ("type: [\n", ["line"]),
    ("type: NOSUCH\n", ["NOSUCH"]),
    ("type: S3\nconfig: {bucket: b}\n", ["S3", "no s3 endpoint"]),
    ("type: SWIFT\nconfig: {container: c}\n", ["SWIFT", "line 2", "container not found"]),
    ("type: COS\nconfig: {bucket: b}\n", ["COS", "not supported"]),
])
def test_a_bad_objstore_config_says_where(world, yaml, words):
    path = world.folder / "bucket.yml"
    path.write_text(yaml)

    code, output = world.run(BINARY, "store", f"--objstore.config-file={path}",
                             "--http-address=127.0.0.1:0", "--grpc-address=127.0.0.1:0",
                             f"--data-dir={world.folder}/data")

    assert code == 1
    lines = [line for line in output.splitlines() if "level=error" in line]
    assert len(lines) == 1, output
    for word in words:
        assert word in lines[0]


def test_an_unset_variable_in_a_config_is_an_error(world):
    assert "ATHANOR_NOT_SET" not in os.environ

    code, output = world.run(BINARY, "store", "--objstore.config=type: $(ATHANOR_NOT_SET)",
                             f"--data-dir={world.folder}/data")

    assert code == 1
    assert "ATHANOR_NOT_SET" in output


@pytest.mark.parametrize("flags, word", [
    (["--selector-label=zone=\"a\""], "--selector-label"),
    (["--endpoint=dns+store:10901"], "dns+store:10901"),
    (["--endpoint.sd-config=x"], "--endpoint.sd-config"),
    (["--tracing.config=type: OTLP"], "tracing"),
])
def test_what_is_not_supported_yet_is_refused_by_name(world, flags, word):
    code, output = world.run(BINARY, "query", *flags, "--http-address=127.0.0.1:0",
                             "--grpc-address=127.0.0.1:0")

    assert code != 0
    assert word in output and "support" in output


def test_an_address_in_use_is_one_clear_line(world):
    first = world.query(wait=False)

    code, output = world.run(BINARY, "query", f"--http-address={first.http_address}",
                             "--grpc-address=127.0.0.1:0")

    assert code == 1
    assert first.http_address in output and "ddress already in use" in output


@pytest.mark.parametrize("command", ["query"])
def test_sigterm_and_sigint_end_with_code_0(world, command):
    query = world.query(wait=False)

    assert query.stop() == 0


@pytest.mark.parametrize("flag", [
    "block-sync-concurrency", "debug.series-batch-size", "debug.estimated-max-series-size",
    "debug.estimated-max-chunk-size"])
def test_numbers_of_the_store_that_make_no_sense_are_refused(world, flag):
    code, output = world.run(BINARY, "store", "--objstore.config={type: FILESYSTEM, config: {directory: /tmp}}",
                             "--http-address=127.0.0.1:0", "--grpc-address=127.0.0.1:0",
                             f"--data-dir={world.folder}/data", f"--{flag}=0")

    assert code == 1 and f"--{flag} must be at least 1, got 0" in output
