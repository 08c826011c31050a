"""What a file is, by its own bytes; what is on no list is refused, whatever it calls itself."""

from __future__ import annotations

import codecs
import email.message
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Final

import puremagic

from chassis.problems import UnsupportedMediaType
from chassis.words import Words

HEAD_BYTES: Final = 65_536
_DIRECTORY_BYTES: Final = 2_000_000  # some 20,000 members; a directory of 100 MB would take gigabytes
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
DOCX, XLSX, PPTX = (
    _OFFICE + part
    for part in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
OFD, ZIP = "application/ofd", "application/zip"

# media type → endings of names; the first is the usual one
_BINARY: Final[Mapping[str, tuple[str, ...]]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/tiff": ("tif", "tiff"),
    "image/webp": ("webp",),
}
_PACKED: Final[Mapping[str, tuple[str, ...]]] = {
    DOCX: ("docx",),
    XLSX: ("xlsx",),
    PPTX: ("pptx",),
    _ODF + "text": ("odt",),
    _ODF + "spreadsheet": ("ods",),
    _ODF + "presentation": ("odp",),
    OFD: ("ofd",),  # GB/T 33190
    ZIP: ("zip",),
}
# one container for all of them: the name's ending tells which (and WPS Office writes the same)
_OLD_OFFICE: Final[Mapping[str, tuple[str, ...]]] = {
    "application/msword": ("doc", "wps"),
    "application/vnd.ms-excel": ("xls", "et"),
    "application/vnd.ms-powerpoint": ("ppt", "dps"),
}
_TEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "text/plain": ("txt", "log", "md"),
    "text/csv": ("csv",),
    "application/json": ("json",),
    "application/geo+json": ("geojson",),
}
ALLOWED: Final = tuple(sorted({*_BINARY, *_PACKED, *_OLD_OFFICE, *_TEXT}))
# what clients say when they do not know, or know it by another name
_UNKNOWN: Final = {
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",  # what curl says of any body
}
_ALIASES: Final[Mapping[str, str]] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": ZIP,
    "text/json": "application/json",
}
_OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def declared_type(content_type: str | None) -> str:
    """The type that a client names, without parameters; empty when it names none."""
    message = email.message.Message()
    message["content-type"] = content_type or ""
    name = message.get_content_type() if content_type else ""
    return "" if name in _UNKNOWN else _ALIASES.get(name, name)


def sniff(head: bytes, name: str) -> str:
    """The type that the first bytes tell: an allowed one; `ZIP` is to be opened to know.

    `head` holds the whole content or its first HEAD_BYTES. Raises UnsupportedMediaType (415).
    """
    if head.startswith(b"PK\x03\x04"):
        return ZIP
    if head.startswith(_OLE_MAGIC):
        return _old_office(name)
    for media_type in _recognised(head):
        if media_type in _BINARY:
            return media_type
    if _is_text(head):
        return _by_ending(_TEXT, name) or "text/plain"
    raise refused(Words("无法识别的文件类型", "The file's type is not known"))


def packed_type(file: IO[bytes]) -> str:
    """What a ZIP archive holds, by its directory; no member is unpacked but a short `mimetype`.

    Raises UnsupportedMediaType (415) for what is damaged, and for Office files with macros.
    """
    try:
        with zipfile.ZipFile(_Sparing(file)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                stated = archive.read("mimetype").decode("ascii", "replace").strip()
                if stated in _PACKED:
                    return stated
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise refused(Words("压缩包已损坏", "The archive is damaged")) from error
    if "[Content_Types].xml" in names:
        if any(part.endswith("vbaProject.bin") for part in names):
            raise refused(Words("不接受含宏的文件", "Files with macros are not taken"))
        for folder, media_type in (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX)):
            if any(part.startswith(folder) for part in names):
                return media_type
    return OFD if "OFD.xml" in names else ZIP


class _Sparing:
    """A file of which nothing long is read at once: an archive's directory is, and becomes objects."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        most = _DIRECTORY_BYTES + 1
        found = self._file.read(size if 0 <= size < most else most)  # below zero: to the end
        if len(found) == most:
            raise ValueError("the directory is too long")
        return found


def check_declared(declared: str, found: str) -> str:
    """The type to keep: what was found, or the text type that the client names for a text.

    Raises UnsupportedMediaType (415) when the client named another type than the content is.
    """
    if declared in _TEXT and found in _TEXT:
        return declared
    as_sheet = declared == "application/vnd.ms-excel" and found == "text/csv"  # browsers, where Excel is
    if declared in {"", found} or as_sheet:
        return found
    raise refused(
        Words(
            f"声明为 {declared[:80]}, 内容是 {found}", f"Declared as {declared[:80]}, the content is {found}"
        )
    )


def refused(words: Words) -> UnsupportedMediaType:
    """415 with what is taken."""
    return UnsupportedMediaType(words, members={"allowed": list(ALLOWED)})


def _recognised(head: bytes) -> Iterable[str]:
    try:
        return [found.mime_type for found in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        return ()


def _old_office(name: str) -> str:
    found = _by_ending(_OLD_OFFICE, name)
    if found is None:
        raise refused(Words("无法识别的文件类型", "The file's type is not known"))
    return found


def _by_ending(types: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    ending = name.rpartition(".")[2].lower()
    return next((media_type for media_type, endings in types.items() if ending in endings), None)


def _is_text(head: bytes) -> bool:
    """UTF-8, UTF-16 with its mark, or GB 18030, without control characters."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        try:
            # incremental, since the head may end within a character
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except ValueError:
            continue
        return not any(char < " " and char not in "\t\n\r\f" for char in text)
    return False
