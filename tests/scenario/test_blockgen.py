"""Blocks of the generator, beside Prometheus' own tools and behind a store gateway."""
import filecmp
import json
import pathlib
import subprocess

from world.athanor import BINARY

BLOCKGEN = pathlib.Path(BINARY).with_name("athanor-blockgen")
END = "2026-11-01T00:00:00Z"
END_S = 1793491200
FLAGS = ["--series=200", "--duration=4h", f"--end={END}", "--churn=5", "--replicas=2"]


def generate(folder, *flags):
    subprocess.run([BLOCKGEN, f"--dir={folder}", *FLAGS, *flags], check=True, capture_output=True)
    return sorted(m.parent for m in folder.glob("*/meta.json"))


def promtool(*command):
    return subprocess.run(["promtool", "tsdb", *command], check=True, capture_output=True,
                          text=True).stdout


def test_promtool_reads_what_meta_json_promises(world):
    blocks = generate(world.folder / "blocks")
    (world.folder / "blocks" / "wal").mkdir()
    stats = [json.loads((b / "meta.json").read_text())["stats"] for b in blocks]

    listed = [line.split() for line in promtool("list", world.folder / "blocks").splitlines()[1:]]
    counters = promtool("dump", '--match={__name__="http_requests_total"}',
                        world.folder / "blocks").splitlines()

    assert [row[0] for row in sorted(listed)] == [b.name for b in blocks]
    assert [[int(n) for n in row[4:7]] for row in sorted(listed)] == [
        [s[k] for k in ("numSamples", "numChunks", "numSeries")] for s in stats]
    assert all(s["numHistogramSamples"] > 0 for s in stats)
    assert len(counters) > 5000


def test_the_same_seed_gives_the_same_bytes(world):
    one, two = (generate(world.folder / name) for name in ("one", "two"))
    other = generate(world.folder / "other", "--seed=2")

    assert [b.name for b in one] == [b.name for b in two] != [b.name for b in other]
    for a, b in zip(one, two):
        for name in ("index", "meta.json", "chunks/000001"):
            assert filecmp.cmp(a / name, b / name, shallow=False)


def test_a_store_serves_them(world):
    bucket = world.bucket()
    generate(bucket, "--label=cluster=\"made\"")
    query = world.query(world.store(bucket))

    up = query.instant("count by (cluster) (up)", time=END_S - 60)["data"]["result"]
    rate = query.instant('sum(rate(http_requests_total[5m]))', time=END_S - 60)["data"]["result"]
    native = query.instant("histogram_quantile(0.9, sum(rate(rpc_duration_seconds[5m])))",
                           time=END_S - 60)["data"]["result"]

    assert up[0]["metric"] == {"cluster": "made"} and float(up[0]["value"][1]) >= 4
    assert float(rate[0]["value"][1]) > 0
    assert 0.17 < float(native[0]["value"][1]) < 2


def test_bad_flags_are_one_line(world):
    for flags, said in [
            (["--series=0"], "--series is 1 to 100000000"),
            (["--duration=1h"], "--duration is shorter than one block"),
            (["--nosuch"], "unknown long flag '--nosuch'"),
            ([], "/dev/null"),
    ]:
        done = subprocess.run([BLOCKGEN, *flags, "--dir=/dev/null/x"], capture_output=True,
                              text=True)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert said in done.stderr
