"""Decimals, text, references, filter values, cursors, words: what passes, and what comes out."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chassis.cursors import Cursors
from chassis.decimals import PATTERN, DecimalString, decimal_text, parse_decimal
from chassis.filter_values import KINDS, parse_value
from chassis.ids import Reference, new_id
from chassis.json_body import decode_json
from chassis.problems import CursorMismatch, NotFound
from chassis.schemas import Names, instant_text
from chassis.text import Code, Name, Text, clean, fold_code, is_clean
from chassis.words import Words, preferred_language

decimal_strings = st.from_regex(re.compile(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?"), fullmatch=True)


@given(decimal_strings)
def test_a_decimal_string_comes_out_as_it_went_in(text: str) -> None:
    number: TypeAdapter[Decimal] = TypeAdapter(DecimalString)
    assert number.dump_python(number.validate_python(text), mode="json") == text
    assert re.fullmatch(PATTERN, text)


@given(st.integers(-(10**20) + 1, 10**20 - 1), st.integers(0, 18))
def test_a_json_number_loses_nothing(digits: int, places: int) -> None:
    written = decimal_text(Decimal(digits).scaleb(-places))
    assert parse_decimal(decode_json(written.encode())) == Decimal(written)


REFUSED_DECIMALS: list[Any] = [
    "",
    " 1",
    "1 ",
    "+1",
    "1.",
    ".5",
    "1e3",
    "NaN",
    "Infinity",
    "-Infinity",
    "1,000",
    "1_000",
    "٣",
    "１",
    "1\n",
    "1" * 21,
    "0." + "1" * 19,
    "--1",
    1.5,
    float("nan"),
    True,
    None,
    [],
    10**20,
    2**70,
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1e400"),
    Decimal("1e-400"),
    Decimal("1e999999"),
]


@pytest.mark.parametrize("value", REFUSED_DECIMALS, ids=repr)
def test_what_is_no_decimal_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_decimal(value)
    with pytest.raises(ValidationError):
        TypeAdapter(DecimalString).validate_python(value)


def test_a_number_in_scientific_notation_is_written_out() -> None:
    assert decimal_text(parse_decimal(Decimal("1.50e3"))) == "1500"
    assert decimal_text(parse_decimal(Decimal("1.5e-3"))) == "0.0015"


@given(st.text())
def test_clean_text_is_composed_trimmed_and_stays_so(text: str) -> None:
    if not is_clean(text):
        with pytest.raises(ValueError, match="Control"):
            clean(text)
        return
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip() == clean(cleaned)


@pytest.mark.parametrize(
    "char", ["\x00", "\x07", "\r", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe", "\U0001ffff"]
)
def test_control_characters_and_what_is_no_character_are_refused(char: str) -> None:
    for kind in (Text, Name, Code):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(f"a{char}b")


def test_text_keeps_lines_and_composes_letters() -> None:
    assert TypeAdapter(Text).validate_python(" e\u0301\n\tx ") == "é\n\tx"
    assert TypeAdapter(Name).validate_python("中国　") == "中国"


@pytest.mark.parametrize("empty", ["", " ", "　", "\n"])
def test_a_name_is_not_empty(empty: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(empty)


def test_codes_fold_full_width_characters() -> None:
    assert fold_code("ＳＤＺ－００４２ ") == "SDZ-0042"
    assert TypeAdapter(Code).validate_python("ＳＤＺ－００４２") == "SDZ-0042"


@pytest.mark.parametrize("code", ["", "-a", "a b", "a/b", "中", "a:b", "x" * 101])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Code).validate_python(code)


def test_a_name_is_picked_by_language() -> None:
    both, chinese = (
        Names.model_validate({"zh-Hans": "区", "en": "Zone"}),
        Names.model_validate({"zh-Hans": "区"}),
    )
    assert [both.pick("en"), both.pick("zh-Hans"), chinese.pick("en")] == ["Zone", "区", "区"]


@given(st.text(max_size=60))
def test_any_accept_language_is_one_of_the_two(header: str) -> None:
    assert preferred_language(header) in {"zh-Hans", "en"}


def test_words_are_filled_and_picked() -> None:
    words = Words("第 {n} 行", "Row {n}").filled(n=3)
    assert (words.pick("zh-Hans"), words.pick("en"), words.pick("fr")) == ("第 3 行", "Row 3", "第 3 行")


def test_a_reference_is_an_id_a_code_or_an_external_id() -> None:
    identity = uuid4()
    assert Reference.parse(str(identity)) == Reference(id=identity)
    assert Reference.parse("code:A:B") == Reference(code="A:B")
    assert Reference.parse("ext:most:2013:18") == Reference(system="most", value="2013:18")
    assert Reference.parse("code:ＳＤＺ－1") == Reference(code="SDZ-1")


@pytest.mark.parametrize(
    "text", ["", "code:", "code:  ", "ext:", "ext:a", "ext:a:", "ext::b", "x", "code:\x00", "a" * 301]
)
def test_what_names_nothing_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        Reference.from_path(text)


def test_ids_rise_with_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert {identity.version for identity in made} == {7}


@given(
    kind=st.sampled_from(sorted(KINDS)), text=st.text(max_size=40) | st.from_regex(r"[-+0-9T:.Z,eE]{1,30}")
)
def test_a_filter_value_is_of_its_kind_or_refused(kind: str, text: str) -> None:
    types: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "decimal": Decimal,
        "date": date,
        "instant": datetime,
        "uuid": UUID,
        "reference": Reference,
        "bbox": tuple,
    }
    try:
        value = parse_value(kind, text)
    except ValueError:
        return
    assert isinstance(value, types.get(kind, str))
    json.dumps(str(value)).encode()
    if isinstance(value, datetime):
        assert value.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("instant", "0001-01-01T00:00:00+14:00"),
        ("instant", "9999-12-31T23:59:59-14:00"),
        ("instant", "2024-01-01T00:00:00"),
        ("instant", "2024-01-01"),
        ("date", "20240101"),
        ("date", "2024-W01-1"),
        ("date", "2024-02-30"),
        ("date", "0000-01-01"),
        ("integer", "0000000000000002013"),
        ("integer", "1_000"),
        ("integer", " 1"),
        ("integer", "+1"),
        ("integer", "2147483648"),
        ("integer", "-2147483649"),
        ("bbox", "1,2,3"),
        ("bbox", "0,1,0,0"),
        ("bbox", "0,-91,0,0"),
        ("text", "a\x00"),
        ("uuid", "\ud800"),
    ],
)
def test_a_bad_filter_value_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the message is the parsers' own; callers name the parameter
        parse_value(kind, text)


def test_good_filter_values() -> None:
    assert parse_value("instant", "2024-01-01T08:00:00+08:00") == datetime(2024, 1, 1, tzinfo=UTC)
    assert parse_value("integer", "-2147483648") == -(2**31)
    assert parse_value("code", "ＳＤＺ") == "SDZ"
    assert parse_value("bbox", "170, -10, -170, 10") == (170, -10, -170, 10)
    assert parse_value("enum", "a", ("a", "b")) == "a"
    with pytest.raises(ValueError, match="c"):
        parse_value("enum", "c", ("a", "b"))


def test_an_instant_is_written_in_utc_with_milliseconds() -> None:
    moment = datetime.fromisoformat("2024-01-01T08:00:00.123999+08:00")
    assert instant_text(moment) == "2024-01-01T00:00:00.123Z"


cursor_keys = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**31), 2**31 - 1),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.uuids(),
)
TYPES = (str, int, Decimal, datetime, date, UUID)


@given(keys=cursor_keys, binding=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_cursor_gives_back_its_keys(keys: tuple[Any, ...], binding: str) -> None:
    cursors = Cursors(b"key")
    assert cursors.read(binding, cursors.make(binding, keys), TYPES) == list(keys)


@given(place=st.integers(0), other=st.characters(codec="ascii"))
def test_a_cursor_with_a_changed_character_is_refused(place: int, other: str) -> None:
    cursors = Cursors(b"key")
    cursor = cursors.make("/zones?a=b", ["x", 1])
    place %= len(cursor) - 1  # the last one may carry bits that mean nothing
    if cursor[place] == other:
        return
    with pytest.raises(CursorMismatch):
        cursors.read("/zones?a=b", cursor[:place] + other + cursor[place + 1 :], (str, int))


@given(st.text(max_size=80))
def test_no_text_is_a_cursor(text: str) -> None:
    with pytest.raises(CursorMismatch):
        Cursors(b"key").read("/zones", text, (str,))


def test_a_cursor_of_another_query_key_or_shape_is_refused() -> None:
    cursors = Cursors(b"key")
    cursor = cursors.make("/zones?sort=code", ["x"])
    for reader, binding, types in (
        (cursors, "/zones?sort=-code", (str,)),
        (cursors, "/zones?sort=code", (str, int)),
        (Cursors(b"other"), "/zones?sort=code", (str,)),
    ):
        with pytest.raises(CursorMismatch):
            reader.read(binding, cursor, types)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59Z", "../9999-12-31T16:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_day_beyond_the_calendar_is_no_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"9999|0001"):
        parse_value("days", text)
