"""Debian's Prometheus as an actor, and filling one with history."""
import json
import pathlib
import time
import urllib.parse

from . import remote_write
from .actor import Actor, Failure, free_port, http, wait_until


class Prometheus(Actor):
    """A Prometheus with two-hour blocks. `scrape` maps job names to lists of addresses."""

    def __init__(self, name, folder, external_labels, port=None, scrape=None, scrape_interval="5s",
                 block="2h", retention="90d", extra=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = self.folder / "data"
        self.config = self.folder / "prometheus.yml"
        self.external_labels = external_labels
        self.scrape_interval = scrape_interval
        self.configure(scrape or {})
        super().__init__(name, [
            "prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.data}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle",
            "--web.enable-admin-api", "--web.enable-remote-write-receiver",
            f"--storage.tsdb.min-block-duration={block}",
            f"--storage.tsdb.max-block-duration={block}",
            f"--storage.tsdb.retention.time={retention}",
            "--enable-feature=exemplar-storage,native-histograms", *extra,
        ], self.folder, f"{self.url}/-/ready")

    def configure(self, scrape):
        """Write the configuration. Prometheus reads JSON where it wants YAML."""
        self.config.write_text(json.dumps({
            "global": {"scrape_interval": self.scrape_interval,
                       "external_labels": self.external_labels},
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]}
                               for job, targets in scrape.items()],
        }, indent=2) + "\n")

    def reload(self):
        status, _, body = http(f"{self.url}/-/reload", b"")
        if status != 200:
            raise Failure(f"{self.name}: reload: {status} {body!r}")

    def query(self, path, **params):
        status, _, body = http(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(params, True)}")
        answer = json.loads(body)
        if status != 200:
            raise Failure(f"{self.name}: {path}: {status} {answer.get('error')}")
        return answer["data"]

    def write(self, all_series):
        remote_write.write(f"{self.url}/api/v1/write", all_series)

    def blocks(self):
        """The folders of finished blocks, oldest first."""
        found = [p.parent for p in self.data.glob("*/meta.json")]
        return sorted(found, key=lambda p: json.loads((p / "meta.json").read_text())["minTime"])

    def fill(self, series_at, start_s, end_s, step_s=60, progress=None):
        """Write history in time order, two hours a request: series_at(times) gives a list of
        (labels, values). Waits until the head has been cut into blocks as far as it goes."""
        for at in range(start_s, end_s, 7200):
            times = range(at, min(at + 7200, end_s), step_s)
            self.write([remote_write.series(labels, zip((t * 1000 for t in times), values))
                        for labels, values in series_at(times)])
            if progress:
                progress((at + 7200 - start_s) / (end_s - start_s))
        # The head is cut while it spans more than one and a half blocks.
        newest = end_s - step_s
        if newest - start_s > 3 * 3600:
            cut = -(-(newest - 3 * 3600) // 7200) * 7200
            wait_until(f"{self.name} has cut its blocks up to {cut}",
                       lambda: self.blocks_reach(cut * 1000), timeout=120)

    def blocks_reach(self, t_ms):
        blocks = self.blocks()
        return blocks and json.loads((blocks[-1] / "meta.json").read_text())["maxTime"] >= t_ms


def now_s():
    return int(time.time())
