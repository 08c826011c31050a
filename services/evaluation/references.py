"""How a body or a sheet names another object, and the row that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, any_, false, literal
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.ids import Reference
from chassis.text import fold_code
from chassis.words import Words

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_WORDS = Words("应为 UUID、code:代码 或 ext:系统:值", "Must be a UUID, code:CODE or ext:SYSTEM:VALUE")


def _parse(value: object) -> Reference:
    if isinstance(value, str):
        try:
            return Reference.parse(value)
        except ValueError:
            pass
    raise PydanticCustomError("reference", _WORDS.en, {"words": _WORDS})


NamedObject = Annotated[
    Reference,
    PlainValidator(_parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["code:DEMO-2012"]}),
]


def reference_in_cell(text: str) -> Reference:
    """As people fill in sheets: a bare code too. `text` holds no control characters."""
    try:
        return Reference.parse(text)
    except ValueError:
        return Reference(code=fold_code(text))


def can_name(reference: Reference) -> bool:
    """False for what is no code: its owner, when asked, could only refuse the question."""
    return reference.code is None or _CODE.fullmatch(reference.code) is not None


def named_by(model: Any, reference: Reference) -> ColumnElement[bool]:
    """The row of `model` that is meant; an external id names none, since none of ours carries one."""
    if reference.id is not None:
        return model.id == reference.id  # type: ignore[no-any-return]  # a column of a mapped class
    if reference.code is not None:
        return model.code == reference.code  # type: ignore[no-any-return]
    return false()


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`column` is one of `values`: one array parameter, where IN would need one for each."""
    return column == any_(literal(list(values), ARRAY(column.type)))  # type: ignore[no-any-return]
