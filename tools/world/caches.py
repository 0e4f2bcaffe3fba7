"""memcached and redis as actors: what stores share."""
import json
import socket

from .actor import Actor, Failure, free_port, wait_until


def read_line(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise Failure(f"the connection ended with {line!r}")
    return line[:-2]


class Memcached(Actor):
    kind = "MEMCACHED"

    def __init__(self, name, folder):
        self.port = free_port()
        super().__init__(name, ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", self.port,
                                "-m", "64"], folder)

    def config(self):
        return {"addresses": [f"127.0.0.1:{self.port}"], "timeout": "5s"}

    def wait_ready(self, timeout=20):
        wait_until(f"{self.name} answers", lambda: self.items() is not None, timeout)

    def items(self):
        """How many there are."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as s, s.makefile("rb") as answer:
            s.sendall(b"stats\r\n")
            stats = {}
            while (line := read_line(answer)) != b"END":
                _, key, value = line.split(b" ", 2)
                stats[key] = value
            return int(stats[b"curr_items"])


class Redis(Actor):
    kind = "REDIS"

    def __init__(self, name, folder):
        self.port = free_port()
        super().__init__(name, ["redis-server", "--port", self.port, "--bind", "127.0.0.1",
                                "--save", "", "--appendonly", "no", "--dir", folder], folder)

    def config(self):
        return {"addr": f"127.0.0.1:{self.port}"}

    def wait_ready(self, timeout=20):
        wait_until(f"{self.name} answers", lambda: self.items() is not None, timeout)

    def items(self):
        return self.ask("DBSIZE")

    def keys(self):
        return self.ask("KEYS", "*")

    def ask(self, *words):
        """One command; its answer as a number, bytes or list."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as s, s.makefile("rb") as answer:
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


def cache_flags(cache):
    """The flags of a store that keeps all it can in this cache."""
    config = {"type": cache.kind, "config": cache.config()}
    return [f"--index-cache.config={json.dumps(config)}",
            f"--store.caching-bucket.config={json.dumps(config)}"]
