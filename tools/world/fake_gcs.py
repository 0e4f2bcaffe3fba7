"""A fake of Google Cloud Storage: the parts of its JSON API that Athanor uses, as strict as the real
one where it can be told, and its token endpoint.

    fake_gcs.py PORT PUBLIC_KEY CLIENT_EMAIL

Every request needs the token that /token gives for a JWT signed by the key. Objects live in memory.
It is a fake because there is no emulator that checks ranges, chunks, preconditions and keys.
"""
import base64
import bisect
import hashlib
import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

CHUNK_UNIT = 256 * 1024
PAGE_MAX = 1000
LOCK = threading.Lock()
OBJECTS = {}  # (bucket, name): (bytes, updated, generation)
SESSIONS = {}  # id: [(bucket, name), precondition, bytes so far]
FINISHED = {}  # id: (bucket, name); who did not hear of it asks again
TOKENS = set()


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def unpad(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_assertion(assertion, public_key, email, audience):
    """The claims of a JWT, its signature checked by openssl."""
    signed, _, signature = assertion.rpartition(".")
    with tempfile.NamedTemporaryFile() as file:
        file.write(unpad(signature))
        file.flush()
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", public_key, "-signature",
                               file.name], input=signed.encode(), capture_output=True)
    head, claims = (json.loads(unpad(part)) for part in signed.split("."))
    now = time.time()
    if done.returncode or head["alg"] != "RS256":
        raise Refused(400, "invalid_grant: bad signature")
    if claims["iss"] != email or claims["aud"] != audience or "devstorage" not in claims["scope"]:
        raise Refused(400, "invalid_grant: wrong claims")
    if not claims["iat"] - 60 <= now < claims["exp"] <= claims["iat"] + 3600:
        raise Refused(400, "invalid_grant: wrong times")


def check_precondition(key, wanted):
    generation = OBJECTS[key][2] if key in OBJECTS else 0
    if wanted is not None and int(wanted) != generation:
        raise Refused(412, "At least one of the pre-conditions you specified did not hold.")


def store(key, body, precondition):
    check_precondition(key, precondition)
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % (now * 1000 % 1000)
    OBJECTS[key] = (body, stamp, time.time_ns())


def resource(key):
    body, updated, generation = OBJECTS[key]
    return {"kind": "storage#object", "bucket": key[0], "name": key[1], "size": str(len(body)),
            "updated": updated, "generation": str(generation),
            "md5Hash": base64.b64encode(hashlib.md5(body).digest()).decode()}


def list_objects(bucket, query):
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
    limit = min(int(query.get("maxResults", PAGE_MAX)), PAGE_MAX)
    rows = {}
    for key in sorted(OBJECTS):
        if key[0] == bucket and key[1].startswith(prefix):
            end = key[1].find(delimiter, len(prefix)) if delimiter else -1
            rows.setdefault(key[1] if end < 0 else key[1][:end + 1], end >= 0)
    names = sorted(rows)
    first = bisect.bisect_right(names, unpad(query["pageToken"]).decode()) \
        if "pageToken" in query else 0
    page = names[first:first + limit]
    answer = {"kind": "storage#objects"}
    if [n for n in page if rows[n]]:
        answer["prefixes"] = [n for n in page if rows[n]]
    if [n for n in page if not rows[n]]:
        answer["items"] = [resource((bucket, n)) for n in page if not rows[n]]
    if first + limit < len(names):
        answer["nextPageToken"] = base64.urlsafe_b64encode(page[-1].encode()).decode().rstrip("=")
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    public_key = email = ""

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        try:
            if url.path == "/":
                return self.answer(200)
            if url.path == "/token":
                return self.give_token(body)
            if self.headers.get("Authorization", "").removeprefix("Bearer ") not in TOKENS:
                raise Refused(401, "Invalid Credentials")
            with LOCK:
                return self.route(url.path, query, body)
        except Refused as why:
            return self.answer(why.status,
                               {"error": {"code": why.status, "message": str(why)}})

    do_GET = do_PUT = do_POST = do_DELETE = serve

    def give_token(self, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise Refused(400, "unsupported_grant_type")
        verify_assertion(form["assertion"], self.public_key, self.email,
                         f"http://{self.headers['Host']}/token")
        token = f"token-{time.time_ns()}"
        TOKENS.add(token)
        self.answer(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def route(self, path, query, body):
        match = re.fullmatch(r"(/upload)?/storage/v1/b/([^/]+)/o(?:/([^/]+))?", path)
        if path.startswith("/session/"):
            return self.session(path, body)
        if not match:
            raise Refused(404, "Not Found")
        bucket = urllib.parse.unquote(match[2])
        if match[1]:
            return self.upload(bucket, query, body)
        if not match[3]:
            return self.answer(200, list_objects(bucket, query))
        return self.object((bucket, urllib.parse.unquote(match[3])), query)

    def object(self, key, query):
        if key not in OBJECTS:
            raise Refused(404, f"No such object: {key[0]}/{key[1]}")
        if self.command == "DELETE":
            del OBJECTS[key]
            return self.answer(204)
        if query.get("alt") != "media":
            return self.answer(200, resource(key))
        return self.download(*OBJECTS[key])

    def download(self, body, _, generation):
        etag = ("ETag", f'"{generation}"')
        if self.headers.get("If-Match", etag[1]) != etag[1]:
            raise Refused(412, "conditionNotMet")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, body, [etag])
        first, last = int(wanted[1]), int(wanted[2] or len(body) - 1)
        if first >= len(body):
            raise Refused(416, "Request range not satisfiable")
        part = body[first:last + 1]
        return self.answer(206, part, [etag, (
            "Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(body)}")])

    def upload(self, bucket, query, body):
        key, precondition = (bucket, query["name"]), query.get("ifGenerationMatch")
        if self.command != "POST" or query["uploadType"] not in ("media", "resumable"):
            raise Refused(400, "Bad uploadType")
        if query["uploadType"] == "media":
            store(key, body, precondition)
            return self.answer(200, resource(key))
        check_precondition(key, precondition)
        session = str(time.time_ns())
        SESSIONS[session] = [key, precondition, b""]
        return self.answer(200, b"", [(
            "Location", f"http://{self.headers['Host']}/session/{session}?upload_id={session}")])

    def session(self, path, body):
        name = path.rsplit("/", 1)[1]
        if name in FINISHED and self.command == "PUT":
            return self.answer(200, resource(FINISHED[name]))
        if name not in SESSIONS:
            raise Refused(404, "No such upload session")
        if self.command == "DELETE":
            del SESSIONS[name]
            return self.answer(499)
        key, precondition, kept = SESSIONS[name]
        wanted = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", self.headers["Content-Range"])
        if not wanted or (wanted[1] and int(wanted[2]) - int(wanted[1]) + 1 != len(body)):
            raise Refused(400, "Invalid Content-Range")
        is_last = wanted[3] != "*"
        if wanted[1]:
            if int(wanted[1]) > len(kept):
                raise Refused(400, "Missing bytes before the chunk")
            if not is_last and len(body) % CHUNK_UNIT:
                raise Refused(400, "A chunk is no multiple of 256 KiB")
            kept += body[len(kept) - int(wanted[1]):]
            SESSIONS[name][2] = kept
        if is_last and len(kept) == int(wanted[3]):
            store(key, kept, precondition)
            del SESSIONS[name]
            FINISHED[name] = key
            return self.answer(200, resource(key))
        return self.answer(308, b"", [("Range", f"bytes=0-{len(kept) - 1}")] if kept else [])


if __name__ == "__main__":
    Handler.public_key, Handler.email = sys.argv[2:4]
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
