"""Fixtures named after the actors. A scenario asks `world` for actors; all of them are stopped at
its end, and their logs are printed when it fails."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from world.actor import Actor, Failure  # noqa: E402
from world.athanor import Query, Sidecar, Store  # noqa: E402
from world.azurite import Azurite  # noqa: E402
from world.ceph import Ceph  # noqa: E402
from world.gcs import Gcs  # noqa: E402
from world.prometheus import Prometheus, now_s  # noqa: E402
from world.swift import Swift  # noqa: E402

STEP_S = 15


def demo_series(times):
    """A counter and a gauge on three hosts."""
    return [({"__name__": name, "job": "demo", "instance": f"host-{host}"},
             [float(t % 86400 * (host + 1)) if name.endswith("_total") else 20.0 + host
              for t in times])
            for name in ("requests_total", "temperature") for host in range(3)]


class World:
    """Makes actors in one folder and remembers them."""

    def __init__(self, folder):
        self.folder = folder
        self.actors = []

    def _add(self, actor, start=True, **how):
        self.actors.append(actor)
        return actor.start(**how) if start else actor

    def prometheus(self, replica="a", hours=0, cluster="eu", start=True, **more):
        """A Prometheus holding the last hours of demo_series()."""
        labels = more.pop("external_labels", {"cluster": cluster, "replica": replica})
        prometheus = self._add(Prometheus(f"prometheus-{replica}", self.folder / replica, labels,
                                          **more), start)
        if hours:
            end = now_s() // STEP_S * STEP_S
            prometheus.fill(demo_series, end - hours * 3600, end, STEP_S)
        return prometheus

    def bucket(self):
        folder = self.folder / "bucket"
        folder.mkdir(exist_ok=True)
        return folder

    def sidecar(self, prometheus, bucket=None, start=True, flags=(), **more):
        name = f"sidecar-{prometheus.name[-1]}-{len(self.actors)}"
        return self._add(Sidecar(name, self.folder, prometheus, bucket, flags, **more), start)

    def store(self, bucket, start=True, flags=(), **more):
        name = f"store-{len(self.actors)}"
        return self._add(Store(name, self.folder, bucket, flags, **more), start)

    def cache(self, kind):
        """A server of world.caches."""
        return self._add(kind(f"{kind.__name__.lower()}-{len(self.actors)}", self.folder))

    def query(self, *endpoints, flags=(), wait=True, **more):
        query = self._add(Query(f"query-{len(self.actors)}", self.folder, endpoints, flags=flags,
                                **more))
        if wait:
            query.wait_for_endpoints(len(endpoints))
        return query

    def run(self, *command, timeout=30):
        """A command that is expected to end: (exit code, its output)."""
        actor = Actor(f"command-{len(self.actors)}", command, self.folder)
        self._add(actor, wait=False)
        return actor.process.wait(timeout), actor.log.read_text()

    def close(self):
        failed = []
        for actor in reversed(self.actors):
            try:
                actor.stop()
            except Failure as failure:
                failed.append(str(failure))
        return failed

    def logs(self):
        """What all actors said, in the order of their time stamps where they have them."""
        lines = [(line[3:33] if line.startswith("ts=") else "", actor.name, line)
                 for actor in self.actors if actor.log.exists()
                 for line in actor.log.read_text(errors="replace").splitlines()[-80:]]
        return "\n".join(f"{name:>14} | {line}" for _, name, line in
                         sorted(lines, key=lambda entry: entry[0]))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


@pytest.fixture
def world(tmp_path, request):
    made = World(tmp_path)
    yield made
    failed = made.close()
    if getattr(request.node, "failed", False) or failed:
        print(made.logs())
    assert not failed, failed


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A bucket with ten hours of two replicas' blocks, made by a sidecar each, once per file."""
    made = World(tmp_path_factory.mktemp("history"))
    try:
        for replica in "ab":
            prometheus = made.prometheus(replica, hours=10)
            made.sidecar(prometheus, made.bucket()).wait_shipped()
    except Failure:
        print(made.logs())
        raise
    finally:
        made.close()
    return made.bucket()


# --- object stores, for all tests of a file ---


@pytest.fixture(scope="module")
def ceph(tmp_path_factory):
    store = Ceph("ceph", tmp_path_factory.mktemp("ceph")).start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def gcs(tmp_path_factory):
    store = Gcs("gcs", tmp_path_factory.mktemp("gcs")).start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    store = Azurite("azurite", tmp_path_factory.mktemp("azurite")).start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    store = Swift("swift", tmp_path_factory.mktemp("swift")).start()
    yield store
    store.stop()
