"""OpenStack Swift: Debian's account, container, object and proxy servers on loopback, with its own
authentication (version 1) and its S3 interface.

The servers read /etc/swift/swift.conf, wherever the rest of their configuration is: it is written
where there is none.
"""
import os
import pathlib
import subprocess

from .actor import Actor, Failure, free_port, http, wait_until

USER, KEY = "test:tester", "testing"
COMMON = pathlib.Path("/etc/swift/swift.conf")
COMMON_TEXT = """[swift-hash]
swift_hash_path_suffix = athanor

[storage-policy:0]
name = gold
default = yes
"""

# In the order in which a request passes them.
FILTERS = {
    "catch_errors": "", "gatekeeper": "", "healthcheck": "", "proxy_logging": "",
    "memcache": "memcache_servers = 127.0.0.1:{memcached}",
    "listing_formats": "", "bulk": "", "tempurl": "",
    "s3api": "location = us-east-1\nmin_segment_size = 1",
    "tempauth": f"user_{USER.replace(':', '_')} = {KEY} .admin",
    "copy": "", "slo": "", "dlo": "", "symlink": "",
    "versioned_writes": "allow_versioned_writes = true\nallow_object_versioning = true",
}

SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0

[pipeline:main]
pipeline = {pipeline}

[app:{app}]
use = egg:swift#{kind}
"""


class Swift:
    """Holds what is put into it until it is stopped."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder) / name
        self.ports = {kind: free_port() for kind in (
            "account", "container", "object", "proxy", "memcached")}
        self.endpoint = f"127.0.0.1:{self.ports['proxy']}"
        self.auth_url = f"http://{self.endpoint}/auth/v1.0"
        self.processes = []

    def _run(self, *command):
        done = subprocess.run([str(part) for part in command], cwd=self.folder,
                              capture_output=True, text=True, timeout=90)
        if done.returncode:
            raise Failure(f"{self.name}: {command}: {done.stdout}{done.stderr}".strip())

    def _server_text(self, kind, pipeline=(), more=""):
        app = f"{kind}-server"
        return SERVER.format(port=self.ports[kind], folder=self.folder, kind=kind, app=app,
                             user=os.environ.get("USER", "root"),
                             pipeline=" ".join([*pipeline, app])) + more

    def _prepare(self):
        (self.folder / "devices/disk").mkdir(parents=True)
        if not COMMON.exists():
            COMMON.parent.mkdir(exist_ok=True)
            COMMON.write_text(COMMON_TEXT)
        for kind in ("account", "container", "object"):
            (self.folder / f"{kind}.conf").write_text(self._server_text(kind))
            ring = f"{kind}.builder"
            self._run("swift-ring-builder", ring, "create", 4, 1, 0)
            self._run("swift-ring-builder", ring, "add",
                      f"r1z1-127.0.0.1:{self.ports[kind]}/disk", 1)
            self._run("swift-ring-builder", ring, "rebalance")
        filters = "".join(f"\n[filter:{name}]\nuse = egg:swift#{name}\n"
                          f"{settings.format(**self.ports)}\n"
                          for name, settings in FILTERS.items())
        (self.folder / "proxy.conf").write_text(self._server_text(
            "proxy", FILTERS, "account_autocreate = true\n" + filters))

    def start(self):
        self._prepare()
        commands = {"memcached": ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-p",
                                  self.ports["memcached"], "-m", "64"]}
        for kind in ("account", "container", "object", "proxy"):
            commands[kind] = [f"swift-{kind}-server", self.folder / f"{kind}.conf", "-v"]
        for kind, command in commands.items():
            self.processes.append(Actor(f"{self.name}-{kind}", command, self.folder).start())
        for kind in ("account", "container", "object", "proxy"):
            wait_until(f"the {kind} server answers", lambda kind=kind: http(
                f"http://127.0.0.1:{self.ports[kind]}/healthcheck", timeout=2)[0])
        return self

    def ask(self, method, path, headers=None, body=None):
        """(status, headers, body) of a request below the account, which may be ""."""
        _, found, _ = http(self.auth_url, headers={"X-Auth-User": USER, "X-Auth-Key": KEY})
        return http(found["X-Storage-Url"] + path, body, {
            "X-Auth-Token": found["X-Auth-Token"], **(headers or {})}, method=method)

    def make_container(self, name):
        """A container, and the object store configuration that names it."""
        status, _, said = self.ask("PUT", f"/{name}")
        if status not in (201, 202):
            raise Failure(f"{self.name}: container {name}: {status} {said}")
        return {"type": "SWIFT", "config": {"auth_url": self.auth_url, "username": USER,
                                            "password": KEY, "container_name": name}}

    def s3_configuration(self, name):
        """Of a container that was made already, as a bucket of S3."""
        return {"type": "S3", "config": {"bucket": name, "endpoint": self.endpoint,
                                         "insecure": True, "access_key": USER,
                                         "secret_key": KEY}}

    def running(self):
        return any(process.running() for process in self.processes)

    def stop(self, **how):
        for process in reversed(self.processes):
            process.stop(**how)

    def tail(self):
        return "".join(process.tail() for process in self.processes)
