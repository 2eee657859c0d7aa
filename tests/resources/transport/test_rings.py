"""The client as a whole: order of the rings, and what is never done by default."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ledger.errors import ConfigurationRefused, SourceUnavailable
from resources.transport.last_check import asked_before_writing
from resources.transport.logs import guard_wire_logs
from resources.transport.rate_limit import Limit, MemoryBuckets
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client
from tests.resources.transport.rig import Scripted, Trail, client_of, manual_clock, repeatable

URL = "https://h.example/p"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class TokenFirst(httpx.Auth):
    """Fetches a token before every call."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield a request of its own first."""
        response = yield httpx.Request("POST", "https://login.example/", extensions=repeatable("token"))
        request.headers["x-token"] = response.text
        yield request


def test_requests_of_the_auth_ring_pass_through_all_the_others():
    """A token exchange is repeated, limited and recorded like any call."""
    clock, trail = manual_clock(), Trail()
    side = Scripted(clock, 503, httpx.Response(200, text="t1"), 200)
    client = client_of(
        side,
        clock,
        auth=TokenFirst(),
        recorder=trail,
        retry=RetryPolicy(base_seconds=0.001, cap_seconds=0.001),
        buckets=MemoryBuckets(clock),
        limits=lambda request: Limit(request.extensions["operation"], 0.1, 1),
    )
    assert client.get(URL, extensions=repeatable()).status_code == 200
    assert [exchange.operation for exchange in trail.exchanges] == ["token", "token", "read"]
    assert side.seconds == pytest.approx([0, 10, 10], abs=0.01)
    assert side.requests[-1].headers["x-token"] == "t1"


def test_redirects_are_not_followed():
    """A token never travels to a host that an answer names."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))
    assert client_of(side, clock).get(URL).status_code == 302
    assert len(side.requests) == 1


def test_the_environment_gives_neither_proxy_nor_certificates(monkeypatch: pytest.MonkeyPatch):
    """What talks to a ledger is configured in one place."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    with build_client(connection="demo_us", clock=manual_clock(), user_agent="Demo/1.0") as client:
        assert client.trust_env is False
        assert client._mounts == {}


def test_certificates_are_verified():
    """TLS without verification does not exist here."""
    client = build_client(connection="demo_us", clock=manual_clock(), user_agent="Demo/1.0")
    context = _context(client)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    client.close()


def test_an_authority_of_the_company_is_trusted_beside_the_public_ones(tmp_path: Path):
    """Servers inside a company have certificates that no public authority has signed."""
    pem = tmp_path / "own.pem"
    pem.write_bytes(_own_authority())
    plain, own = (
        build_client(connection="c", clock=manual_clock(), user_agent="D", certificates=certificates)
        for certificates in (None, pem)
    )
    assert _trusted(own) == _trusted(plain) | {"Books Ltd"}
    plain.close()
    own.close()


@pytest.mark.parametrize(
    "content, said",
    [(None, "No such file"), (b"", "it holds no certificate"), (b"-----BEGIN", "it holds no certificate")],
)
def test_certificates_that_cannot_be_read_are_a_sentence(tmp_path: Path, content: bytes | None, said: str):
    """It names the file; a path that is mistyped must not end as a fault of the program."""
    pem = tmp_path / "own.pem"
    if content is not None:
        pem.write_bytes(content)
    with pytest.raises(ConfigurationRefused, match=rf"own\.pem: the certificates to trust cannot be read: .*{said}"):
        build_client(connection="c", clock=manual_clock(), user_agent="D", certificates=pem)


def _context(client: httpx.Client) -> ssl.SSLContext:
    """Return what the socket at the end of the rings verifies with."""
    ring = client._transport
    while not isinstance(ring, httpx.HTTPTransport):
        ring = ring._inner
    return ring._pool._ssl_context


def _trusted(client: httpx.Client) -> set[str]:
    """Return the names of the organisations whose certificates a client trusts."""
    found = _context(client).get_ca_certs()
    return {value for one in found for [(name, value), *_] in one["subject"] if name == "organizationName"}


def _own_authority() -> bytes:
    """Return the certificate of an authority that nobody outside knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Books Ltd")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(BEGIN).not_valid_after(BEGIN + timedelta(days=9000))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_limits_need_buckets():
    """A limit that nobody counts is a mistake of ours."""
    with pytest.raises(AssertionError, match="buckets"):
        build_client(connection="c", clock=manual_clock(), user_agent="D", limits=lambda request: None)


def test_the_log_line_of_a_presigned_link_has_no_signature(caplog: pytest.LogCaptureFixture):
    """httpx logs every URL at INFO; a signature in it would be a five-minute key."""
    clock = manual_clock()
    client = client_of(Scripted(clock, 200), clock)
    with caplog.at_level(logging.INFO, logger="httpx"):
        client.get(f"{URL}?X-Amz-Signature=abcdef0123456789&X-Amz-Expires=300")
    assert "X-Amz-Expires=300" in caplog.text
    assert "abcdef0123456789" not in caplog.text


def test_the_libraries_below_write_no_headers_to_the_log(caplog: pytest.LogCaptureFixture):
    """httpcore logs response headers at DEBUG, cookies included: those lines are dropped."""
    guard_wire_logs()
    guard_wire_logs()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("httpcore.http11").debug("receive_response_headers.complete [(b'Set-Cookie', b'abc')]")
        logging.getLogger("httpx").info("password=abc")
    assert "Set-Cookie" not in caplog.text
    assert "password=***" in caplog.text
    assert len(logging.getLogger("httpx").filters) == 1


def test_a_write_whose_sender_lost_the_right_to_it_never_leaves():
    """Asked inside every wait, right before the wire; reads pass, and so does a write once the block has ended."""
    clock = manual_clock()
    side = Scripted(clock, httpx.Response(200), httpx.Response(200))
    client = client_of(side, clock)
    with asked_before_writing(lambda: False):
        assert client.get(URL, extensions={"repeatable": True}).status_code == 200
        with pytest.raises(SourceUnavailable, match="Nothing was sent: the right to send ended"):
            client.post(URL, extensions={"repeatable": False})
    assert [one.method for one in side.requests] == ["GET"]
    assert client.post(URL, extensions={"repeatable": False}).status_code == 200
