"""Public keys and kept heads, read from files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import OKPKey

from chassis.audit.heads import Head
from sdz.trouble import Trouble


def read_keys(files: Iterable[Path]) -> Mapping[str, Ed25519PublicKey]:
    """Ed25519 public keys (PEM) by their thumbprint (RFC 7638)."""
    keys: dict[str, Ed25519PublicKey] = {}
    for file in files:
        pem = _content(file)
        try:
            key = load_pem_public_key(pem)
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise Trouble(
                f"{file} is no Ed25519 public key (PEM)", "take the service's file from the keys folder"
            )
        keys[OKPKey.import_key(pem).thumbprint()] = key
    return keys


def read_head(file: Path) -> Head:
    """A head as the API answers it."""
    try:
        return msgspec.json.decode(_content(file), type=Head)
    except msgspec.MsgspecError:
        raise Trouble(
            f"{file} is no signed head", "keep one item of GET /api/v1/audit/heads as it is"
        ) from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise Trouble(f"{file} is not there", "name an existing file") from None
