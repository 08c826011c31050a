"""Opaque cursors (AIP-158): signed, bound to path, filters and sort; they carry no authority."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from chassis.problems import CursorMismatch

_SIGNATURE_BYTES = 12


class Cursors:
    """Makes and reads cursors with one secret key that all replicas share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, binding: str, keys: Sequence[Any]) -> str:
        """`binding` names the query; `keys` are the sort keys of the last row."""
        content = msgspec.json.encode([_digest(binding), [_plain(key) for key in keys]])
        return base64.urlsafe_b64encode(self._sign(content) + content).decode().rstrip("=")

    def read(self, binding: str, cursor: str, types: Sequence[type]) -> list[Any]:
        """The sort keys; raises CursorMismatch for a cursor that was altered or belongs elsewhere."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._sign(content)):
                raise CursorMismatch()
            digest, keys = msgspec.json.decode(content)
        except (ValueError, msgspec.DecodeError) as error:
            raise CursorMismatch() from error
        if digest != _digest(binding) or len(keys) != len(types):
            raise CursorMismatch()
        return [_typed(key, kind) for key, kind in zip(keys, types, strict=True)]

    def keyed_digest(self, content: bytes) -> bytes:
        """A digest that tells nothing of the content to whoever lacks the key, not even by trying values."""
        return hmac.digest(self._key, b"digest\n" + content, "sha256")

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:_SIGNATURE_BYTES]


def _digest(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()[:16]


def _plain(key: Any) -> Any:
    return (
        key.isoformat()
        if isinstance(key, (date, datetime))
        else str(key)
        if isinstance(key, (UUID, Decimal))
        else key
    )


def _typed(key: Any, kind: type) -> Any:
    if kind in (datetime, date):
        return kind.fromisoformat(key)
    return kind(key) if kind in (UUID, Decimal) else key
