#!/usr/bin/env python3
"""start_store.py - how long until a store gateway over many blocks is ready, what does it hold, and
what does it ask of the bucket?

    bench/start_store.py BLOCK N [STORE_COMMAND...]

Makes a bucket of N blocks out of hard links to the one in the folder BLOCK, two hours each, of twenty
external label sets, and starts the store (build/release/athanor) three times: with an empty data
folder, again with what that left, and again after all index-headers had time to come. Another
command, such as Thanos, is given the same flags."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SETS, STEP_MS, FIRST_MS, LINKS_MAX = 20, 2 * 3600 * 1000, 1500000000000, 50000
SETTLE_S = float(os.environ.get("SETTLE_S", "10"))


def ulid(n, ms):
    text = ""
    for value, length in ((n, 16), (ms, 10)):
        for _ in range(length):
            text, value = ALPHABET[value % 32] + text, value // 32
    return text


def make_bucket(folder, block, n):
    """Files have no more links than a file system allows."""
    source = block
    meta = json.loads((block / "meta.json").read_text())
    index_bytes = (block / "index").stat().st_size
    for i in range(n):
        if i % LINKS_MAX == 0:
            source = folder / f"source-{i}"
            shutil.copytree(block, source)
        start = FIRST_MS + i // SETS * STEP_MS
        name = ulid(i, start + STEP_MS)
        to = folder / "bucket" / name
        (to / "chunks").mkdir(parents=True)
        for file in ("index", "chunks/000001"):
            os.link(source / file, to / file)
        meta.update(ulid=name, minTime=start, maxTime=start + STEP_MS,
                    compaction={"level": 1, "sources": [name]},
                    thanos={"labels": {"cluster": f"cluster-{i % SETS}", "replica": "a"},
                            "downsample": {"resolution": 0}, "source": "sidecar",
                            "segment_files": ["000001"],
                            "files": [{"rel_path": "chunks/000001", "size_bytes": 1000},
                                      {"rel_path": "index", "size_bytes": index_bytes},
                                      {"rel_path": "meta.json"}]})
        (to / "meta.json").write_text(json.dumps(meta, indent="\t") + "\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.HTTPError):
        return None


def rss_mb(pid, what="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    return 0


def requests(url):
    found = {}
    for line in (get(f"{url}/metrics") or "").splitlines():
        if line.startswith("thanos_objstore_bucket_operations_total{"):
            labels, value = line.rsplit(" ", 1)
            operation = labels.split('operation="')[1].split('"')[0]
            found[operation] = found.get(operation, 0) + int(float(value))
    return " ".join(f"{name}={n}" for name, n in sorted(found.items()) if n)


def measure(name, command, folder, settle_s):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = json.dumps({"type": "FILESYSTEM", "config": {"directory": str(folder / "bucket")}})
    with open(folder / "log", "ab") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, "store", f"--http-address=127.0.0.1:{port}",
             f"--grpc-address=127.0.0.1:{free_port()}", f"--data-dir={folder / 'data'}",
             f"--objstore.config={config}"], stdout=log, stderr=log)
        while get(f"{url}/-/ready") is None:
            if process.poll() is not None:
                sys.exit(f"it ended; see {folder / 'log'}")
            time.sleep(0.01)
        print(f"{name}_ready {time.monotonic() - began:.2f} s")
        print(f"{name}_rss {rss_mb(process.pid):.0f} MB")
        print(f"{name}_requests {requests(url)}")
        time.sleep(settle_s)
        print(f"{name}_settled_rss {rss_mb(process.pid):.0f} MB")
        print(f"{name}_headers {len(list((folder / 'data').glob('*/index-header')))}", flush=True)
        process.send_signal(signal.SIGTERM)
        process.wait()


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    block, n = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    command = sys.argv[3:] or [str(pathlib.Path(__file__).parent.parent / "build/release/athanor")]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="start-store-", dir=os.environ.get("TMPDIR")))
    try:
        make_bucket(folder, block, n)
        measure("cold", command, folder, 0)
        measure("warm", command, folder, SETTLE_S)
        measure("settled", command, folder, 1)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
