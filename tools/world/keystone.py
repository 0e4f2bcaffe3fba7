"""The stand-in for OpenStack's identity service, in front of a Swift, as an actor."""
import pathlib
import sys

from .actor import Actor, free_port, http, wait_until
from .fake_keystone import CREDENTIAL, PROJECT, REGION, USER
from .swift import KEY as SWIFT_KEY
from .swift import USER as SWIFT_USER

WHO = {
    "v2": {"username": USER["name"], "password": USER["password"],
           "project_name": PROJECT["name"]},
    "v3 by names": {"username": USER["name"], "password": USER["password"],
                    "domain_name": USER["domain"]["name"], "project_name": PROJECT["name"],
                    "project_domain_name": PROJECT["domain"]["name"]},
    "v3 by ids": {"user_id": USER["id"], "password": USER["password"],
                  "project_id": PROJECT["id"]},
    "v3 application credential": {"application_credential_id": CREDENTIAL["id"],
                                  "application_credential_secret": CREDENTIAL["secret"]},
    "v3 application credential by name": {
        "application_credential_name": CREDENTIAL["name"], "username": USER["name"],
        "application_credential_secret": CREDENTIAL["secret"],
        "user_domain_id": USER["domain"]["id"]},
}


class Keystone(Actor):
    def __init__(self, name, folder, swift):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(name, [sys.executable, pathlib.Path(__file__).with_name(
            "fake_keystone.py"), port, swift.auth_url, SWIFT_USER, SWIFT_KEY], folder)

    def wait_ready(self, timeout=60):
        wait_until(f"{self.name} answers", lambda: http(self.url, timeout=2)[0], timeout)

    def configuration(self, container, who):
        """Of a container that was made already; `who` is a key of WHO."""
        version = who.split()[0]
        return {"type": "SWIFT", "config": {
            "auth_url": f"{self.url}/{'v2.0' if version == 'v2' else version}",
            "container_name": container, "region_name": REGION, **WHO[who]}}
