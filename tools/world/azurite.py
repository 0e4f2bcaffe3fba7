"""Azurite, Microsoft's own emulator of Azure Blob Storage, as an actor."""
import pathlib

from .actor import Actor, free_port, http, wait_until

BINARY = (pathlib.Path(__file__).resolve().parent.parent.parent /
          "tests/scenario/node/node_modules/.bin/azurite-blob")
ACCOUNT = "devstoreaccount1"
# The key that every Azurite has; Microsoft publishes it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azurite(Actor):
    def __init__(self, name, folder):
        port = free_port()
        self.endpoint = f"127.0.0.1:{port}"
        self.url = f"http://{self.endpoint}"
        super().__init__(name, [BINARY, "--location", pathlib.Path(folder) / name, "--blobHost",
                                "127.0.0.1", "--blobPort", port, "--disableTelemetry", "--silent"],
                         folder)

    def wait_ready(self, timeout=60):
        wait_until(f"{self.name} answers", lambda: http(self.url, timeout=2)[0], timeout)

    def configuration(self, container, key=KEY, endpoint=None):
        return {"type": "AZURE", "config": {
            "storage_account": ACCOUNT, "container": container,
            "storage_connection_string": f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};"
                                         f"AccountKey={key};BlobEndpoint="
                                         f"http://{endpoint or self.endpoint}/{ACCOUNT};"}}
