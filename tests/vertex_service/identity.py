"""What the service and its callers show each other: a certificate, and a service account's key."""

import datetime
import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.vertex_service.tokens import serve_tokens

ACCOUNT = "pipelines@challenges.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Identity:
    """Files that the environment names.

    Attributes:
        certificate: of localhost, signed by itself; also what callers trust.
        key: of the certificate.
        account: the key file of a service account that does not exist.
        secret: the account's private key: a canary that may be found nowhere else.
    """

    certificate: Path
    key: Path
    account: Path
    secret: str


def make_identity(folder: Path) -> Identity:
    """Makes the files of an identity."""
    identity = Identity(
        folder / "localhost.pem", folder / "localhost.key", folder / "account.json", _pem(_rsa())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    identity.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    identity.key.write_text(_pem(key))
    account = {
        "type": "service_account",
        "project_id": "challenges",
        "private_key_id": "made-for-tests",
        "private_key": identity.secret,
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": serve_tokens(),  # Beam and the storage ask for tokens, Vertex AI for none
    }
    identity.account.write_text(json.dumps(account))
    return identity


def _rsa() -> rsa.RSAPrivateKey:
    # A short one: each client checks it anew, which takes the longer the longer it is.
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
