"""Names of files as they come (RFC 6266, RFC 8187) and as they go."""

from __future__ import annotations

import email.message
import re
import unicodedata
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.problems import InvalidParameter, Issue
from chassis.text import is_clean
from chassis.words import Words

_LONGEST = 200
_NEEDED = Words(
    "须有 Content-Disposition: attachment; filename*=UTF-8''文件名 (百分号编码)",
    "Needs Content-Disposition: attachment; filename*=UTF-8''name, percent-encoded",
)
_WRONG = Words("文件名无效", "The file name is not valid")
# overrides of the writing direction: with them `gpj.exe` is shown as `exe.jpg`
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ATTR_CHAR = "!#$&+-.^_`|~"  # RFC 8187


def file_name(text: str) -> str:
    """The last part of a path, NFC; raises ValueError for what names no file."""
    if not is_clean(text):
        raise ValueError("control characters")
    last = re.split(r"[/\\]", _DIRECTION.sub("", text))[-1]
    name = unicodedata.normalize("NFC", " ".join(last.split()))
    if not name.strip(". ") or len(name) > _LONGEST:
        raise ValueError("empty or too long")
    return name


def _checked(text: str) -> str:
    try:
        return file_name(text)
    except ValueError as error:
        raise PydanticCustomError("file_name", _WRONG.en, {"words": _WRONG}) from error


FileName = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_checked)]


def sent_name(disposition: str | None) -> str:
    """The name in a request's Content-Disposition; `filename*` counts before `filename`.

    Raises InvalidParameter (400).
    """
    message = email.message.Message()
    message["content-disposition"] = (disposition or "").replace("\r", " ").replace("\n", " ")
    given = dict(message.get_params([], "content-disposition"))
    value = _value(message) if "filename" in given else None
    if value is None:
        raise InvalidParameter(
            _NEEDED, issues=[Issue("file_name_needed", _NEEDED, header="Content-Disposition")]
        )
    try:
        return file_name(value)
    except ValueError as error:
        raise InvalidParameter(
            _WRONG, issues=[Issue("file_name", _WRONG, header="Content-Disposition")]
        ) from error


def _value(message: email.message.Message) -> str | None:
    values = [value for name, value in message.get_params([], "content-disposition") if name == "filename"]
    extended: list[Any] = [value for value in values if isinstance(value, tuple)]
    for charset, _, encoded in extended:
        try:
            return str(encoded).encode("latin-1").decode(charset or "utf-8")
        except (LookupError, ValueError):
            return None
    text = str(values[0])
    try:
        return text.encode("latin-1").decode("utf-8")  # bare UTF-8, as command-line clients send it
    except ValueError:
        return text


def attachment(name: str) -> str:
    """Content-Disposition of an answer: to be saved, never to be shown in the page's place."""
    plain = "".join(char if char.isascii() and char.isprintable() else "_" for char in name)
    plain = plain.translate(str.maketrans('"\\%', "___"))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
