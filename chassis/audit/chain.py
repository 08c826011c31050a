"""The canonical form of records and how they are chained; pure, also for verifying without a database.

Canonical JSON is RFC 8785: UTF-8, members sorted, no white space. Records hold texts, whole numbers, lists,
objects and null, for which that form is unique. Digests of objects may cover binary floating-point numbers
too; those are written with the shortest digits that read back as the same number, as the feed writes them.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec

FORMAT = "sdz-audit-1"
_SALT_BYTES = 16
_encoder = msgspec.json.Encoder(order="deterministic")


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value (or of what msgspec encodes as one)."""
    return _encoder.encode(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def new_salt() -> bytes:
    return secrets.token_bytes(_SALT_BYTES)


def salted_digest(salt: bytes, value: str) -> str:
    """SHA-256(salt ‖ UTF-8 of the value), in hex: tells nothing of the value once the salt is gone."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def genesis(service: str) -> bytes:
    """What stands before a service's first record."""
    return hashlib.sha256(f"{FORMAT}\n{service}".encode()).digest()


def chained(previous: bytes, at: str, number: int, record: Any) -> bytes:
    """SHA-256(hash of the record before ‖ canonical bytes of `{at, number, record}`).

    `at` is the sequencer's stamp as text; `number` counts from 1 without a hole.
    """
    return hashlib.sha256(previous + canonical({"at": at, "number": number, "record": record})).digest()
