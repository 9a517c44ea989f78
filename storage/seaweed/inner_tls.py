"""The key pair with which the inner parts of SeaweedFS know each other: a stranger cannot even ask them anything.

Every inner port, HTTP and gRPC alike, asks for a certificate, and only one counts: a self-signed one, made anew at
every start and trusted by no other program. A client that does not hold its key cannot complete the handshake.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from pathlib import Path

from kring.local_stack import write_private

CERTIFICATE, KEY = "inner.crt", "inner.key"
GRPC_PARTS = ("MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT")
HTTP_PARTS = ("MASTER", "VOLUME", "FILER", "ADMIN", "CLIENT")
NAME = "kring object store, inner parts"
FOR_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
"""It ends with its process, not on a day (RFC 5280, 4.1.2.5): no clock can cut a running store off."""


def renew(folder: Path, host: str) -> None:
    """Write a new key pair for the server that will listen on `host`, an address or a name, readable by its owner only.

    Raises OSError.
    """
    # A moment to import, which only what starts a server has to spend.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    try:
        known_by: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        known_by = x509.DNSName(host)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FOR_EVER[0])
        .not_valid_after(FOR_EVER[1])
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([known_by]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(folder / KEY, secret.decode("ascii"))
    write_private(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def environment(folder: Path) -> dict[str, str]:
    """Variables that name the files of `renew` to every inner part of SeaweedFS 4; they hold no secret themselves.

    `weed scaffold -config=security` says what each means. `https.<part>.ca` is what makes a part ask for a certificate.
    """
    certificate, key = str(folder / CERTIFICATE), str(folder / KEY)
    named = {"WEED_GRPC_CA": certificate, "WEED_HTTPS_CLIENT_ENABLED": "true"}
    for prefix in [*(f"WEED_GRPC_{part}" for part in GRPC_PARTS), *(f"WEED_HTTPS_{part}" for part in HTTP_PARTS)]:
        named |= {f"{prefix}_CERT": certificate, f"{prefix}_KEY": key}
        if prefix.startswith("WEED_HTTPS_"):
            named[f"{prefix}_CA"] = certificate
    return named
