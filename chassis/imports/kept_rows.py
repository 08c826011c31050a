"""What became of the rows of an import, packed: a part of at most some thousand rows is one stored value."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from chassis.imports.text_sheets import printable
from chassis.problems import Issue

Action = Literal["created", "updated", "unchanged", "deleted", "rejected", "skipped"]
WITH_ISSUES = "with_issues"


class KeptIssue(msgspec.Struct, array_like=True, frozen=True):
    """An issue in both languages; `parameter` names the column."""

    code: str
    severity: str
    zh: str
    en: str
    parameter: str | None
    params: dict[str, Any]


class KeptRow(msgspec.Struct, array_like=True, frozen=True):
    """What became, or would become, of one row.

    `base` is the version of the stored object that this was decided on; `digest` covers key, action, base and
    the values as they are stored; `group` is the row's group.
    """

    number: int
    action: Action
    key: dict[str, str]
    issues: list[KeptIssue]
    base: int | None
    digest: bytes
    group: str


def kept(
    number: int,
    action: Action,
    key: Mapping[str, str],
    group: str,
    issues: Iterable[Issue] = (),
    base: int | None = None,
    values: Iterable[Any] = (),
) -> KeptRow:
    shown = {name: text if text.isprintable() else printable(text) for name, text in key.items()}
    listed = [_kept_issue(issue) for issue in issues]
    decided = (shown, action, base, [issue.code for issue in listed], list(values))
    digest = hashlib.blake2b(msgspec.msgpack.encode(decided, enc_hook=str), digest_size=16).digest()
    return KeptRow(number, action, shown, listed, base, digest, group)


def _kept_issue(issue: Issue) -> KeptIssue:
    parameter = None if issue.parameter is None else printable(issue.parameter)
    params = dict(issue.params)
    return KeptIssue(issue.code, issue.severity, issue.detail.zh, issue.detail.en, parameter, params)


@dataclass(frozen=True)
class Part:
    """Rows `first_row` to `last_row`; `counts` are those of their actions and of rows with issues."""

    first_row: int
    last_row: int
    counts: Mapping[str, int]
    rows: bytes


def pack(rows: Sequence[KeptRow]) -> Part:
    listed = sorted(rows, key=lambda row: row.number)
    counts = Counter[str](row.action for row in listed)
    if flawed := sum(1 for row in listed if row.issues):
        counts[WITH_ISSUES] = flawed
    packed = zlib.compress(msgspec.msgpack.encode(listed, enc_hook=str), 1)
    return Part(listed[0].number, listed[-1].number, dict(counts), packed)


_decoder = msgspec.msgpack.Decoder(list[KeptRow])


def unpack(packed: bytes) -> list[KeptRow]:
    return _decoder.decode(zlib.decompress(packed))


def rows_of(parts: Iterable[Part]) -> Iterator[KeptRow]:
    for part in parts:
        yield from unpack(part.rows)


def digest_of(parts: Iterable[Part]) -> bytes:
    """SHA-256 of the rows' digests in their order."""
    digest = hashlib.sha256()
    for row in rows_of(parts):
        digest.update(row.digest)
    return digest.digest()
