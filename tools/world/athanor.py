"""Athanor's components as actors, and questions to a querier."""
import json
import os
import pathlib
import urllib.parse

from .actor import Actor, Failure, free_port, http, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("ATHANOR", str(ROOT / "build/release/athanor"))


def bucket_config(bucket):
    """The objstore YAML of a bucket, on one line: a folder, or a configuration as it is."""
    if not isinstance(bucket, dict):
        bucket = {"type": "FILESYSTEM", "config": {"directory": str(bucket)}}
    return json.dumps(bucket)


def bucket_flag(bucket):
    """A bucket as a flag: a file with a configuration, or what bucket_config() takes."""
    if not isinstance(bucket, dict) and pathlib.Path(bucket).is_file():
        return f"--objstore.config-file={bucket}"
    return f"--objstore.config={bucket_config(bucket)}"


class Component(Actor):
    """`athanor <kind>` on two loopback ports; gRPC only where `grpc` is set."""

    grpc = True

    def __init__(self, kind, name, folder, flags, http_port=None, grpc_port=None, binary=None):
        self.http_address = f"127.0.0.1:{http_port or free_port()}"
        self.url = f"http://{self.http_address}"
        command = [binary or BINARY, kind, f"--http-address={self.http_address}",
                   "--http-grace-period=5s"]
        if self.grpc:
            self.address = f"127.0.0.1:{grpc_port or free_port()}"
            command += [f"--grpc-address={self.address}", "--grpc-grace-period=5s"]
        super().__init__(name, command + list(flags), folder, f"{self.url}/-/ready")

    def metrics(self):
        """{'name{labels}': value} of /metrics."""
        _, _, body = http(f"{self.url}/metrics")
        samples = (line.rsplit(" ", 1) for line in body.decode().splitlines()
                   if line and line[0] != "#")
        return {name: float(value) for name, value in samples}


class Sidecar(Component):
    def __init__(self, name, folder, prometheus, bucket=None, flags=(), **more):
        own = [f"--prometheus.url={prometheus.url}", f"--tsdb.path={prometheus.data}",
               "--prometheus.get_config_interval=5s"]
        if bucket:
            own.append(bucket_flag(bucket))
        super().__init__("sidecar", name, folder, own + list(flags), **more)
        self.prometheus = prometheus

    def wait_shipped(self, timeout=60):
        """Until every block that its Prometheus has cut is in the bucket."""
        shipped = self.prometheus.data / "thanos.shipper.json"
        wait_until(f"{self.name} has shipped all blocks", lambda: {
            b.name for b in self.prometheus.blocks()
        } <= set(json.loads(shipped.read_text())["uploaded"] or ()), timeout)


class Store(Component):
    def __init__(self, name, folder, bucket, flags=(), **more):
        super().__init__("store", name, folder, [
            bucket_flag(bucket),
            f"--data-dir={pathlib.Path(folder) / (name + '-data')}", *flags], **more)


class Compact(Component):
    """A compactor that goes on as new blocks come."""

    grpc = False

    def __init__(self, name, folder, bucket, flags=(), **more):
        super().__init__("compact", name, folder, [
            bucket_flag(bucket), "--wait",
            f"--data-dir={pathlib.Path(folder) / (name + '-data')}", *flags], **more)


class Query(Component):
    def __init__(self, name, folder, endpoints, replica_labels=("replica",), flags=(), **more):
        super().__init__("query", name, folder, [
            *(f"--endpoint={getattr(e, 'address', e)}" for e in endpoints),
            *(f"--query.replica-label={label}" for label in replica_labels), *flags], **more)

    def ask(self, path, **params):
        """(HTTP status, the JSON answer)."""
        status, _, body = http(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(params, True)}",
                               timeout=150)
        return status, json.loads(body)

    def answer(self, path, **params):
        """The JSON of a successful answer."""
        status, answer = self.ask(path, **params)
        if status != 200:
            raise Failure(f"{self.name}: {path} {params}: {status} {answer.get('error')}")
        return answer

    def instant(self, query, **params):
        return self.answer("query", query=query, **params)

    def range(self, query, start, end, step, **params):
        return self.answer("query_range", query=query, start=start, end=end, step=step, **params)

    def stores(self):
        """The endpoints it knows, by address."""
        data = self.answer("stores")["data"]
        return {store["name"]: store for stores in data.values() for store in stores}

    def wait_for_endpoints(self, n, timeout=30):
        """Until n endpoints are there and well."""
        wait_until(f"{self.name} has {n} healthy endpoints", lambda: n == sum(
            not store["lastError"] for store in self.stores().values()), timeout)
