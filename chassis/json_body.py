"""Reading a JSON body without losing a digit and without letting rubbish in."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from fastapi import Request

from chassis.problems import MalformedRequest, PayloadTooLarge
from chassis.words import Words

MAX_DEPTH = 40
_MAX_EXPONENT = 1000


class StrictRequest(Request):
    """A request whose body is bounded and whose JSON keeps decimals."""

    max_bytes = 1_000_000

    async def body(self) -> bytes:
        """The body; raises PayloadTooLarge as soon as it is known to be longer than allowed."""
        if not hasattr(self, "_body"):
            length = self.headers.get("content-length", "0")
            if length.isascii() and length.isdigit() and int(length[:18]) > self.max_bytes:
                raise too_large(self.max_bytes)
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.max_bytes:
                    raise too_large(self.max_bytes)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = decode_json(await self.body())
        return self._json


def too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        Words(f"上限 {limit} 字节", f"The limit is {limit} bytes"), members={"limit_bytes": limit}
    )


def decode_json(content: bytes) -> Any:
    """Python values of a JSON text; numbers with a fraction or exponent become Decimal.

    Raises MalformedRequest for what is no JSON in UTF-8 (RFC 8259), NaN, infinity, duplicate members,
    numbers of absurd length or size and nesting deeper than MAX_DEPTH.
    """
    try:
        value = json.loads(
            content.decode("utf-8"), parse_float=_number, parse_constant=_refuse, object_pairs_hook=_members
        )
    except RecursionError as error:
        raise MalformedRequest(Words("JSON 嵌套过深", "The JSON is nested too deeply")) from error
    except (ValueError, ArithmeticError) as error:
        place = f" ({error.lineno}:{error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise MalformedRequest(Words(f"JSON 无法解析{place}", f"The JSON cannot be parsed{place}")) from error
    if _depth_exceeds(value, MAX_DEPTH):
        raise MalformedRequest(Words("JSON 嵌套过深", "The JSON is nested too deeply"))
    return value


def _number(text: str) -> Decimal:
    """1e400 is left for the schema to refuse; 1e3000000 would be written out if read as an integer."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not (isinstance(exponent, int) and exponent >= -_MAX_EXPONENT and number.adjusted() <= _MAX_EXPONENT):
        raise ValueError("the number is absurd")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _depth_exceeds(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if depth == 0:
        return True
    return any(
        _depth_exceeds(item, depth - 1) for item in (value.values() if isinstance(value, dict) else value)
    )
