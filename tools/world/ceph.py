"""An S3 store: a monitor, an OSD in memory and a RADOS gateway of Debian's Ceph, on loopback."""
import pathlib
import subprocess
import uuid

from .actor import Actor, Failure, free_port, http, wait_until

ACCESS_KEY, SECRET_KEY = "AKCI", "SKCI"

CONFIG = """[global]
fsid = {fsid}
keyring = {folder}/keyring
mon_host = v2:127.0.0.1:{monitor_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
osd_crush_chooseleaf_type = 0
mon_data_avail_crit = 1
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
log_file = {folder}/$name.log
crash_dir = {folder}/crash
mon_data = {folder}/monitor
osd_data = {folder}/osd
mon_cluster_log_file = /dev/null
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_memory_target = 939524096

[client]
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_enable_ops_log = false
debug_rgw = 0
"""


class Ceph:
    """Holds what is put into it until it is stopped."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder) / name
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self.env = {"CEPH_CONF": str(self.folder / "ceph.conf")}
        self.processes = []

    def _run(self, *command):
        done = subprocess.run([str(part) for part in command], cwd=self.folder, env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.env}, capture_output=True, text=True,
            timeout=90)
        if done.returncode:
            raise Failure(f"{self.name}: {command}: {done.stderr.strip()}")
        return done.stdout

    def _start(self, name, *command):
        self.processes.append(Actor(f"{self.name}-{name}", command, self.folder,
                                    env=self.env).start())

    def _prepare(self, monitor_port):
        fsid = uuid.uuid4()
        for name in ("monitor", "osd", "run"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "ceph.conf").write_text(CONFIG.format(
            fsid=fsid, folder=self.folder, monitor_port=monitor_port, port=self.port))
        self._run("ceph-authtool", "-C", "keyring", "--gen-key", "-n", "mon.", "--cap", "mon",
                  "allow *")
        for who in ("client.admin", "client.rgw.a", "osd.0"):
            self._run("ceph-authtool", "keyring", "--gen-key", "-n", who, "--cap", "mon",
                      "allow *", "--cap", "osd", "allow *")
        self._run("monmaptool", "--create", "--fsid", fsid, "--enable-all-features", "map")
        self._run("monmaptool", "--addv", "a", f"[v2:127.0.0.1:{monitor_port}]", "map")
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "map", "--keyring", "keyring")

    def start(self):
        self._prepare(free_port())
        self._start("monitor", "ceph-mon", "-i", "a", "-f")
        self._run("ceph", "--connect-timeout", "20", "mon", "stat")
        osd = uuid.uuid4()
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start("osd", "ceph-osd", "-i", "0", "-f")
        wait_until("an OSD is up", lambda: "1 up" in self._run("ceph", "osd", "stat"))
        self._run("radosgw-admin", "user", "create", "--uid=ci", "--display-name=ci",
                  f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")
        self._start("gateway", "radosgw", "-n", "client.rgw.a", "-f")
        wait_until("the gateway answers", lambda: http(f"http://{self.endpoint}/")[0] == 200)
        return self

    def make_bucket(self, bucket):
        """A bucket, and the object store configuration that names it."""
        subprocess.run(["curl", "-sSf", "-X", "PUT", "--aws-sigv4", "aws:amz:us-east-1:s3", "-u",
                        f"{ACCESS_KEY}:{SECRET_KEY}", "-H",
                        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                        f"http://{self.endpoint}/{bucket}"], check=True)
        return {"type": "S3", "config": {
            "bucket": bucket, "endpoint": self.endpoint, "insecure": True,
            "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}}

    def running(self):
        return any(process.running() for process in self.processes)

    def stop(self, **how):
        for process in reversed(self.processes):
            process.stop(**how)

    def tail(self):
        return "".join(process.tail() for process in self.processes)
