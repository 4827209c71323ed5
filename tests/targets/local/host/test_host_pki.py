"""Keys and certificates of a local cluster."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from fairlead.targets.local.host import HostConfig, pki


@pytest.fixture
def made(cfg: HostConfig) -> Path:
    pki.write_all(cfg)
    return cfg.paths.pki


def certificate(directory: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((directory / f"{name}.crt").read_bytes())


def subject(cert: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(part.value) for part in cert.subject.get_attributes_for_oid(oid)]


def usages(cert: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_the_api_server_is_valid_for_every_address_it_is_called_by(cfg: HostConfig, made: Path) -> None:
    names = (
        certificate(made, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    )
    addresses = {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", cfg.node_ip, "10.96.0.1"}
    assert "kubernetes.default.svc.cluster.local" in names.get_values_for_type(x509.DNSName)


def test_the_kubelet_serves_under_the_nodes_name_and_address(cfg: HostConfig, made: Path) -> None:
    cert = certificate(made, "kubelet-serving")
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(cfg.node_ip)]
    assert names.get_values_for_type(x509.DNSName) == ["node-0"]
    assert usages(cert) == {Usage.SERVER_AUTH}


@pytest.mark.parametrize(
    ("name", "user", "groups"),
    [
        ("kubelet", "system:node:node-0", ["system:nodes"]),
        ("kube-controller-manager", "system:kube-controller-manager", []),
        ("kube-scheduler", "system:kube-scheduler", []),
        ("kube-proxy", "system:kube-proxy", []),
        ("kwok", "system:kwok", []),
        ("admin", "fairlead-admin", ["system:masters"]),
    ],
)
def test_each_component_is_the_user_kubernetes_knows(
    made: Path, name: str, user: str, groups: list[str]
) -> None:
    cert = certificate(made, name)
    assert subject(cert, NameOID.COMMON_NAME) == [user]
    assert subject(cert, NameOID.ORGANIZATION_NAME) == groups
    assert usages(cert) == {Usage.CLIENT_AUTH}


def test_only_the_administrator_and_the_supervisor_are_masters(cfg: HostConfig) -> None:
    assert {leaf.name for leaf in pki.leaves(cfg) if leaf.organization == "system:masters"} == {
        "admin",
        "supervisor",
    }


def test_every_certificate_is_signed_by_its_authority_and_none_by_both(cfg: HostConfig, made: Path) -> None:
    for leaf in pki.leaves(cfg):
        cert = certificate(made, leaf.name)
        cert.verify_directly_issued_by(certificate(made, leaf.authority))
        other = pki.FRONT_PROXY_CA if leaf.authority == pki.CA else pki.CA
        with pytest.raises(ValueError, match="subject does not match"):
            cert.verify_directly_issued_by(certificate(made, other))


def test_the_front_proxy_has_an_authority_of_its_own(made: Path) -> None:
    issuer = certificate(made, "front-proxy-client").issuer
    assert issuer == certificate(made, pki.FRONT_PROXY_CA).subject
    assert issuer != certificate(made, pki.CA).subject


def test_keys_are_for_their_owner_only(made: Path) -> None:
    secret = [*made.glob("*.key"), made / "encryption.json"]
    assert len(secret) >= 16
    assert {path.name: path.stat().st_mode & 0o777 for path in secret} == {
        path.name: 0o600 for path in secret
    }
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_restart_keeps_authorities_and_tokens_and_renews_certificates(cfg: HostConfig, made: Path) -> None:
    kept = ["ca.crt", "ca.key", "front-proxy-ca.key", "sa.key", "sa.pub", "encryption.json"]
    before = {name: (made / name).read_bytes() for name in kept}
    admin = (made / "admin.crt").read_bytes()
    pki.write_all(cfg)
    assert {name: (made / name).read_bytes() for name in kept} == before
    assert (made / "admin.crt").read_bytes() != admin


def test_an_authority_whose_making_was_killed_half_way_is_made_again(cfg: HostConfig, made: Path) -> None:
    (made / "ca.crt").unlink()  # its key is written first
    pki.write_all(cfg)
    certificate(made, "admin").verify_directly_issued_by(certificate(made, pki.CA))


def test_secrets_are_encrypted_with_a_key_of_32_bytes(made: Path) -> None:
    import base64

    rule = json.loads((made / "encryption.json").read_text())["resources"][0]
    assert rule["resources"] == ["secrets"]
    first = rule["providers"][0]["secretbox"]["keys"][0]["secret"]
    assert len(base64.b64decode(first)) == 32
