"""Bytes, texts and values that have broken other systems."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from tests.long_form import LONG

L = TypeVar("L")
R = TypeVar("R")

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Each stands in a JSON body as it is written here.
JSON_VALUES: Final[tuple[str, ...]] = (
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\uffff"',
    '"\\u202e\\u0007"',
    "-1",
    "18446744073709551616",
    "-9223372036854775809",
    "1e400",
    "-1e400",
    "1E-400",
    "12345678901234567.89",
    "0.1000000000000000055511151231257827",
    "NaN",
    "Infinity",
    '"NaN"',
    '"1e400"',
    f'"{"9" * 400}"',
    f'"{"龘" * 5000}"',
    '"\' OR 1=1; DROP TABLE zone; --"',
    "\"=cmd|' /C calc'!A0\"",
    '"../../etc/passwd"',
    '"<script>alert(1)</script>"',
    '"{{7*7}}${7*7}%s%n"',
    '"00000000-0000-0000-0000-000000000000"',
    '"code:"',
    '"ext:a"',
    '"9999-99-99"',
    "[" * 200 + "]" * 200,
    '{"a":' * 200 + "1" + "}" * 200,
    "[" + "1," * 5000 + "1]",
)
# Whole bodies that are no valid JSON, or no object.
BODIES: Final[tuple[bytes, ...]] = (
    b"",
    b" ",
    b"{",
    b"}",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b'{"a":1}{"a":2}',
    b'{"code":"a","code":"b"}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"code":"\xff"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"\x00" * 1000,
)
TEXTS: Final[tuple[str, ...]] = (
    "",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%E9%BE%98" * 400,
    "'%20OR%201%3D1--",
    "..%2f..%2fetc%2fpasswd",
    "-1",
    "1e400",
    "NaN",
    "18446744073709551616",
    "a,b,,c",
    ",".join("x" * 600),
    "%5B%5D",
    "code:%00",
    "ext:a:b:c:d",
    "2026-13-45",
    "0001-01-01T00:00:00%2B14:00",
    "999,999,999,999",
)
HEADERS: Final[tuple[dict[str, str], ...]] = (
    {"if-match": "*"},
    {"if-match": '"99999999999999999999.x"'},
    {"if-match": '"\'; DROP TABLE zone"'},
    {"if-none-match": ',,,"x'},
    {"idempotency-key": ""},
    {"idempotency-key": "k" * 5000},
    {"accept-language": "en;q=NaN,zh;q=1e400," + "x," * 500},
    {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-ff"},
    {"traceparent": "zz"},
    {"sdz-timeout-ms": "-1"},
    {"sdz-timeout-ms": "1e400"},
    {"content-type": "application/json; charset=utf-16"},
    {"content-type": "application/json" + ";a=b" * 1000},
    {"content-type": ""},
    {"content-encoding": "gzip"},
    {"range": "bytes=18446744073709551616-"},
    {"prefer": "respond-async; wait=1e400"},
    {"x-forwarded-host": "evil.example", "x-original-url": "/admin"},
    {"x-big": "x" * 30_000},
)


def sheets(header: str) -> Iterator[tuple[str, bytes]]:
    """Content type and bytes of files that are wrong, or mean harm, for an import with these columns."""
    width = header.count(",") + 1
    row = ",".join(["x"] * width)
    for content in (
        b"",
        b"\x00",
        b"\xff" * 1000,
        header.encode(),
        f"{header}\n".encode(),
        f"{header}\n{row},{row}\n".encode(),
        f'{header}\n"{row}\n'.encode(),
        f"{header},{header}\n{row},{row}\n".encode(),
        f"{header}\n{','.join(['=1+1'] * width)}\n".encode(),
        f"{header}\n{','.join(['@SUM(A1)'] * width)}\n".encode(),
        f"{header}\n{','.join(['1e400'] * width)}\n".encode(),
        f"{header}\n{','.join(['x' * 40_000] * width)}\n".encode(),
        (header + "\n" + "\x00," * width).encode(),
        (header + "\n" + "\u202e," * width).encode(),
        ",".join(f"c{i}" for i in range(20_000)).encode(),
        f"{header}\n".encode("utf-16"),
    ):
        yield "text/csv", content
    book = _workbook("<row r='1'><c r='A1' t='inlineStr'><is><t>code</t></is></c></row>")
    yield XLSX, b""
    yield XLSX, book[: len(book) // 2]
    yield XLSX, b"PK\x03\x04" + b"\x00" * 200
    yield XLSX, _workbook("<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>")
    yield XLSX, _workbook("<row r='1'><c r='A1'><f>1+1</f></c></row>")
    yield XLSX, _workbook("<!DOCTYPE a [<!ENTITY b 'c'>]><row r='1'><c r='A1'><v>&b;</v></c></row>")
    yield XLSX, _bomb()
    yield "application/x-ndjson", b'{"code":'
    yield "application/x-ndjson", b"[" * 10_000 + b"\n"
    yield "application/x-ndjson", b'{"code": "a"}\n{"code": 1e400}\nnull\n[]\n'
    yield "application/octet-stream", book
    yield "multipart/form-data", b"--x\r\n\r\n"


def _workbook(rows: str) -> bytes:
    """A minimal workbook (ECMA-376) with these rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{package}/content-types'/>",
        "_rels/.rels": f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1' "
        f"Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets>"
        "<sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{package}/relationships'><Relationship "
        f"Id='r1' Type='{office}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet xmlns='{main}'><sheetData>{rows}</sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _bomb() -> bytes:
    """A small file that unpacks to 400 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry:
            block = b" " * 4_000_000
            for _ in range(100):
                entry.write(block)
    return out.getvalue()


def with_value(body: Any, path: tuple[Any, ...], written: str) -> bytes:
    """`body` as JSON with the value at `path` replaced by what is `written`."""
    mark = "\u0001here\u0001"

    def replaced(node: Any, rest: tuple[Any, ...]) -> Any:
        if not rest:
            return mark
        changed = dict(node) if isinstance(node, dict) else list(node)
        changed[rest[0]] = replaced(node[rest[0]], rest[1:])
        return changed

    return json.dumps(replaced(body, path)).replace(json.dumps(mark), written).encode()


def places(body: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a body stand, members and items at every depth."""
    pairs = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in pairs:
        yield (*above, key)
        yield from places(value, (*above, key))


def pairs(left: Sequence[L], right: Sequence[R]) -> Iterator[tuple[L, R]]:
    """All of both together in the long form; in the short one so many that each stands in one at least."""
    if LONG:
        yield from itertools.product(left, right)
    else:
        for i in range(max(len(left), len(right)) if left and right else 0):
            yield left[i % len(left)], right[i % len(right)]
