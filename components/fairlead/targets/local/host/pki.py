"""Keys and certificates of a local cluster.

Two authorities: the cluster's own and one for the front proxy (aggregated APIs), so that a client
certificate of the cluster can never pass for the front proxy. Authorities, the service-account key and the
encryption key are made once; certificates are made anew at each start, so none expires in a cluster that is
started now and then.
Names and groups as in https://kubernetes.io/docs/setup/best-practices/certificates/ (read 2026-11-23).
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.files import write_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

CA = "ca"
FRONT_PROXY_CA = "front-proxy-ca"
_CA_DAYS = 3650
_LEAF_DAYS = 365
_BACKDATED = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Leaf:
    """One certificate: file name, subject, authority, what it may be used for and for which names."""

    name: str
    common_name: str
    organization: str = ""
    authority: str = CA
    client: bool = True
    server: bool = False
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()


def leaves(cfg: HostConfig) -> tuple[Leaf, ...]:
    """All certificates of a cluster. Only the administrator's is in system:masters."""
    local = ("127.0.0.1",)
    service = "kubernetes.default.svc"
    names = ("localhost", "kubernetes", "kubernetes.default", service, f"{service}.cluster.local", NODE_NAME)
    api_ips = (*local, cfg.node_ip, cfg.service_ip)
    return (
        Leaf("admin", "fairlead-admin", "system:masters"),
        Leaf("supervisor", "fairlead-supervisor", "system:masters"),
        Leaf("apiserver", "kube-apiserver", client=False, server=True, dns=names, ips=api_ips),
        Leaf("apiserver-kubelet-client", "kube-apiserver-kubelet-client"),
        Leaf("apiserver-etcd-client", "kube-apiserver-etcd-client"),
        Leaf("etcd", "etcd", server=True, dns=("localhost",), ips=local),
        Leaf("front-proxy-client", "front-proxy-client", authority=FRONT_PROXY_CA),
        Leaf("kube-controller-manager", "system:kube-controller-manager"),
        Leaf("kube-scheduler", "system:kube-scheduler"),
        Leaf("kube-proxy", "system:kube-proxy"),
        Leaf("kwok", "system:kwok"),
        Leaf("kubelet", f"system:node:{NODE_NAME}", "system:nodes"),
        Leaf("kubelet-serving", f"system:node:{NODE_NAME}", "system:nodes", client=False, server=True,
             dns=(NODE_NAME,), ips=(cfg.node_ip,)),
    )  # fmt: skip


def write_all(cfg: HostConfig) -> None:
    """Writes every key and certificate into HostPaths.pki: `<name>.key` (mode 0600) and `<name>.crt`."""
    directory = cfg.paths.pki
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for authority in (CA, FRONT_PROXY_CA):
        if not (directory / f"{authority}.crt").exists():
            _write_authority(directory, authority, cfg.stack)
    if not (directory / "sa.pub").exists():
        _write_service_account_pair(directory)
    if not (directory / "encryption.json").exists():
        write_private(directory / "encryption.json", json.dumps(_encryption()))
    for leaf in leaves(cfg):
        _write_leaf(directory, leaf)


def _encryption() -> dict[str, object]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    providers: list[dict[str, object]] = [
        {"secretbox": {"keys": [{"name": "key1", "secret": key}]}},
        {"identity": {}},
    ]
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }


def _new_key() -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    from cryptography.hazmat.primitives import serialization as s

    pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    write_private(path, pem.decode())


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    write_private(path, certificate.public_bytes(Encoding.PEM).decode(), mode=0o644)


def _write_authority(directory: Path, name: str, stack: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    key = _new_key()
    subject = _name(f"fairlead-{stack}-{name}", "")
    builder = _builder(subject, subject, key, _CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    _write_key(directory / f"{name}.key", key)
    _write_certificate(directory / f"{name}.crt", builder.sign(key, hashes.SHA256()))


def _write_service_account_pair(directory: Path) -> None:
    from cryptography.hazmat.primitives import serialization as s

    key = _new_key()
    _write_key(directory / "sa.key", key)
    public = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
    write_private(directory / "sa.pub", public.decode(), mode=0o644)


def _write_leaf(directory: Path, leaf: Leaf) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    authority = x509.load_pem_x509_certificate((directory / f"{leaf.authority}.crt").read_bytes())
    authority_key = load_pem_private_key((directory / f"{leaf.authority}.key").read_bytes(), None)
    key = _new_key()
    builder = _builder(_name(leaf.common_name, leaf.organization), authority.subject, key, _LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(_usages(leaf)), critical=False)
    names = [*map(x509.DNSName, leaf.dns), *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in leaf.ips)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    _write_key(directory / f"{leaf.name}.key", key)
    _write_certificate(directory / f"{leaf.name}.crt", builder.sign(authority_key, hashes.SHA256()))  # type: ignore[arg-type]


def _usages(leaf: Leaf) -> list[x509.ObjectIdentifier]:
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

    return [*([Usage.CLIENT_AUTH] if leaf.client else []), *([Usage.SERVER_AUTH] if leaf.server else [])]


def _name(common_name: str, organization: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
