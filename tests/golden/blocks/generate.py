#!/usr/bin/env python3
"""generate.py DIR: writes plain.om and deleted.om, the OpenMetrics texts the golden blocks are of.

See README.md for how blocks were made of them.
"""
import math
import pathlib
import random
import sys

T0 = 1700006400  # on a 2 h border

random.seed(7)


def family(name, kind, series):
    yield f"# HELP {name} synthetic"
    yield f"# TYPE {name} {kind}"
    suffix = "_total" if kind == "counter" else ""
    for labels, points in series:
        for t, v in points:
            yield f"{name}{suffix}{{{labels}}} {v} {t:.3f}"


def counters():
    for i in range(20):
        v, points = 0, []
        for k in range(250 if i < 2 else 9):
            v += random.randrange(0, 200)
            if k == 140 and i % 5 == 0:
                v = 3
            points.append((T0 + 15 * k + random.randrange(-5, 6) / 1000 + 0.1, v))
        yield f'instance="h{i:02d}",job="node",mode="{["idle", "user"][i % 2]}"', points


def gauges():
    for i in range(12):
        room = ',room="cellar"' if i % 3 == 0 else ""
        yield f'instance="h{i:02d}",job="node"{room}', [
            (T0 + 30 * k, round(20 + 5 * math.sin(k / 9 + i) + random.random(), 3) if k % 37 else "NaN")
            for k in range(130 if i < 2 else 8)
        ]


def ups():
    for i in range(10):
        yield f'instance="h{i:02d}",job="{["node", "api"][i % 2]}"', [
            (T0 + 60 * k + i, 1 if k < 6 or i != 3 else 0) for k in range(10)
        ]


def odd():
    values = [1e300, -1e-300, "+Inf", "-Inf", 0, -0.0]
    for kind in ["ünïcode", 'with \\"quotes\\"', "back\\\\slash", "new\\nline", "", "日本"]:
        yield f'kind="{kind}",z="1"', [
            (T0 + 600 + k * 7, values[k] if k < 6 else math.pi * k) for k in range(7)
        ]


def short():
    for i, le in enumerate(["0.1", "1", "+Inf"]):
        yield f'le="{le}"', [(T0 + 100 + 900 * k, i * k) for k in range(6)]


def plain():
    yield from family("node_cpu_seconds", "counter", counters())
    yield from family("temperature_celsius", "gauge", gauges())
    yield from family("up", "gauge", ups())
    yield from family("odd", "gauge", odd())
    yield from family("short", "gauge", short())


def deleted():
    yield from family(
        "g",
        "gauge",
        ((f's="{i}"', [(T0 + 10 * k, k * (i + 1)) for k in range(150)]) for i in range(6)),
    )


if len(sys.argv) != 2 or "--help" in sys.argv:
    sys.exit(print(__doc__))
for name, lines in ("plain", plain()), ("deleted", deleted()):
    (pathlib.Path(sys.argv[1]) / f"{name}.om").write_text("\n".join([*lines, "# EOF\n"]))
