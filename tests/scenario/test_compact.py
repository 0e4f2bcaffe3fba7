"""The compactor, over blocks of the generator; Prometheus' tools read what it makes."""
import collections
import json
import pathlib
import shutil
import subprocess
import time

from world.actor import wait_until
from world.athanor import BINARY, Compact

BLOCKGEN = pathlib.Path(BINARY).with_name("athanor-blockgen")
END = "2026-11-01T00:00:00Z"


def generate(folder, *flags, series=100):
    subprocess.run([BLOCKGEN, f"--dir={folder}", f"--series={series}", f"--end={END}", *flags],
                   check=True, capture_output=True)


def compact(world, bucket, *flags):
    config = f"type: FILESYSTEM\nconfig:\n  directory: {bucket}\n"
    return subprocess.run(
        [BINARY, "compact", f"--objstore.config={config}", f"--data-dir={world.folder / 'data'}",
         "--http-address=127.0.0.1:0", "--consistency-delay=0s", *flags],
        capture_output=True, text=True, timeout=120)


def blocks(bucket):
    """The meta.json of every block, without those that are marked for deletion."""
    return [json.loads(m.read_text()) for m in sorted(bucket.glob("*/meta.json"))
            if not m.with_name("deletion-mark.json").exists()]


def samples(metas):
    return sum(m["stats"]["numSamples"] for m in metas)


def test_blocks_of_two_hours_become_blocks_of_eight(world):
    bucket = world.folder / "bucket"
    generate(bucket, "--duration=20h")
    before = blocks(bucket)

    done = compact(world, bucket, "--downsampling.disable")
    after = blocks(bucket)

    assert done.returncode == 0, done.stderr
    assert len(before) == 10 and samples(after) == samples(before)
    spans = [(m["maxTime"] - m["minTime"] + 1) // 7200000 for m in after]
    # From 4 to 8 and from 8 to 16 h; the rest waits for what comes after it.
    assert sorted(spans) == [1, 1, 1, 1, 2, 4]
    made = [m for m in after if m["compaction"]["level"] == 2]
    assert all(m["thanos"]["source"] == "compactor" for m in made)
    (bucket / "wal").mkdir()
    listed = subprocess.run(["promtool", "tsdb", "list", bucket], check=True, capture_output=True,
                            text=True).stdout
    assert all(m["ulid"] in listed for m in made)

    again = compact(world, bucket, "--downsampling.disable")
    assert again.returncode == 0 and blocks(bucket) == after


def test_replicas_become_one(world):
    bucket = world.folder / "bucket"
    generate(bucket, "--duration=2h", "--replicas=2")
    before = blocks(bucket)

    done = compact(world, bucket, "--deduplication.replica-label=replica",
                   "--deduplication.func=penalty")
    after = blocks(bucket)

    assert done.returncode == 0, done.stderr
    assert len(before) == 2 and len(after) == 1
    assert "replica" not in after[0]["thanos"]["labels"]
    assert samples(before) / 2 * 0.98 < samples(after) < samples(before) / 2 * 1.02


def test_a_group_that_overlaps_is_told_and_ends_with_code_1(world):
    bucket = world.folder / "bucket"
    generate(bucket, "--duration=2h")
    generate(bucket, "--duration=2h", "--seed=2")

    done = compact(world, bucket)

    assert done.returncode == 1 and "blocks overlap" in done.stderr
    assert len(blocks(bucket)) == 2


def test_between_iterations_the_cleaner_deletes_what_was_marked(world):
    bucket = world.folder / "bucket"
    generate(bucket, "--duration=2h", series=3)
    block = next(bucket.glob("*/meta.json")).parent
    compactor = Compact("compactor", world.folder, bucket, [
        "--wait-interval=1h", "--compact.cleanup-interval=200ms"])
    world.actors.append(compactor)
    compactor.start()
    wait_until("the first iteration is over", lambda: compactor.metrics()[
        "thanos_compact_iterations_total"] == 1)

    (block / "deletion-mark.json").write_text(json.dumps({
        "id": block.name, "version": 1, "details": "", "deletion_time": int(time.time()) - 49 * 3600}))

    wait_until("the block is deleted", lambda: not (block / "deletion-mark.json").exists())
    assert not (block / "meta.json").exists() and not (block / "index").exists()
    wait_until("the deletion is counted", lambda: compactor.metrics()[
        "thanos_compact_blocks_cleaned_total"] == 1)
    assert compactor.metrics()["thanos_compact_iterations_total"] == 1


def copy_group(source, bucket, group):
    """The blocks of `source` once more, with other ids and the external label group."""
    for n, meta_path in enumerate(sorted(source.glob("*/meta.json"))):
        meta = json.loads(meta_path.read_text())
        meta["ulid"] = f"{meta['ulid'][:20]}{group:04}{n:02}"
        meta["compaction"]["sources"] = [meta["ulid"]]
        meta["thanos"]["labels"]["group"] = str(group)
        shutil.copytree(meta_path.parent, bucket / meta["ulid"])
        (bucket / meta["ulid"] / "meta.json").write_text(json.dumps(meta))
    return meta["ulid"]


def test_one_corrupt_group_of_200_is_named_and_the_others_are_compacted(world):
    source, bucket = world.folder / "source", world.folder / "bucket"
    generate(source, "--duration=2h", "--replicas=2", series=3)
    last_blocks = [copy_group(source, bucket, group) for group in range(200)]
    index = bucket / last_blocks[77] / "index"
    index.write_bytes(b"nonsense" + index.read_bytes()[8:])

    done = compact(world, bucket, "--deduplication.replica-label=replica",
                   "--deduplication.func=penalty", "--compact.concurrency=2")

    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "set aside" in line]
    assert len(told) == 1 and last_blocks[77] in told[0] and 'group=\\"77\\"' in told[0], told
    left = collections.Counter(m["thanos"]["labels"]["group"] for m in blocks(bucket))
    assert left == {str(group): 2 if group == 77 else 1 for group in range(200)}
    assert last_blocks[77] in done.stderr.splitlines()[-1], done.stderr[-2000:]


def test_flags_that_do_not_go_together_are_refused(world):
    for flags, said in [
            (["--deduplication.func=penalty"], "at least one replica label"),
            (["--retention.resolution-raw=1d"], "40 hours"),
            (["--retention.resolution-5m=1d"], "10 days"),
            (["--debug.max-compaction-level=5"], "from 0 to 4"),
            (["--compact.concurrency=0"], "at least 1"),
    ]:
        done = compact(world, world.folder, *flags)
        assert done.returncode == 1 and said in done.stderr, done.stderr
