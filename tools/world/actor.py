"""A process with a log, a port or two, and an end."""
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


class Failure(Exception):
    """Something in the world did not become as expected."""


def free_port():
    """A port nobody listens on, below the range the kernel gives to outgoing connections."""
    for _ in range(200):
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port between 20000 and 32000")


def http(url, data=None, headers=None, timeout=30, method=None):
    """(status, headers, body) of any answer, errors included."""
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def wait_until(what, condition, timeout=30, every=0.1):
    """The condition's first true value; Failure when there is none in time."""
    deadline = time.monotonic() + timeout
    last = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, ValueError, KeyError) as error:
            last = error
        time.sleep(every)
    raise Failure(f"after {timeout:g} s still not: {what}" + (f" ({last})" if last else ""))


class Actor:
    """One process. `command` is started by start(), its output goes to <folder>/<name>.log."""

    def __init__(self, name, command, folder, ready_url=None, env=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.ready_url = ready_url
        self.env = env
        self.process = None

    def start(self, wait=True, timeout=60):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self.command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, env={**os.environ, **(self.env or {})})
        if wait:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=60):
        def ready():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} exited with {self.process.returncode}:\n{self.tail()}")
            return not self.ready_url or http(self.ready_url, timeout=2)[0] == 200

        wait_until(f"{self.name} ready at {self.ready_url}", ready, timeout)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        """At once, as a crash does."""
        if self.running():
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=20):
        """Politely; the exit code."""
        if not self.running():
            return self.process.returncode if self.process else None
        self.resume()
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not stop within {timeout} s of SIGTERM:\n{self.tail()}")

    def tail(self, lines=15):
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Failure(f"{self.name} has no VmRSS")
