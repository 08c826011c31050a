"""Is an exported range what the service signed? Line by line, without a database, in constant memory.

The first line that does not fit is named. A file can be wrong in two ways: its own links do not hold
(altered, missing, repeated, reordered, cut off), or they hold and do not lead to the hash that was signed
(somebody chained anew what they had altered).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.audit.chain import FORMAT, canonical, chained, genesis, salted_digest
from chassis.audit.heads import Head

T = TypeVar("T")


class DoesNotFit(Exception):
    """What is wrong, at which line of the file (from 1) and at which record, if it is known."""

    def __init__(self, what: str, line: int, number: int | None = None) -> None:
        super().__init__(what)
        self.line, self.number = line, number


@dataclass(frozen=True)
class Verified:
    """Records `first` to `last` fit, and `heads` signatures vouch for them.

    `personal` counts the clear values that fit their digests and `erased` those that are not there any more;
    both are 0 for a file without personal values.
    """

    service: str
    first: int
    last: int
    hash: str
    heads: int
    personal: int
    erased: int


class _Range(msgspec.Struct, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    format: str
    first: int
    previous: str
    service: str
    last: int


class _Value(msgspec.Struct, forbid_unknown_fields=True):
    salt: str
    value: str


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    at: str
    hash: str
    number: int
    record: dict[str, Any]
    personal: dict[str, _Value] | None = None


def verify(
    lines: Iterable[bytes], keys: Mapping[str, Ed25519PublicKey], expected: Head | None = None
) -> Verified:
    """What a file, given as lines, proves by signatures of `keys` (by key id).

    `expected` is a head that was kept elsewhere: its record must lie in the range and have its hash. Raises
    DoesNotFit for the first fault.
    """
    numbered = enumerate(lines, 1)
    line, raw = next(numbered, (1, b""))
    file = _File(_typed(raw, line, "range", _Range), line, keys, expected)
    for line, raw in numbered:
        file.read(raw, line)
    return file.end(line)


class _File:
    """How far a file has been read: the number and hash reached, and the last number that is signed."""

    def __init__(
        self, head: _Range, line: int, keys: Mapping[str, Ed25519PublicKey], expected: Head | None
    ) -> None:
        if head.format != FORMAT or not 1 <= head.first <= head.last:
            raise DoesNotFit(f"the file does not begin as an export ({FORMAT}) does", line)
        self.range, self.keys, self.expected = head, keys, expected
        self.hash = _bytes(head.previous, line, None)
        if head.first == 1 and self.hash != genesis(head.service):
            raise DoesNotFit("the chain does not begin as this service's does", line, 1)
        if expected is not None and not self._is_signed(expected):
            raise DoesNotFit("the head that was kept is not signed by the given key for this service", line)
        if expected is not None and not head.first <= expected.number <= head.last:
            raise DoesNotFit(f"the range does not contain record {expected.number} of the kept head", line)
        self.number = self.signed = head.first - 1
        self.heads = self.personal = self.erased = 0

    def read(self, raw: bytes, line: int) -> None:
        if b'"type":"head"}' in raw[-16:]:
            self._head(_typed(raw, line, "head", Head), line)
        else:
            self._record(_typed(raw, line, "record", _Record, self.number + 1), line)

    def end(self, line: int) -> Verified:
        if self.number < self.range.last:
            what = f"the file is cut off: it announces records up to {self.range.last}"
            raise DoesNotFit(what, line + 1, self.number + 1)
        if self.signed < self.number:
            what = f"no signed head vouches for the records from {self.signed + 1} on"
            raise DoesNotFit(what, line + 1, self.signed + 1)
        return Verified(
            self.range.service,
            self.range.first,
            self.number,
            self.hash.hex(),
            self.heads,
            self.personal,
            self.erased,
        )

    def _record(self, given: _Record, line: int) -> None:
        due = self.number + 1
        if given.number > due:
            raise DoesNotFit(f"missing: record {given.number} stands where {due} should", line, due)
        if given.number < due:
            what = f"repeated or reordered: record {given.number} stands where {due} should"
            raise DoesNotFit(what, line, given.number)
        if due > self.range.last:
            raise DoesNotFit(f"inserted: the range ends at {self.range.last}", line, due)
        self.hash = chained(self.hash, given.at, due, given.record)
        if self.hash != _bytes(given.hash, line, due):
            raise DoesNotFit("altered: its hash is not that of its content and the record before", line, due)
        self.number = due
        if (
            self.expected is not None
            and due == self.expected.number
            and self.hash.hex() != self.expected.hash
        ):
            raise DoesNotFit("the chain up to here is another one than the kept head's", line, due)
        if given.personal is not None:
            self._personal(given.personal, given.record.get("personal"), line)

    def _personal(self, held: Mapping[str, _Value], digests: object, line: int) -> None:
        if not isinstance(digests, dict):
            raise DoesNotFit("altered: the record has no digests of personal values", line, self.number)
        for name, item in held.items():
            if digests.get(name) != salted_digest(_bytes(item.salt, line, self.number), item.value):
                what = f"altered: the personal value {name} is not the one of the record"
                raise DoesNotFit(what, line, self.number)
        self.personal += len(held)
        self.erased += len(digests) - len(held)

    def _head(self, head: Head, line: int) -> None:
        if head.number != self.number:
            what = f"reordered: the head of record {head.number} stands behind record {self.number}"
            raise DoesNotFit(what, line, head.number)
        if not self._is_signed(head):
            raise DoesNotFit("the head is not signed by the given key for this service", line, head.number)
        if head.hash != self.hash.hex():
            what = (
                f"altered and chained anew: a record from {self.signed + 1} to {head.number} is not as signed"
            )
            raise DoesNotFit(what, line, self.signed + 1)
        self.signed = head.number
        self.heads += 1

    def _is_signed(self, head: Head) -> bool:
        key = self.keys.get(head.key_id)
        return head.service == self.range.service and key is not None and head.is_signed_by(key)


def _typed(raw: bytes, line: int, kind: str, model: type[T], number: int | None = None) -> T:
    """The line as `model`; every byte must be as the canonical form has it, or something was touched."""
    if not raw.endswith(b"\n"):
        raise DoesNotFit("the file is cut off within this line", line, number)
    try:
        members = msgspec.json.decode(raw, type=dict[str, Any])
        same = canonical(members) == raw[:-1] and members.pop("type", None) == kind
        read = msgspec.convert(members, model)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise DoesNotFit("altered: this is no line of an export", line, number) from error
    if not same:
        raise DoesNotFit("altered: this is not as an export writes it", line, number)
    return read


def _bytes(text: str, line: int, number: int | None) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise DoesNotFit("altered: this is no hexadecimal text", line, number) from error
