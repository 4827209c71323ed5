"""How the program that takes accelerators back calls the API server: authority, token, pages, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reclaim.stand_ins import Cluster, serving

from fairlead.reclaim import calls
from fairlead.reclaim.calls import Caller, CallFailed


def test_the_api_server_is_known_by_its_authority_and_knows_the_token_of_the_hour(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = _certified(tmp_path)
    monkeypatch.setattr(calls, "ACCOUNT", tmp_path)
    (tmp_path / "ca.crt").write_text(authority)
    (tmp_path / "token").write_text("first\n")
    with serving(cluster.answer, context) as address:
        host, _, port = address.removeprefix("https://").partition(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        api = calls.api_server()
        cluster.page = 2
        found = list(api.all("/api/v1/namespaces/team-a/pods", labelSelector="kueue.x-k8s.io/podset"))
        assert [one["metadata"]["name"] for one in found] == ["sleeps-0", "sleeps-1", "chat-0"]
        (tmp_path / "token").write_text("second")
        list(api.all("/api/v1/namespaces/team-b/pods"))
        assert cluster.tokens == ["Bearer first", "Bearer first", "Bearer second"]
        with pytest.raises(CallFailed, match="CERTIFICATE_VERIFY_FAILED"):
            Caller(address).get("/api/v1/namespaces/team-a/pods")


def test_what_the_api_server_has_against_a_call_is_told(servers: tuple[str, str]) -> None:
    with pytest.raises(CallFailed, match="404 gone not found") as caught:
        Caller(servers[1]).get("/apis/batch/v1/namespaces/team-a/jobs/gone")
    assert caught.value.code == 404


def _certified(folder: Path) -> tuple[Any, str]:
    """A server's context with a certificate for 127.0.0.1, and the authority that knows it."""
    import ipaddress
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + text.encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, text
