"""The engine against a real Prometheus."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ORACLE = pathlib.Path(os.environ.get("ATHANOR", ROOT / "build/asan/athanor")).parent / "promql_oracle"


def test_two_thousand_random_queries_have_the_answers_of_prometheus(world):
    code, output = world.run(ROOT / "tools/compare-promql", "--oracle", ORACLE, "--queries", "2000",
                             timeout=300)

    assert code == 0, output
