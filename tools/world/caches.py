"""Memcached, redis and a name server as actors; what stores share; a probe that uses them."""
import getpass
import json
import os
import pathlib
import socket
import subprocess

from .actor import Actor, Failure, free_port, wait_until
from .athanor import BINARY


def read_line(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise Failure(f"the connection ended with {line!r}")
    return line[:-2]


class Server(Actor):
    """Something that listens on a TCP port of loopback."""

    def __init__(self, name, command, folder, port):
        super().__init__(name, command, folder)
        self.port = port
        self.address = f"127.0.0.1:{port}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 5)

    def wait_ready(self, timeout=60):
        def listens():
            if not self.running():
                raise Failure(f"{self.name} exited:\n{self.tail()}")
            self.connect().close()
            return True

        wait_until(f"{self.name} listens", listens, timeout)


class Memcached(Server):
    kind = "MEMCACHED"

    def __init__(self, name, folder, port=None):
        port = port or free_port()
        super().__init__(name, ["memcached", "-u", getpass.getuser(), "-l", "127.0.0.1",
                                "-p", port, "-m", "64"], folder, port)

    def config(self):
        return {"addresses": [self.address], "timeout": "5s"}

    def items(self):
        """How many there are."""
        with self.connect() as s, s.makefile("rb") as answer:
            s.sendall(b"stats\r\n")
            stats = {}
            while (line := read_line(answer)) != b"END":
                _, key, value = line.split(b" ", 2)
                stats[key] = value
            return int(stats[b"curr_items"])


class Redis(Server):
    """`tls` is a folder with ca.crt, host.crt and host.key."""

    kind = "REDIS"

    def __init__(self, name, folder, port=None, tls=None, more=()):
        port = port or free_port()
        flags = ["--port", port]
        if tls:
            flags = ["--port", "0", "--tls-port", port, "--tls-ca-cert-file", f"{tls}/ca.crt",
                     "--tls-cert-file", f"{tls}/host.crt", "--tls-key-file", f"{tls}/host.key"]
        super().__init__(name, ["redis-server", "--bind", "127.0.0.1", "--save", "",
                                "--appendonly", "no", "--dir", folder, *flags, *more],
                         folder, port)

    def config(self):
        return {"addr": self.address}

    def items(self):
        return self.ask("DBSIZE")

    def keys(self):
        return self.ask("KEYS", "*")

    def ask(self, *words):
        """One command; its answer as a number, bytes or list."""
        with self.connect() as s, s.makefile("rb") as answer:
            words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
            s.sendall(b"*%d\r\n" % len(words) +
                      b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            return self._read(answer)

    def _read(self, answer):
        line = read_line(answer)
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise Failure(f"{self.name}: {rest.decode()}")
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return answer.read(int(rest) + 2)[:-2] if rest != b"-1" else None
        return [self._read(answer) for _ in range(int(rest))]


class Sentinel(Server):
    """Watches the master at `master`, and would not wait long for it."""

    def __init__(self, name, folder, master):
        port = free_port()
        config = pathlib.Path(folder) / f"{name}.conf"
        config.write_text(f"bind 127.0.0.1\nport {port}\n"
                          f"sentinel monitor mymaster 127.0.0.1 {master.port} 1\n"
                          "sentinel down-after-milliseconds mymaster 500\n"
                          "sentinel failover-timeout mymaster 5000\n")
        super().__init__(name, ["redis-server", config, "--sentinel"], folder, port)


class NameServer(Server):
    """dnsmasq with the records that its flags give, and nothing else."""

    def __init__(self, name, folder, records, port=None):
        port = port or free_port()
        super().__init__(name, ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                                "--no-hosts", "--local=/test/", "--bind-interfaces",
                                "--listen-address=127.0.0.1", f"--port={port}",
                                f"--user={getpass.getuser()}", "--pid-file=", *records],
                         folder, port)


class Probe(Actor):
    """`probe`, asked line by line."""

    def __init__(self, name, folder, *args):
        binary = os.environ.get("PROBE", str(pathlib.Path(BINARY).parent / "probe"))
        super().__init__(name, [binary, *args], folder)

    def start(self, wait=True, timeout=60):
        self.errors = open(self.log, "ab")
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        start_new_session=True)
        return self

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            self.process.wait()
            raise Failure(f"{self.name} does not answer:\n{self.tail()}")
        return answer.strip()

    def set(self, key, length, ttl_ms=600000):
        assert self.ask("set", key, length, ttl_ms) == "ok"

    def get(self, *keys):
        return self.ask("get", *keys).split()

    def metric(self, name):
        """Of one sample: "name{label values}"."""
        samples = dict(word.rsplit("=", 1) for word in self.ask("metrics").split(" "))
        return float(samples.get(name, "nan"))

    def stop(self, timeout=20):
        """By the end of its input; the exit code."""
        if self.running():
            self.process.stdin.close()
            self.process.stdin = None
        code = self.process.wait(timeout)
        self.process.stdout.close()
        self.errors.close()
        if code not in (0, 1):
            raise Failure(f"{self.name} ended with {code}:\n{self.tail()}")
        return code


def cache_flags(cache):
    """The flags of a store that keeps all it can in this cache."""
    config = {"type": cache.kind, "config": cache.config()}
    return [f"--index-cache.config={json.dumps(config)}",
            f"--store.caching-bucket.config={json.dumps(config)}"]
