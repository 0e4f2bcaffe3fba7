"""Remote write 1.0, as far as filling a Prometheus with made-up samples needs it.

The protobuf and snappy encodings are done by hand: the standard library has neither. Snappy's
literal-only form is valid snappy.
"""
import struct

from .actor import Failure, http


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field_bytes(number, value):
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def sample(t_ms, value):
    """A prompb.Sample as field 2 of a TimeSeries."""
    return field_bytes(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(t_ms))


def series(labels, samples):
    """A prompb.TimeSeries: labels a dict, samples (t_ms, value) in time order."""
    pairs = b"".join(field_bytes(1, field_bytes(1, name) + field_bytes(2, value))
                     for name, value in sorted(labels.items()))
    return pairs + b"".join(sample(t, v) for t, v in samples)


def snappy_literal(raw):
    out = bytearray(varint(len(raw)))
    for at in range(0, len(raw), 65536):
        piece = raw[at:at + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def write(url, all_series):
    """POST one WriteRequest; Failure unless it is accepted."""
    body = snappy_literal(b"".join(field_bytes(1, s) for s in all_series))
    status, _, answer = http(url, body, {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    })
    if status not in (200, 204):
        raise Failure(f"remote write to {url}: {status} {answer[:200]!r}")
