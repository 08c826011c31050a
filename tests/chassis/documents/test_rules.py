"""Names, digests, ranges and types: rules without a database."""

from __future__ import annotations

import hashlib
import io
import zipfile
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.documents import media_types
from chassis.documents.digests import check_digest, digest_field, stated_sha256
from chassis.documents.file_names import attachment, file_name, sent_name
from chassis.documents.media_types import (
    DOCX,
    OFD,
    XLSX,
    ZIP,
    check_declared,
    declared_type,
    packed_type,
    sniff,
)
from chassis.documents.ranges import RangeNotSatisfiable, requested_range
from chassis.problems import InvalidParameter, UnsupportedMediaType
from tests.chassis.documents.files import JPEG, OLD_OFFICE, PDF, PNG, PROGRAM, office

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename*=UTF-8''%E6%89%B9%E5%A4%8D.pdf", "批复.pdf"),
        ("attachment; filename=\"x.pdf\"; filename*=UTF-8''%E6%89%B9.pdf", "批.pdf"),
        ('attachment; filename="plain name.pdf"', "plain name.pdf"),
        ('attachment; filename="批复.pdf"'.encode().decode("latin-1"), "批复.pdf"),
        ("inline; filename=..%2F..%2Fetc; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("attachment; filename*=UTF-8''C%3A%5Cx%5Cy.doc", "y.doc"),
        ("attachment; filename*=UTF-8''a%E2%80%AEgpj.exe", "agpj.exe"),
    ],
)
def test_a_name_is_read_as_it_was_meant(value: str, name: str) -> None:
    assert sent_name(value) == name


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "attachment",
        "attachment; filename=",
        "attachment; filename*=UTF-8''%00",
        "attachment; filename*=klingon''x",
        "attachment; filename*=UTF-8''%FF%FE",
        "attachment; filename=..",
        f"attachment; filename={'x' * 201}",
        "attachment; filename*=UTF-8''a%0D%0Ab",
    ],
)
def test_what_names_no_file_is_refused(value: str | None) -> None:
    with pytest.raises(InvalidParameter) as refused:
        sent_name(value)
    assert refused.value.issues[0].header == "Content-Disposition"


@given(st.text(max_size=300))
def test_whatever_name_is_kept_comes_back_and_cannot_break_the_header(text: str) -> None:
    try:
        name = file_name(text)
    except ValueError:
        return
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    message = Message()
    message["content-disposition"] = value
    assert sent_name(value) == name
    assert message.get_content_disposition() == "attachment"


def test_a_digest_field_says_what_was_digested() -> None:
    assert stated_sha256("Content-Digest", digest_field(HELLO)) == HELLO
    assert stated_sha256("Content-Digest", f"sha-512=:AAAA:, {digest_field(HELLO)}") == HELLO
    assert stated_sha256("Content-Digest", "sha-512=:AAAA:") is None
    check_digest("Content-Digest", HELLO, HELLO)
    with pytest.raises(InvalidParameter) as refused:
        check_digest("Repr-Digest", HELLO, "0" * 64)
    assert (refused.value.issues[0].code, refused.value.issues[0].header) == (
        "digest_mismatch",
        "Repr-Digest",
    )


@pytest.mark.parametrize("value", ["", "sha-256", "sha-256=abc", "sha-256=:AAAA:", "sha-256=:é:"])
def test_what_is_no_digest_field_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter):
        stated_sha256("Content-Digest", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 10)),
        ("bytes=4-999", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("Bytes=2-3", (2, 4)),
        ("bytes=0-1,4-5", None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_one_range_is_answered_and_what_is_none_is_ignored(
    value: str | None, expected: tuple[int, int] | None
) -> None:
    assert requested_range(value, None, '"e"', 10) == expected


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_outside_says_how_long_the_content_is(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        requested_range(value, None, '"e"', 10)
    assert refused.value.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(("if_range", "taken"), [('"e"', True), ('W/"e"', False), ('"other"', False)])
def test_a_range_counts_only_for_the_content_that_the_client_holds(if_range: str, taken: bool) -> None:
    assert (requested_range("bytes=0-1", if_range, '"e"', 10) is not None) == taken


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (PDF, "a.txt", "application/pdf"),
        (PNG, "a", "image/png"),
        (JPEG, "a.png", "image/jpeg"),
        (OLD_OFFICE, "报告.doc", "application/msword"),
        (OLD_OFFICE, "表.et", "application/vnd.ms-excel"),
        (office("word/document.xml"), "a.docx", ZIP),
        ("编码,名称\n1,江岸\n".encode(), "a.csv", "text/csv"),
        ("编码,名称\n1,江岸\n".encode("gb18030"), "a.csv", "text/csv"),
        ("编码".encode("utf-16"), "a.txt", "text/plain"),
        (("长" * 30_000).encode()[:65_536], "a.txt", "text/plain"),
        (b"BM is how this text begins", "a.txt", "text/plain"),
        (b'{"type": "FeatureCollection"}', "a.geojson", "application/geo+json"),
    ],
)  # fmt: skip
def test_the_bytes_tell_the_type(content: bytes, name: str, found: str) -> None:
    assert sniff(content, name) == found


@pytest.mark.parametrize(
    ("content", "name"),
    [(PROGRAM, "a.pdf"), (b"\x7fELF" + bytes(60), "a.txt"), (bytes(100), "a.txt"), (OLD_OFFICE, "a.msi")],
)
def test_what_is_on_no_list_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        sniff(content, name)
    assert "application/pdf" in refused.value.members["allowed"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (("word/document.xml",), DOCX),
        (("xl/workbook.xml",), XLSX),
        (("OFD.xml",), OFD),
        (("readme.txt",), ZIP),
    ],
)
def test_an_archive_is_what_it_holds(members: tuple[str, ...], found: str) -> None:
    assert packed_type(io.BytesIO(office(*members))) == found


@pytest.mark.parametrize("content", [office("word/vbaProject.bin"), b"PK\x03\x04 no archive", b""])
def test_macros_and_damaged_archives_are_refused(content: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        packed_type(io.BytesIO(content))


def test_the_directory_of_an_archive_is_not_read_whatever_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(40):
            archive.writestr(f"{number:04}", "")
    assert packed_type(file) == ZIP
    monkeypatch.setattr(media_types, "_DIRECTORY_BYTES", 1_000)
    with pytest.raises(UnsupportedMediaType):
        packed_type(file)


def test_what_a_client_declares_must_be_so() -> None:
    assert check_declared(declared_type(None), "image/png") == "image/png"
    assert check_declared(declared_type("application/octet-stream"), "image/png") == "image/png"
    assert check_declared(declared_type("application/x-www-form-urlencoded"), "image/png") == "image/png"
    assert check_declared(declared_type("image/jpg"), "image/jpeg") == "image/jpeg"
    assert check_declared(declared_type("text/csv; charset=gbk"), "text/plain") == "text/csv"
    assert check_declared(declared_type("application/vnd.ms-excel"), "text/csv") == "text/csv"
    with pytest.raises(UnsupportedMediaType):
        check_declared(declared_type("image/png"), "application/pdf")
    with pytest.raises(UnsupportedMediaType):
        check_declared(declared_type("text/html"), "text/plain")
