"""The store gateway, killed at any time: what it leaves on its disk does no harm to the next start.

KILLS=500 in the environment kills it so often; 20 times without."""
import filecmp
import json
import os
import random
import shutil
import subprocess
import time

from world.actor import wait_until
from world.athanor import BINARY
from world.prometheus import now_s

KILLS = int(os.environ.get("KILLS", "20"))
COPIES = 8
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def another_ulid(ulid, n):
    """The same time, other randomness."""
    return ulid[:-2] + ALPHABET[n // 32 % 32] + ALPHABET[n % 32]


def many_blocks(history, bucket):
    """Every block of `history` several times, with a label that tells the copies apart."""
    for block in history.glob("*/meta.json"):
        for n in range(COPIES):
            meta = json.loads(block.read_text())
            meta["ulid"] = another_ulid(meta["ulid"], n)
            meta["compaction"]["sources"] = [meta["ulid"]]
            meta["thanos"]["labels"]["copy"] = str(n)
            copy = bucket / meta["ulid"]
            shutil.copytree(block.parent, copy, copy_function=os.link)
            (copy / "meta.json").unlink()
            (copy / "meta.json").write_text(json.dumps(meta))
    return len(list(bucket.glob("*/meta.json")))


def ask(store, at):
    return subprocess.Popen(
        [BINARY, "tools", "query", "--output=json", f"--endpoint={store.address}", f"--time={at}",
         "count by (copy, replica, instance) (temperature)"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(store, at):
    question = ask(store, at)
    out, err = question.communicate(timeout=60)
    assert question.returncode == 0, err
    return json.loads(out)["data"]["result"]


def headers(data):
    return {path.parent.name for path in data.glob("*/index-header")}


def complaints(log, since):
    return [line for line in log[since:].splitlines()
            if ("level=warn" in line or "level=error" in line)
            and "changing probe status" not in line]


def check_files(data, reference):
    """What is there under its final name is whole."""
    for path in [*data.glob("*/index-header"), *data.glob("meta-syncer/*/meta.json")]:
        assert filecmp.cmp(path, reference / path.relative_to(data), shallow=False), path


def test_killed_at_any_time_it_starts_again_and_answers_right(world, history):
    bucket = world.bucket()
    n_blocks = many_blocks(history, bucket)
    at = now_s() - 5 * 3600
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)

    began = time.monotonic()
    whole = world.store(bucket)
    reference = world.folder / f"{whole.name}-data"
    wait_until("all index-headers are there", lambda: len(headers(reference)) == n_blocks)
    whole_s = time.monotonic() - began
    want = answer(whole, at)
    assert len(want) == 2 * 3 * COPIES
    assert whole.stop() == 0

    store = world.store(bucket, start=False,
                        flags=["--block-sync-concurrency=2", "--sync-block-duration=1s",
                               "--ignore-deletion-marks-delay=4s"])
    data = world.folder / f"{store.name}-data"
    for n in range(KILLS):
        if dice.random() < 0.4:
            shutil.rmtree(data, ignore_errors=True)
        store.start(wait=False)
        time.sleep(dice.uniform(0, whole_s))
        question = ask(store, at) if dice.random() < 0.5 else None
        time.sleep(dice.uniform(0, 0.1))
        store.kill()
        if question:
            question.communicate(timeout=60)
        if data.exists():
            check_files(data, reference)

        said = len(store.log.read_text())
        store.start()
        assert answer(store, at) == want, n
        assert store.stop() == 0
        assert complaints(store.log.read_text(), said) == [], n
        check_files(data, reference)
