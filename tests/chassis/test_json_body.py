"""Bodies: every digit kept, every kind of rubbish refused, nothing breaks the service."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.json_body import MAX_DEPTH, decode_json
from chassis.problems import MalformedRequest
from tests.chassis.answers import problem_of, refused_or_done, shared_database
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

JSON = {"content-type": "application/json"}
digits = st.from_regex(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(digits)
def test_a_number_keeps_every_digit(text: str) -> None:
    value = decode_json(text.encode())
    assert isinstance(value, Decimal)
    assert format(value, "f") == text


@pytest.mark.parametrize(
    "text", ["12345678901234567.89", "0.1", "0.10", "100000000000000000.000000000000000001"]
)
@pytest.mark.anyio
async def test_a_number_passes_through_a_route_as_it_was_written(
    shared_probe: RunningService, text: str
) -> None:
    async with shared_probe.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/probe/notes", content=f'{{"text": "x", "number": {text}}}', headers=JSON
        )
    assert (answer.status_code, answer.json()["number"]) == (201, text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b"nul",
        b"NaN",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b'{"a": "\xff"}',
        '{"a": "ä"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a": "\x00"}',
        b'{"a": 1} x',
        b"1" * 5000,
        b"1e99999999999999999999999",
        b"1e3000000",
        b"1e-3000000",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    ],
    ids=lambda content: repr(content[:24]),
)
def test_what_is_no_json_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode_json(content)


def test_nesting_is_allowed_up_to_the_stated_depth() -> None:
    content = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert decode_json(content) == json.loads(content)


HOSTILE_MEMBERS = [
    '"approved_year": NaN',
    '"approved_year": 1e400',
    '"approved_year": 1e3000000',
    '"approved_year": 18446744073709551616',
    '"approved_year": 12345678901234567.89',
    '"approved_year": true',
    '"point": {"longitude": NaN, "latitude": 1}',
    '"point": {"longitude": "NaN", "latitude": "Infinity"}',
    '"point": {"longitude": 1e400, "latitude": 1}',
    '"point": {"longitude": 1e-400, "latitude": 1}',
    '"point": {"longitude": 18446744073709551616, "latitude": 1}',
    '"point": {"longitude": 12345678901234567.89, "latitude": 1}',
    '"note": "a\\u0000b"',
    '"note": "\\ud800"',
    '"tier": "\\ud800"',
    '"code": "\\udfff"',
    '"\\ud800": 1',
    '"a\\u0000": 1',
    '"note": "x", "note": "y"',
    '"note": ' + "[" * 10_000 + "]" * 10_000,
    '"note": ' + '{"a":' * 30 + "1" + "}" * 30,
    '"note": "' + "x" * 5_000 + '"',
    '"external_ids": [' + ",".join(['{"system":"a","value":"b"}'] * 51) + "]",
    '"names": {"zh-Hans": "\\u200b\\u0001"}',
    '"id": "00000000-0000-0000-0000-000000000000"',
    '"version": 7',
]


@pytest.mark.parametrize("member", HOSTILE_MEMBERS, ids=lambda text: text[:30])
@pytest.mark.anyio
async def test_a_hostile_member_is_refused_by_the_registry(shared_probe: RunningService, member: str) -> None:
    good = json.dumps(zone("Z-9"))
    async with shared_probe.client(ministry()) as office:
        made = await office.post("/api/v1/zones", content=f"{good[:-1]}, {member}}}", headers=JSON)
        problem = problem_of(made, made.status_code)
        kept = await office.get("/api/v1/zones/code:Z-9")
    assert problem["status"] in {400, 422}
    assert kept.status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b"1e3000000", 400),
        (b"[" * 10_000, 400),
    ],
)
@pytest.mark.anyio
async def test_a_hostile_body_is_refused_by_the_registry(
    shared_probe: RunningService, content: bytes, status: int
) -> None:
    async with shared_probe.client(ministry()) as office:
        problem_of(await office.post("/api/v1/zones", content=content, headers=JSON), status)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "application/merge-patch+json", "text/json", "é"]
)
@pytest.mark.anyio
async def test_another_content_type_is_415(shared_probe: RunningService, content_type: str) -> None:
    headers = {"content-type": content_type.encode("latin-1")} if content_type else {}
    async with shared_probe.client(ministry()) as office:
        answer = await office.post("/api/v1/zones", content=json.dumps(zone()), headers=headers)  # type: ignore[arg-type]  # bytes pass
    problem_of(answer, 415, "unsupported_media_type")


@shared_database
@given(content=st.binary(max_size=200))
@pytest.mark.anyio
async def test_no_bytes_bring_the_registry_down(shared_probe: RunningService, content: bytes) -> None:
    async with shared_probe.client(ministry()) as office:
        refused_or_done(await office.post("/api/v1/zones", content=content, headers=JSON))
        refused_or_done(
            await office.patch("/api/v1/zones/code:X", content=content, headers={**JSON, "if-match": '"1"'})
        )


@shared_database
@given(changes=st.dictionaries(st.sampled_from([*zone(), "point", "note", "approved_year"]), json_values))
@pytest.mark.anyio
async def test_no_json_value_brings_the_registry_down(
    shared_probe: RunningService, changes: dict[str, Any]
) -> None:
    async with shared_probe.client(ministry()) as office:
        await office.post("/api/v1/zones", json=zone("FIX"))
        held = (await office.get("/api/v1/zones/code:FIX")).headers["etag"]
        made = await office.post("/api/v1/zones", content=json.dumps(zone() | changes), headers=JSON)
        changed = await office.patch(
            "/api/v1/zones/code:FIX", content=json.dumps(changes), headers={**JSON, "if-match": held}
        )
    refused_or_done(made)
    refused_or_done(changed)
