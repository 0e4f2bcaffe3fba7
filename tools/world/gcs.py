"""The fake of Google Cloud Storage as an actor, with a service account."""
import json
import pathlib
import subprocess
import sys

from .actor import Actor, free_port

EMAIL = "athanor@project.iam.gserviceaccount.com"


class Gcs(Actor):
    def __init__(self, name, folder):
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        folder = pathlib.Path(folder)
        self.private_key, public_key = folder / "gcs.key", folder / "gcs.pub"
        self.make_key(self.private_key)
        subprocess.run(["openssl", "pkey", "-in", self.private_key, "-pubout", "-out", public_key],
                       check=True)
        super().__init__(name, [sys.executable, pathlib.Path(__file__).with_name("fake_gcs.py"),
                                self.port, public_key, EMAIL], folder, f"http://{self.endpoint}/")

    @staticmethod
    def make_key(path):
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", path], check=True,
                       capture_output=True)

    def configuration(self, bucket, private_key=None):
        """Of a bucket; the client also needs STORAGE_EMULATOR_HOST, which is the endpoint."""
        account = {"type": "service_account", "client_email": EMAIL, "private_key_id": "k1",
                   "private_key": (private_key or self.private_key).read_text(),
                   "token_uri": f"http://{self.endpoint}/token"}
        return {"type": "GCS", "config": {"bucket": bucket,
                                          "service_account": json.dumps(account)}}
