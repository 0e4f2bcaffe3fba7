"""`athanor tools bucket ...` over folders and other object stores."""
import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from world.actor import free_port, http, wait_until
from world.athanor import BINARY, bucket_config
from world.gcs import Gcs

HOUR_MS = 3600 * 1000
T_MS = 1_700_006_400_000  # 2023-11-15T00:00:00Z
LETTERS = "ABCDEFGH"


def ulid(letter):
    return "01HF7VYM00" + letter * 16


def make_block(bucket, letter, hours=2, start=0, level=1, resolution=0, labels=None, source="sidecar",
               segments=1, segment_bytes=1000):
    """What looks like a block to whoever does not read index and chunks."""
    block = bucket / ulid(letter)
    (block / "chunks").mkdir(parents=True)
    files = {f"chunks/{n + 1:06}": os.urandom(segment_bytes) for n in range(segments)}
    files["index"] = os.urandom(300)
    for name, content in files.items():
        (block / name).write_bytes(content)
    meta = {
        "ulid": ulid(letter), "minTime": T_MS + start * HOUR_MS,
        "maxTime": T_MS + (start + hours) * HOUR_MS,
        "stats": {"numSamples": 1234567, "numSeries": 1001, "numChunks": 12345},
        "compaction": {"level": level, "sources": [ulid(letter)]}, "version": 1,
        "thanos": {"labels": labels or {"cluster": "eu"}, "downsample": {"resolution": resolution},
                   "source": source,
                   "files": [{"rel_path": name, "size_bytes": len(content)}
                             for name, content in files.items()] + [{"rel_path": "meta.json"}],
                   "index_stats": {}, "upload_time": "2024-01-02T03:04:05Z"}}
    (block / "meta.json").write_text(json.dumps(meta, indent="\t") + "\n")
    return block


def tools_bucket(*arguments, environment=None):
    """(exit code, standard output, standard error) of a command that is expected to end."""
    done = subprocess.run([BINARY, "tools", "bucket", *map(str, arguments)], capture_output=True,
                          text=True, timeout=120, env={**os.environ, "TZ": "UTC",
                                                       **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def objstore(bucket):
    return f"--objstore.config={bucket_config(bucket)}"


def objects(bucket):
    """{name: content} of a folder, without what its store keeps for itself."""
    return {str(path.relative_to(bucket)): path.read_bytes()
            for path in pathlib.Path(bucket).rglob("*")
            if path.is_file() and ".athanor-tmp" not in path.parts}


def check_complete(bucket):
    """The ids of the blocks, each of which has all of its files."""
    metas = list(bucket.glob("*/meta.json"))
    for meta in metas:
        for file in json.loads(meta.read_text())["thanos"]["files"]:
            if "size_bytes" in file:
                assert (meta.parent / file["rel_path"]).stat().st_size == file["size_bytes"]
    return {meta.parent.name for meta in metas}


@pytest.fixture
def bucket(tmp_path):
    folder = tmp_path / "bucket"
    make_block(folder, "A")
    make_block(folder, "B", start=2, labels={"cluster": "us", "replica": "b"})
    make_block(folder, "C", hours=48, level=3, resolution=300000, source="compactor")
    return folder


# --- ls and inspect -------------------------------------------------------------------------------


def test_blocks_are_listed_in_every_format(bucket):
    code, ids, said = tools_bucket("ls", objstore(bucket))
    assert (code, said) == (0, "")
    assert ids.split() == [ulid(letter) for letter in "ABC"]

    _, wide, _ = tools_bucket("ls", "-o", "wide", objstore(bucket))
    assert wide.splitlines()[1] == (
        f"{ulid('B')} -- 2023-11-15T02:00:00Z - 2023-11-15T04:00:00Z Diff: 2h0m0s, Compaction: 1, "
        "Downsample: 0, Source: sidecar")

    _, text, _ = tools_bucket("ls", "-o", "json", objstore(bucket))
    assert text == "".join((bucket / ulid(letter) / "meta.json").read_text() for letter in "ABC")


def test_blocks_are_listed_by_a_template(bucket):
    template = '{{.ULID}}{{range $name, $value := .Thanos.Labels}} {{$name}}={{$value}}{{end}}'
    _, output, _ = tools_bucket("ls", "--output", template, objstore(bucket))
    assert output.splitlines() == [f"{ulid('A')} cluster=eu", f"{ulid('B')} cluster=us replica=b",
                                   f"{ulid('C')} cluster=eu"]
    code, _, said = tools_bucket("ls", "--output={{.Nope}}", objstore(bucket))
    assert code == 1 and "can't evaluate field Nope" in said


def test_blocks_are_listed_by_label_time_and_mark(bucket):
    def ids(*flags):
        code, output, said = tools_bucket("ls", objstore(bucket), *flags)
        assert (code, said) == (0, "")
        return "".join(line[-1] for line in output.split())

    assert ids("--min-time=2023-11-15T03:00:00Z") == "BC"
    assert ids("--max-time=2023-11-15T01:00:00Z") == "AC"
    rules = "[{source_labels: [cluster], regex: eu, action: keep}]"
    assert ids(f"--selector.relabel-config={rules}") == "AC"
    shards = ["[{source_labels: [__block_id], modulus: 2, target_label: s, action: hashmod}, "
              f"{{source_labels: [s], regex: {shard}, action: keep}}]" for shard in range(2)]
    parts = [ids(f"--selector.relabel-config={shard}") for shard in shards]
    assert sorted("".join(parts)) == ["A", "B", "C"] and len(parts[0]) in (1, 2)

    tools_bucket("mark", objstore(bucket), f"--id={ulid('A')}", "--marker=deletion-mark.json",
                 "--details=x")
    assert ids() == "ABC" and ids("--exclude-delete") == "BC"


def test_a_bucket_that_cannot_be_read_whole_is_a_failure(bucket):
    (bucket / ulid("D")).mkdir()
    (bucket / ulid("D") / "meta.json").write_text('{"version": 2}')
    code, output, said = tools_bucket("ls", objstore(bucket))
    assert (code, output) == (1, "")
    assert ulid("D") in said and said.startswith("athanor: error: ")

    (bucket / ulid("D") / "meta.json").write_text("{")
    code, output, _ = tools_bucket("ls", objstore(bucket))
    assert code == 0 and len(output.split()) == 3


def test_blocks_are_inspected_as_values(bucket):
    _, output, _ = tools_bucket("inspect", "--output=csv", "--sort-by=RANGE", "--sort-by=ULID",
                                objstore(bucket))
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["ULID"][-1] for row in rows] == ["A", "B", "C"]
    assert rows[1] == {
        "ULID": ulid("B"), "FROM": "2023-11-15T02:00:00Z", "UNTIL": "2023-11-15T04:00:00Z",
        "RANGE": "2h0m0s", "UNTIL-DOWN": "38h0m0s", "#SERIES": "1,001", "#SAMPLES": "1,234,567",
        "#CHUNKS": "12,345", "COMP-LEVEL": "1", "COMP-FAILED": "false",
        "LABELS": "cluster=us,replica=b", "RESOLUTION": "0s", "SOURCE": "sidecar"}

    _, tabs, _ = tools_bucket("inspect", "--output=tsv", '-lcluster="us"', objstore(bucket))
    assert [line.split("\t")[0] for line in tabs.splitlines()] == ["ULID", ulid("B")]

    _, table, _ = tools_bucket("inspect", objstore(bucket))
    assert len({len(line) for line in table.splitlines()}) == 1


# --- mark -----------------------------------------------------------------------------------------


def test_marks_are_put_and_taken_away(bucket):
    mark = bucket / ulid("A") / "no-compact-mark.json"
    flags = [objstore(bucket), f"--id={ulid('A')}", f"--id={ulid('B')}",
             "--marker=no-compact-mark.json"]

    code, _, said = tools_bucket("mark", *flags)
    assert code == 1 and "required flag --details not provided" in said

    assert tools_bucket("mark", *flags, "--details=broken disk") == (0, "", "")
    content = json.loads(mark.read_text())
    assert abs(content.pop("no_compact_time") - time.time()) < 600
    assert content == {"id": ulid("A"), "version": 1, "details": "broken disk", "reason": "manual"}

    code, _, said = tools_bucket("mark", *flags, "--details=other")
    assert code == 0 and "already" in said and "broken disk" in mark.read_text()

    assert tools_bucket("mark", *flags, "--remove") == (0, "", "")
    assert not mark.exists()
    code, _, said = tools_bucket("mark", *flags, "--remove")
    assert code == 0 and "no such mark" in said


# --- replicate ------------------------------------------------------------------------------------


def replicate(source, target, *flags, environment=None):
    return tools_bucket("replicate", objstore(source), "--http-address=127.0.0.1:0",
                        f"--objstore-to.config={bucket_config(target)}", *flags,
                        environment=environment)


def test_chosen_blocks_are_replicated_once(bucket, tmp_path):
    target = tmp_path / "target"
    target.mkdir()

    assert replicate(bucket, target, "--single-run", '--matcher=cluster="us"')[0] == 0
    assert check_complete(target) == {ulid("B")}
    assert replicate(bucket, target, "--single-run", "--resolution=5m", "--compaction=3")[0] == 0
    assert check_complete(target) == {ulid("B"), ulid("C")}
    assert replicate(bucket, target, f"--id={ulid('A')}")[0] == 0
    assert objects(target) == objects(bucket)


def test_wrong_flags_of_replicate_are_named(bucket, tmp_path):
    for flags, said in ((["--matcher=x"], "bad matcher format: x"),
                        (["--compaction-min=5"], "compaction-min must be less than or equal to"),
                        (["--id=x"], "not a valid block ULID"),
                        (["--resolution=x"], "--resolution")):
        code, _, output = replicate(bucket, tmp_path, "--single-run", *flags)
        assert code == 1 and said in output

    code, _, output = tools_bucket("replicate", "--single-run", objstore(bucket))
    assert code == 1 and "No supported bucket was configured to replicate to" in output


def test_replication_that_is_killed_goes_on_where_it_was(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    for n, letter in enumerate(LETTERS):
        make_block(source, letter, start=2 * n, segments=10, segment_bytes=1 << 20)
    command = [BINARY, "tools", "bucket", "replicate", "--single-run", objstore(source),
               "--http-address=127.0.0.1:0", f"--objstore-to.config={bucket_config(target)}"]

    n_cut_off = 0
    for wanted in range(5, 66, 20):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list(target.glob("*/chunks/*"))) < wanted:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        n_cut_off += len(check_complete(target)) < len(LETTERS)
    assert n_cut_off > 0

    done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert check_complete(target) == {ulid(letter) for letter in LETTERS}
    assert objects(target) == objects(source)


def test_an_interrupted_run_says_so(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    for letter in LETTERS:
        make_block(source, letter, segments=20, segment_bytes=1 << 20)
    process = subprocess.Popen(
        [BINARY, "tools", "bucket", "replicate", "--single-run", objstore(source),
         "--http-address=127.0.0.1:0", f"--objstore-to.config={bucket_config(target)}"],
        stderr=subprocess.PIPE, text=True)
    wait_until("a first object", lambda: list(target.glob("*/chunks/*")), every=0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1 and "interrupted" in said
    assert len(check_complete(target)) < len(LETTERS)


def test_as_a_service_it_replicates_again_and_again(bucket, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    port = free_port()
    process = subprocess.Popen(
        [BINARY, "tools", "bucket", "replicate", objstore(bucket),
         f"--http-address=127.0.0.1:{port}", f"--objstore-to.config={bucket_config(target)}"],
        stderr=subprocess.DEVNULL)

    def metrics():
        _, _, body = http(f"http://127.0.0.1:{port}/metrics")
        return body.decode().splitlines()

    try:
        run = 'thanos_replicate_replication_runs_total{result="success"} 1'
        wait_until("the first run", lambda: run in metrics())
        assert "thanos_replicate_blocks_replicated_total 3" in metrics()
        assert "thanos_replicate_objects_replicated_total 6" in metrics()
        assert http(f"http://127.0.0.1:{port}/-/ready")[0] == 200
        assert objects(target) == objects(bucket)
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def gcs(tmp_path_factory):
    store = Gcs("gcs", tmp_path_factory.mktemp("gcs")).start()
    yield store
    store.stop()


def test_blocks_go_to_another_kind_of_store_and_back(bucket, gcs, tmp_path):
    make_block(bucket, "D", start=4, segments=3, segment_bytes=3 << 20)
    back = tmp_path / "back"
    back.mkdir()
    cloud = gcs.configuration("replicated")
    emulator = {"STORAGE_EMULATOR_HOST": gcs.endpoint}

    for source, target in ((bucket, cloud), (cloud, back)):
        code, _, said = replicate(source, target, "--single-run", environment=emulator)
        assert code == 0, said
    assert objects(back) == objects(bucket)


def test_replication_to_another_kind_of_store_survives_being_killed(gcs, tmp_path):
    source, back = tmp_path / "source", tmp_path / "back"
    back.mkdir()
    for n, letter in enumerate(LETTERS):
        make_block(source, letter, start=2 * n, segments=5, segment_bytes=1 << 20)
    cloud = gcs.configuration("killed")
    emulator = {"STORAGE_EMULATOR_HOST": gcs.endpoint}
    command = [BINARY, "tools", "bucket", "replicate", "--single-run", objstore(source),
               "--http-address=127.0.0.1:0", f"--objstore-to.config={bucket_config(cloud)}"]

    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **emulator})
    for line in process.stderr:
        if "block replicated" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert replicate(cloud, back, "--single-run", environment=emulator)[0] == 0
    assert 0 < len(check_complete(back)) < len(LETTERS)

    assert replicate(source, cloud, "--single-run", environment=emulator)[0] == 0
    assert replicate(cloud, back, "--single-run", environment=emulator)[0] == 0
    assert objects(back) == objects(source)


# --- retention ------------------------------------------------------------------------------------


def test_old_blocks_are_marked_for_deletion(bucket):
    """By the resolution of their samples, and once."""
    marks = lambda: {path.parent.name[-1] for path in bucket.glob("*/deletion-mark.json")}

    assert tools_bucket("retention", objstore(bucket))[0] == 0
    assert marks() == set()
    code, _, said = tools_bucket("retention", objstore(bucket), "--retention.resolution-raw=30d")
    assert code == 0 and "GLOBAL COMPACTOR SHOULD __NOT__ BE RUNNING" in said
    assert marks() == {"A", "B"}
    mark = json.loads((bucket / ulid("A") / "deletion-mark.json").read_text())
    assert mark["details"] == "block exceeding retention of 720h0m0s"
    rules = "[{source_labels: [cluster], regex: us, action: keep}]"
    assert tools_bucket("retention", objstore(bucket), "--retention.resolution-5m=1d",
                        f"--selector.relabel-config={rules}")[0] == 0
    assert marks() == {"A", "B"}
    assert tools_bucket("retention", objstore(bucket), "--retention.resolution-5m=1d")[0] == 0
    assert marks() == {"A", "B", "C"}


# --- cleanup --------------------------------------------------------------------------------------


def mark_for_deletion(block, hours_ago):
    (block / "deletion-mark.json").write_text(json.dumps({
        "id": block.name, "version": 1, "details": "", "deletion_time": int(time.time()) - hours_ago * 3600}))


def test_blocks_marked_long_ago_and_rests_of_uploads_are_deleted(bucket):
    """Not what was marked lately, and not what may still be going on."""
    mark_for_deletion(bucket / ulid("A"), hours_ago=49)
    mark_for_deletion(bucket / ulid("B"), hours_ago=47)
    for letter, hours_ago in ("E", 49), ("F", 47):
        chunk = make_block(bucket, letter) / "chunks" / "000001"
        for path in chunk, chunk.parent.parent / "index":
            os.utime(path, (time.time() - hours_ago * 3600,) * 2)
        (bucket / ulid(letter) / "meta.json").unlink()
    mark_for_deletion(make_block(bucket, "G", labels={"cluster": "us"}), hours_ago=100)
    left = lambda: {name[len(ulid("A")) - 1] for name in objects(bucket)}
    rules = "[{source_labels: [cluster], regex: us, action: drop}]"
    before = objects(bucket)

    code, _, said = tools_bucket("cleanup", objstore(bucket), "--log.level=info",
                                 f"--selector.relabel-config={rules}")
    assert code == 0 and "cleanup done" in said, said
    assert objects(bucket) == {name: content for name, content in before.items()
                               if ulid("A") not in name and ulid("E") not in name}
    assert tools_bucket("cleanup", objstore(bucket))[0] == 0
    assert "G" not in left() and {"B", "F"} <= left()
    assert tools_bucket("cleanup", objstore(bucket), "--delete-delay=46h")[0] == 0
    assert "B" not in left()
    assert tools_bucket("cleanup", objstore(bucket), "--block-sync-concurrency=0")[0] == 1


# --- verify ---------------------------------------------------------------------------------------


def test_sound_blocks_pass_and_overlaps_are_told(history, tmp_path):
    folder = tmp_path / "bucket"
    shutil.copytree(history, folder)
    assert tools_bucket("verify", objstore(folder)) == (0, "", "")

    block = next(folder.glob("*/meta.json")).parent
    shutil.copytree(block, folder / ulid("A"))
    code, _, said = tools_bucket("verify", objstore(folder))
    assert code == 0 and "found overlapped blocks" in said and ulid("A") in said

    meta = json.loads((block / "meta.json").read_text())
    meta["minTime"] += HOUR_MS
    (block / "meta.json").write_text(json.dumps(meta))
    code, _, said = tools_bucket("verify", objstore(folder), "-i", "index_known_issues",
                                 f"--id={block.name}")
    assert code == 0 and "detected issue" in said and "outside the block time range" in said


def test_duplicated_compactions_are_removed_once_they_are_saved(tmp_path):
    folder, backup = tmp_path / "bucket", tmp_path / "backup"
    backup.mkdir()
    for letter in "AB":
        block = make_block(folder, letter, level=2)
        meta = json.loads((block / "meta.json").read_text())
        meta["compaction"]["sources"] = [ulid("C")]
        (block / "meta.json").write_text(json.dumps(meta))
    saved = {name: content for name, content in objects(folder).items() if ulid("B") in name}
    flags = [objstore(folder), "--issues=duplicated_compaction", "--repair"]

    code, _, said = tools_bucket("verify", *flags)
    assert code == 1 and "backup client is required" in said
    code, _, said = tools_bucket("verify", *flags,
                                 f"--objstore-backup.config={bucket_config(backup)}")
    assert code == 0 and "GLOBAL COMPACTOR SHOULD __NOT__ BE RUNNING" in said
    assert check_complete(folder) == {ulid("A")}
    assert objects(backup) == saved


def test_wrong_flags_of_verify_are_named(bucket):
    for flags, wanted in ((["-i", "none"], "no such issue ID none"),
                          (["-i", "overlapped_blocks", f"--id={ulid('A')}"],
                           "id matching is not supported")):
        code, _, said = tools_bucket("verify", objstore(bucket), *flags)
        assert code == 1 and wanted in said


# --- upload-blocks --------------------------------------------------------------------------------


def test_the_blocks_of_a_folder_are_uploaded(history, tmp_path):
    """With labels of their own, and only once."""
    folder, target = tmp_path / "blocks", tmp_path / "target"
    target.mkdir()
    for block in {meta.parent for meta in history.glob("*/meta.json")}:
        shutil.copytree(block, folder / block.name)
        meta = json.loads((folder / block.name / "meta.json").read_text())
        del meta["thanos"]
        (folder / block.name / "meta.json").write_text(json.dumps(meta))
    flags = [objstore(target), f"--path={folder}", '--label=cluster="x"', '--label=a="1"',
             "--shipper.upload-compacted"]

    assert tools_bucket("upload-blocks", *flags) == (0, "", "")
    metas = [json.loads(meta.read_text()) for meta in target.glob("*/meta.json")]
    assert check_complete(target) == {block.name for block in folder.glob("01*")} != set()
    assert {meta["thanos"]["source"] for meta in metas} == {"bucket.upload"}
    assert all(meta["thanos"]["labels"] == {"a": "1", "cluster": "x"} for meta in metas)

    before = objects(target)
    assert tools_bucket("upload-blocks", *flags) == (0, "", "")
    assert objects(target) == before


def test_upload_blocks_needs_labels_and_a_folder(tmp_path):
    code, _, said = tools_bucket("upload-blocks", objstore(tmp_path), f"--path={tmp_path}")
    assert code == 1 and "no external labels configured" in said
    code, _, said = tools_bucket("upload-blocks", objstore(tmp_path), f"--path={tmp_path}/none",
                                 '--label=a="1"')
    assert code == 1 and f"unable to access path '{tmp_path}/none'" in said
