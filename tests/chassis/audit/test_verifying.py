"""Whatever is done to an exported range is found, and the first record that does not fit is named."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chassis.audit.chain import canonical, chained, genesis
from chassis.audit.heads import Head
from chassis.audit.verifying import DoesNotFit, Verified, verify
from tests.chassis.audit.trail import KEY, KEY_ID, export_lines, line, signed

KEYS = {KEY_ID: KEY.public_key()}
ACTORS = [f"person:{i}" for i in range(8)]


def fault(lines: list[bytes], expected: Head | None = None) -> DoesNotFit:
    with pytest.raises(DoesNotFit) as found:
        verify(lines, KEYS, expected)
    return found.value


def changed(raw: bytes, **members: object) -> bytes:
    return canonical({**msgspec.json.decode(raw), **members}) + b"\n"


def head_in(raw: bytes) -> Head:
    return msgspec.json.decode(raw, type=Head)


def test_a_range_fits() -> None:
    lines = export_lines(ACTORS, heads=(3,))
    found = verify(lines, KEYS, head_in(lines[4]))
    reached = head_in(lines[-1]).hash
    assert found == Verified("registry", 1, 8, reached, heads=2, personal=8, erased=0)


def test_a_range_may_begin_anywhere() -> None:
    lines = export_lines(ACTORS, first=1001, previous=b"\x07" * 32)
    assert verify(lines, KEYS).first == 1001
    assert fault([changed(lines[0], previous=(b"\x08" * 32).hex()), *lines[1:]]).number == 1001


@given(
    st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=12),
    st.data(),
)
def test_any_changed_byte_is_found(actors: list[str], data: st.DataObject) -> None:
    whole = b"".join(export_lines(actors, heads=(1,)))
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    altered = whole[:at] + bytes([other]) + whole[at + 1 :]
    fault(altered.splitlines(keepends=True) if b"\r" not in altered else [altered])


@given(st.integers(2, 12), st.data())
def test_any_record_left_out_is_found_and_named(length: int, data: st.DataObject) -> None:
    lines = export_lines([f"person:{i}" for i in range(length)])
    gone = data.draw(st.integers(1, length))
    found = fault([*lines[:gone], *lines[gone + 1 :]])
    assert found.number == gone
    assert ("missing" if gone < length else "reordered") in str(found)


@given(st.integers(2, 12), st.data())
def test_any_cut_is_found(length: int, data: st.DataObject) -> None:
    lines = export_lines([f"person:{i}" for i in range(length)], heads=(1, 2))
    fault(lines[: data.draw(st.integers(0, len(lines) - 1))])


@given(st.integers(2, 12), st.data())
def test_any_line_that_is_put_in_is_found(length: int, data: st.DataObject) -> None:
    lines = export_lines([f"person:{i}" for i in range(length)])
    extra = data.draw(st.sampled_from(lines[:-1]))
    fault([*(where := lines[: data.draw(st.integers(0, len(lines)))]), extra, *lines[len(where) :]])


@given(st.integers(2, 12), st.data())
def test_any_other_order_is_found(length: int, data: st.DataObject) -> None:
    lines = export_lines([f"person:{i}" for i in range(length)], heads=(1,))
    order = data.draw(st.permutations(range(len(lines))).filter(lambda o: o != sorted(o)))
    fault([lines[i] for i in order])


def rechained(lines: list[bytes], number: int) -> list[bytes]:
    """Record `number` altered, and all hashes behind it made anew, as somebody with the database could."""
    reached, made = genesis("registry"), [lines[0]]
    for raw in lines[1:]:
        members = msgspec.json.decode(raw)
        if members["type"] == "record":
            if members["number"] == number:
                members["record"]["actor"] = "person:innocent"
            reached = chained(reached, members["at"], members["number"], members["record"])
            members["hash"] = reached.hex()
        made.append(canonical(members) + b"\n")
    return made


@given(st.integers(1, 8))
def test_what_was_chained_anew_does_not_lead_to_what_was_signed(number: int) -> None:
    found = fault(rechained(export_lines(ACTORS, heads=(4,)), number))
    assert found.number == (1 if number <= 4 else 5)
    assert "chained anew" in str(found)


def test_a_signature_of_another_key_proves_nothing() -> None:
    other = Ed25519PrivateKey.generate()
    lines = export_lines(ACTORS)
    reached = bytes.fromhex(head_in(lines[-1]).hash)
    forged = signed(8, reached, other)
    assert "not signed" in str(fault([*lines[:-1], line("head", msgspec.to_builtins(forged))]))
    elsewhere = signed(8, reached, service="projects")
    assert "not signed" in str(fault([*lines[:-1], line("head", msgspec.to_builtins(elsewhere))]))


def test_a_kept_head_shows_that_all_was_chained_and_signed_anew() -> None:
    kept = head_in(export_lines(ACTORS, heads=(4,))[5])
    rewritten = export_lines([*ACTORS[:2], "person:innocent", *ACTORS[3:]])
    assert verify(rewritten, KEYS).last == 8
    assert fault(rewritten, kept).number == 4
    assert "does not contain record 4" in str(fault(export_lines(ACTORS[:3]), kept))


def test_an_erased_value_is_counted_and_another_one_is_found() -> None:
    lines = export_lines(ACTORS)
    found = verify([*lines[:3], changed(lines[3], personal={}), *lines[4:]], KEYS)
    assert (found.personal, found.erased) == (7, 1)
    held = msgspec.json.decode(lines[3])["personal"]
    held["reason"]["value"] = "别的理由"
    assert fault([*lines[:3], changed(lines[3], personal=held), *lines[4:]]).number == 3


def test_rubbish_is_no_export() -> None:
    for rubbish in (b"", b"\x00\n", b"[]\n", b"{}\n", b'{"type":"range"}\n', b"[" * 5000 + b"\n", b"\xff\n"):
        assert fault([rubbish]).line == 1
    assert fault([]).line == 1


def test_a_file_far_longer_than_memory_should_hold_is_read_line_by_line() -> None:
    lines = export_lines(ACTORS)
    taken: list[int] = []

    def one_by_one() -> object:
        for number, raw in enumerate(lines):
            taken.append(number)
            yield raw

    reading = one_by_one()
    assert verify(reading, KEYS).last == 8  # type: ignore[arg-type]  # a generator, as a file is
    assert taken == list(range(len(lines)))
