"""A stand-in for OpenStack's identity service, versions 2 and 3: the token request, as strict as the
API's reference tells.

    fake_keystone.py PORT SWIFT_AUTH_URL SWIFT_USER SWIFT_KEY

It knows one user, one project and one application credential (below), and gives a token that it
gets from Swift's own authentication, with a catalog of two regions: Swift itself is in the second.
It is a stand-in because the real one wants a database and a web server of its own.
"""
import http.server
import json
import sys
import time
import urllib.request

USER = {"id": "u-1", "name": "athanor", "password": "open sesame",
        "domain": {"id": "d-1", "name": "people"}}
PROJECT = {"id": "p-1", "name": "metrics", "domain": {"id": "d-2", "name": "machines"}}
CREDENTIAL = {"id": "ac-1", "name": "backup", "secret": "rhubarb"}
REGION, OTHER_REGION = "here", "elsewhere"


class Refused(Exception):
    """401, unless it says otherwise."""

    def __init__(self, message, status=401):
        super().__init__(message)
        self.status = status


def only(value, *keys):
    """A member that the schema does not have is a mistake of ours."""
    unknown = set(value) - set(keys)
    if unknown:
        raise Refused(f"Additional properties are not allowed: {sorted(unknown)}", 400)
    return value


def is_named(value, thing):
    """By an id, or by a name together with its domain."""
    if "id" in value:
        return value["id"] == thing["id"]
    domain = only(value["domain"], "id", "name")
    return value["name"] == thing["name"] and all(
        thing["domain"][key] == domain[key] for key in domain)


def check_v3(body):
    auth = only(body["auth"], "identity", "scope")
    identity = auth["identity"]
    method, = identity["methods"]
    given = only(identity, "methods", method)[method]
    if method == "password":
        user = only(given["user"], "id", "name", "password", "domain")
        ok = is_named(user, USER) and user["password"] == USER["password"]
        project = only(only(auth["scope"], "project")["project"], "id", "name", "domain")
        ok = ok and is_named(project, PROJECT)
    elif method == "application_credential":
        if "scope" in auth:
            raise Refused("Application credentials cannot request a scope.")
        only(given, "id", "name", "secret", "user")
        ok = given["secret"] == CREDENTIAL["secret"] and (
            given["id"] == CREDENTIAL["id"] if "id" in given
            else given["name"] == CREDENTIAL["name"] and is_named(given["user"], USER))
    else:
        raise Refused(f"method {method}", 400)
    if not ok:
        raise Refused("The request you have made requires authentication.")


def check_v2(body):
    auth = only(body["auth"], "passwordCredentials", "tenantName", "tenantId")
    given = only(auth["passwordCredentials"], "username", "password")
    if (given != {"username": USER["name"], "password": USER["password"]} or
            PROJECT["name"] != auth.get("tenantName", PROJECT["name"]) or
            PROJECT["id"] != auth.get("tenantId", PROJECT["id"])):
        raise Refused("The request you have made requires authentication.")


def answer_v3(url, expires):
    def endpoints(region, address):
        return [{"id": f"{region}-{interface}", "interface": interface, "region": region,
                 "region_id": region, "url": address if interface == "public" else "http://0:1"}
                for interface in ("admin", "internal", "public")]

    return {"token": {"methods": ["password"], "expires_at": expires, "catalog": [
        {"type": "identity", "endpoints": endpoints(REGION, "http://0:2")},
        {"type": "object-store",
         "endpoints": endpoints(OTHER_REGION, "http://0:3") + endpoints(REGION, url)}]}}


def answer_v2(url, expires, token):
    return {"access": {"token": {"id": token, "expires": expires}, "serviceCatalog": [
        {"type": "object-store", "endpoints": [
            {"region": OTHER_REGION, "publicURL": "http://0:3"},
            {"region": REGION, "publicURL": url, "adminURL": "http://0:1"}]}]}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    swift_url, swift_user, swift_key = "", "", ""

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in [*headers, ("Content-Type", "application/json"),
                            ("Content-Length", str(len(text)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def swift_token(self):
        request = urllib.request.Request(self.swift_url, headers={
            "X-Auth-User": self.swift_user, "X-Auth-Key": self.swift_key})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers["X-Auth-Token"], answer.headers["X-Storage-Url"]

    def do_GET(self):
        self.answer(300, {"versions": {}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        expires = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 3600))
        try:
            if self.headers["Content-Type"] != "application/json":
                raise Refused("not JSON", 415)
            if self.path == "/v3/auth/tokens":
                check_v3(body)
                token, url = self.swift_token()
                self.answer(201, answer_v3(url, expires), [("X-Subject-Token", token)])
            elif self.path == "/v2.0/tokens":
                check_v2(body)
                token, url = self.swift_token()
                self.answer(200, answer_v2(url, expires, token))
            else:
                raise Refused("no such path", 404)
        except (Refused, KeyError, ValueError) as refused:
            status = getattr(refused, "status", 400)
            self.answer(status, {"error": {"code": status, "message": str(refused)}})


def main():
    port, Handler.swift_url, Handler.swift_user, Handler.swift_key = sys.argv[1:5]
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
