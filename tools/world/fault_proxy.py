"""A proxy that stands between a client and a web server and lets things go wrong, from a seed.

    proxy = FaultProxy("127.0.0.1:9000", seed=1, faults={"busy": 0.05, "cut": 0.05}).start()
    ... # speak to proxy.endpoint
    proxy.counts  # how often which fault happened; "none" among them

Requests carry their Host header through, so that signatures and addresses fit.
"""
import collections
import http.client
import http.server
import random
import socket
import struct
import threading
import time

FAULTS = {
    "busy": "an answer of 429, 500, 502, 503 or 504 instead of the server's",
    "lost request": "the connection is reset before the server hears of it",
    "lost answer": "the connection is reset after the server has done it",
    "cut": "half of the answer's body, and then the connection ends",
    "short": "half of the bytes that a 206 claims to have, and no sign of it but Content-Range",
    "late": "the answer comes some tenths of a second later",
}
BUSY = (429, 500, 502, 503, 504)
LATEST_S = 0.3
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
ALL = {fault: 0.04 for fault in FAULTS}


class FaultProxy:
    def __init__(self, upstream, seed=0, faults=None, per_second=None):
        """`per_second`: with more requests than this in a second, 503 is the answer to the rest."""
        self.upstream = upstream
        self.faults = ALL if faults is None else faults
        self.per_second = per_second
        self.counts = collections.Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._second, self._n_in_second = 0, 0
        self._local = threading.local()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), type("BoundHandler", (Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients may go away
        self.endpoint = f"127.0.0.1:{self.server.server_address[1]}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def choose(self):
        """(fault or "none", a number for its details)"""
        with self._lock:
            fault = "slow down" if self._is_too_much() else self._draw()
            self.counts[fault] += 1
            return fault, self._random.random()

    def _draw(self):
        at = self._random.random()
        for fault, share in self.faults.items():
            if at < share:
                return fault
            at -= share
        return "none"

    def _is_too_much(self):
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._n_in_second = now, 0
        self._n_in_second += 1
        return self.per_second is not None and self._n_in_second > self.per_second

    def ask(self, method, path, body, headers):
        """(status, headers, body) of the server; one connection per thread."""
        for attempt in range(2):
            if not getattr(self._local, "connection", None):
                self._local.connection = http.client.HTTPConnection(self.upstream, timeout=60)
            connection = self._local.connection
            try:
                connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers:
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self._local.connection = None
                if attempt:
                    raise


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None

    def log_message(self, *_):
        pass

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        # What is buffered goes nowhere.
        self.wfile = open("/dev/null", "wb")

    def _answer(self, status, headers, body, length=None):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        given = [value for name, value in headers if name.lower() == "content-length"]
        if self.command == "HEAD" and given:
            length = given[0]
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _relay(self, fault, detail, body):
        own = [(name, value) for name, value in self.headers.items()
               if name.lower() not in HOP_BY_HOP]
        if body or self.command in ("PUT", "POST"):
            own.append(("Content-Length", str(len(body))))
        status, headers, answer = self.proxy.ask(self.command, self.path, body, own)
        if fault == "lost answer":
            return self._reset()
        if fault == "late":
            time.sleep(detail * LATEST_S)
        if fault == "short" and status == 206:
            return self._answer(status, headers, answer[:len(answer) // 2])
        if fault == "cut" and answer:
            self._answer(status, headers, answer[:len(answer) // 2], len(answer))
            self.wfile.flush()
            self.close_connection = True
            return None
        return self._answer(status, headers, answer)

    def serve(self):
        fault, detail = self.proxy.choose()
        if fault == "lost request":
            return self._reset()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault == "busy":
            return self._answer(BUSY[int(detail * len(BUSY))], [], b"")
        if fault == "slow down":
            return self._answer(503, [], b"")
        return self._relay(fault, detail, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve
