"""The acceptance suite of buckets, run over a configured one."""
import json
import os
import pathlib
import subprocess

from .athanor import BINARY

ACCEPTANCE = pathlib.Path(BINARY).parent / "tests" / "unit.objstore.acceptance"

# A thousand objects, which take their time: once per store, and not of one that does not work well.
MANY = "a_listing_may_be_longer_than_a_page*"


def run_acceptance(tmp_path, config, **env):
    """ATHANOR_TEST_ONLY may name some of its tests, ATHANOR_TEST_SKIP some that are left out."""
    path = tmp_path / "bucket.json"
    path.write_text(json.dumps(config))
    return subprocess.run([ACCEPTANCE], capture_output=True, text=True, timeout=300, env={
        **os.environ, "ATHANOR_TEST_BUCKET": str(path), **env})


def accept(tmp_path, config, **env):
    """The acceptance suite on this bucket; its output where it fails."""
    done = run_acceptance(tmp_path, config, **env)
    assert done.returncode == 0, done.stdout + done.stderr
