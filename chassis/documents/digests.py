"""Digest fields (RFC 9530): `Content-Digest` and `Repr-Digest`, dictionaries of byte sequences (RFC 9651)."""

from __future__ import annotations

import base64
import binascii
import re

from chassis.problems import InvalidParameter, Issue
from chassis.words import Words

_MEMBER = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):")
HEADERS = ("Content-Digest", "Repr-Digest")


def digest_field(sha256: str) -> str:
    """The field's value for a digest in hexadecimal."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def stated_sha256(header: str, value: str) -> str | None:
    """The SHA-256 in hexadecimal that the field states; None when it states digests of other kinds only.

    Raises InvalidParameter (400) for what is no such field.
    """
    found: str | None = None
    for part in value.split(","):
        matched = _MEMBER.fullmatch(part.strip())
        if matched is None:
            raise _invalid(header)
        if matched[1] != "sha-256":
            continue  # an algorithm that is not ours is to be ignored
        try:
            digest = base64.b64decode(matched[2], validate=True)
        except binascii.Error as error:
            raise _invalid(header) from error
        if len(digest) != 32:
            raise _invalid(header)
        found = digest.hex()
    return found


def check_digest(header: str, stated: str, computed: str) -> None:
    """Raise InvalidParameter (400) unless what arrived is what was sent."""
    if stated != computed:
        words = Words("内容与摘要不符, 传输有误", "The content is not what its digest says; send it again")
        issue = Issue("digest_mismatch", words, header=header, params={"received_sha256": computed})
        raise InvalidParameter(words, issues=[issue])


def _invalid(header: str) -> InvalidParameter:
    words = Words("应为 sha-256=:Base64:", "Must be sha-256=:base64:")
    return InvalidParameter(words, issues=[Issue("invalid_digest", words, header=header)])
