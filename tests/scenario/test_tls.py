"""TLS and mutual TLS between querier and stores."""
import subprocess

import pytest

from test_grpc_interop import OK, call, series_request


@pytest.fixture
def certificates(tmp_path):
    """A CA, and a certificate for localhost signed by it; and a CA that signed nothing."""
    folder = tmp_path / "tls"
    folder.mkdir()

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    for ca in ("ca", "other-ca"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{ca}.key", "-out", f"{ca}.crt", "-days", "2", "-subj", f"/CN={ca}")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=localhost")
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "san", "-out", "host.crt")
    return folder


def server_flags(folder, mutual):
    flags = [f"--grpc-server-tls-cert={folder}/host.crt", f"--grpc-server-tls-key={folder}/host.key"]
    return flags + [f"--grpc-server-tls-client-ca={folder}/ca.crt"] * mutual


def client_flags(folder, ca="ca", with_certificate=True):
    flags = ["--grpc-client-tls-secure", f"--grpc-client-tls-ca={folder}/{ca}.crt"]
    if with_certificate:
        flags += [f"--grpc-client-tls-cert={folder}/host.crt",
                  f"--grpc-client-tls-key={folder}/host.key"]
    return flags


@pytest.mark.parametrize("mutual", [False, True])
@pytest.mark.parametrize("compression", ["none", "snappy"])
def test_a_querier_reads_a_sidecar_over_tls(world, certificates, mutual, compression):
    sidecar = world.sidecar(world.prometheus("a", hours=1),
                            flags=server_flags(certificates, mutual))
    query = world.query(sidecar, flags=[*client_flags(certificates),
                                        f"--grpc-compression={compression}"])

    assert len(query.instant("temperature")["data"]["result"]) == 3


@pytest.mark.parametrize("flags, words", [
    ({"ca": "other-ca"}, "certificate"),
    ({"with_certificate": False}, ""),
])
def test_a_wrong_peer_is_refused_and_the_reason_shown(world, certificates, flags, words):
    sidecar = world.sidecar(world.prometheus("a", hours=1),
                            flags=server_flags(certificates, mutual=True))
    query = world.query(sidecar, flags=client_flags(certificates, **flags), wait=False)

    assert query.instant("temperature")["data"]["result"] == []
    assert words in query.log.read_text()


def test_an_independent_client_speaks_mutual_tls(world, certificates):
    sidecar = world.sidecar(world.prometheus("a", hours=1),
                            flags=server_flags(certificates, mutual=True))
    tls = {name: str(certificates / file) for name, file in
           {"ca": "ca.crt", "cert": "host.crt", "key": "host.key"}.items()}

    assert call(sidecar, "thanos.Store", "Series", series_request(), **tls)["code"] == OK


def test_a_certificate_that_cannot_be_read_is_one_clear_line(world, certificates):
    from world.athanor import BINARY

    code, output = world.run(BINARY, "query", "--http-address=127.0.0.1:0",
                             "--grpc-address=127.0.0.1:0",
                             "--grpc-server-tls-cert=/no/such.crt",
                             f"--grpc-server-tls-key={certificates}/host.key")

    assert code == 1 and "/no/such.crt" in output
