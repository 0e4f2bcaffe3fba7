"""Downsampled blocks, from the raw ones of a bucket to the answers of a querier."""
import json
import pathlib
import subprocess

import pytest

from world.actor import Actor, http, wait_until
from world.athanor import BINARY, bucket_flag, free_port

BLOCKGEN = pathlib.Path(BINARY).with_name("athanor-blockgen")
RAW, FINE, COARSE = 0, 300000, 3600000


def resolutions(bucket):
    metas = (json.loads(m.read_text()) for m in bucket.glob("*/meta.json"))
    return sorted(m["thanos"]["downsample"]["resolution"] for m in metas)


def downsample(world, bucket, *flags, wait=True):
    url = f"http://127.0.0.1:{free_port()}"
    actor = Actor("downsample", [
        BINARY, "tools", "bucket", "downsample", bucket_flag(bucket),
        f"--data-dir={world.folder / 'data'}", f"--http-address={url[7:]}", *flags],
        world.folder, ready_url=f"{url}/-/ready")
    world._add(actor, wait=wait)
    return actor, f"{url}/metrics"


@pytest.fixture
def bucket(world):
    folder = world.bucket()
    subprocess.run([
        BLOCKGEN, f"--dir={folder}", "--series=40", "--duration=10d", "--block-duration=10d",
        "--end=2026-11-01T00:00:00Z", "--scrape-interval=1m", "--replicas=2"],
        check=True, capture_output=True)
    return folder


def test_all_resolutions_answer_alike(world, bucket):
    raw = {m.parent.name for m in bucket.glob("*/meta.json")}
    tool, metrics = downsample(world, bucket, "--downsample.concurrency=2", "--hash-func=SHA256")
    wait_until("all blocks are downsampled",
               lambda: resolutions(bucket) == [RAW] * 2 + [FINE] * 2 + [COARSE] * 2, 60)
    wait_until("both passes are over", lambda: not (world.folder / "data/downsample").exists())
    counted = http(metrics)[2].decode()
    assert tool.stop() == 0

    assert 'thanos_compact_downsample_total{resolution="0"} 2' in counted
    assert 'thanos_compact_downsample_total{resolution="300000"} 2' in counted
    assert 'thanos_compact_downsample_failures_total{resolution="0"} 0' in counted
    made = [json.loads(m.read_text()) for m in bucket.glob("*/meta.json")
            if m.parent.name not in raw]
    assert all(f["hash"]["hashFunc"] == "SHA256" for m in made for f in m["thanos"]["files"]
               if f["rel_path"] != "meta.json")

    # The last millisecond of the blocks, and so of a window: ranges are of whole windows.
    end_s = made[0]["maxTime"] / 1000 - 0.001
    query = world.query(world.store(bucket), flags=["--query.replica-label=replica"])

    def answer(text, resolution):
        result = query.instant(text, time=end_s, dedup="false",
                               max_source_resolution=resolution)["data"]["result"]
        assert len(result) == 1
        return float(result[0]["value"][1])

    for text in ("sum(sum_over_time(go_goroutines[2d]))", "min(min_over_time(go_goroutines[2d]))",
                 "max(max_over_time(go_goroutines[2d]))",
                 "histogram_count(sum(sum_over_time(rpc_duration_seconds[2d])))"):
        assert answer(text, "0s") == pytest.approx(answer(text, "5m"), rel=1e-9)
        assert answer(text, "0s") == pytest.approx(answer(text, "1h"), rel=1e-9)
    for text in ("sum(increase(http_requests_total[9d]))",
                 "avg(avg_over_time(go_goroutines[9d]))",
                 "histogram_quantile(0.9, sum(rate(rpc_duration_seconds[9d])))"):
        assert answer(text, "0s") == pytest.approx(answer(text, "5m"), rel=0.02)
        assert answer(text, "0s") == pytest.approx(answer(text, "1h"), rel=0.05)


def test_a_broken_block_ends_the_command_and_others_are_done(world, bucket):
    broken = sorted(bucket.glob("*/index"))[0]
    broken.write_bytes(broken.read_bytes()[:1000])

    tool, _ = downsample(world, bucket, wait=False)
    code = tool.process.wait(60)

    assert code == 1
    assert resolutions(bucket) == [RAW] * 2 + [FINE]
    assert broken.parent.name in tool.log.read_text()
