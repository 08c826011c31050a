"""The secrets of an installation: made once, one file each, mode 600.

Names of the files (all under one folder):

    database_admin_password                     the embedded server's administrator
    <service>_password, <service>_owner_password  the eight database roles
    <service>_signing_key.pem                   Ed25519 private key (PKCS 8)
    gateway_admin_password                      first administrator of the platform
    demo_client_secret                          machine client of the demonstration
    cursor_key                                  32 random bytes in hex

The public halves of the signing keys go to another folder, `<service>.pem`, readable by all.
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sdz.atomic_files import remove_drafts, write_whole
from sdz.database_urls import ADMINISTRATOR, build_url
from sdz.services import SERVICES
from sdz.trouble import Trouble


def secret_names() -> list[str]:
    """Every file of the secrets folder, in a stable order."""
    roles = [f"{service}{part}_password" for service in SERVICES for part in ("", "_owner")]
    keys = [f"{service}_signing_key.pem" for service in SERVICES]
    return [
        "database_admin_password",
        *roles,
        *keys,
        "gateway_admin_password",
        "demo_client_secret",
        "cursor_key",
    ]


def ensure_secrets(folder: Path, public_keys: Path) -> frozenset[str]:
    """Make the secrets that are missing and answer their names; what exists stays as it is.

    A start that was interrupted is completed by the next: every file is written whole or not at all, and the
    public keys are derived again from the private ones.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    public_keys.mkdir(parents=True, exist_ok=True)
    remove_drafts(folder)
    remove_drafts(public_keys)
    made = [name for name in secret_names() if not (folder / name).exists()]
    for name in made:
        write_whole(folder / name, _fresh(name), 0o600)
    for service in SERVICES:
        _publish_key(folder / f"{service}_signing_key.pem", public_keys / f"{service}.pem")
    return frozenset(made)


def read_secret(folder: Path, name: str) -> str:
    """The secret without its line end; `Trouble` names the file that is missing."""
    path = folder / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Trouble(
            f"cannot read the secret {path}: {error.strerror}",
            "restore it, or begin with an empty data folder",
        ) from None


def role_passwords(folder: Path, services: Iterable[str] = SERVICES) -> dict[str, str]:
    """Passwords of the database roles, keyed `registry`, `registry_owner`, …"""
    return {
        f"{service}{part}": read_secret(folder, f"{service}{part}_password")
        for service in services
        for part in ("", "_owner")
    }


def write_url_files(folder: Path, host: str, port: int, database: str) -> None:
    """The addresses of a database server as files beside the passwords, for `…_DATABASE_URL_FILE`.

    `admin_database_url`, `<service>_database_url` and `<service>_owner_database_url`; written anew each time.
    """
    admin = read_secret(folder, "database_admin_password")
    urls = {"admin": build_url(ADMINISTRATOR, admin, host, port, "postgres")}
    for role, password in role_passwords(folder).items():
        urls[role] = build_url(f"sdz_{role}", password, host, port, database)
    for name, url in urls.items():
        write_whole(folder / f"{name}_database_url", f"{url}\n", 0o600)


def _fresh(name: str) -> str:
    if name.endswith("_signing_key.pem"):
        key = Ed25519PrivateKey.generate()
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    if name == "cursor_key":
        return secrets.token_hex(32)
    return secrets.token_urlsafe(24)


def _publish_key(private: Path, public: Path) -> None:
    try:
        key = load_pem_private_key(private.read_bytes(), password=None)
    except ValueError:
        raise Trouble(
            f"{private} is not a PEM private key", "remove it; the next start makes another"
        ) from None
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    if not public.exists() or public.read_text(encoding="utf-8") != pem:
        write_whole(public, pem, 0o644)
