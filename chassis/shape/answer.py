"""An answer in the shape that was asked for, whichever route made it."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Request

from chassis.shape.expansion import expanded
from chassis.shape.fields import picked

_Resource = dict[str, msgspec.Raw]


async def shaped(request: Request, body: bytes, *, single: bool) -> bytes:
    """The body with the members that `fields` picks and what `expand` adds; itself if neither was asked for.

    Members keep their bytes. Only what is answered anyway is picked from, and parts are fetched in the
    caller's scope: no shape shows more than the caller may see.
    """
    fields = getattr(request.state, "fields", None)
    expands = bool(getattr(request.state, "expand", None))
    if fields is None and not expands:
        return body
    whole: dict[str, Any] = msgspec.json.decode(body, type=_Resource)
    resources: list[_Resource] = (
        [whole] if single else msgspec.json.decode(whole["items"], type=list[_Resource])
    )
    shown: list[dict[str, Any]] = [picked(resource, fields) for resource in resources]
    said: dict[str, Any] = {}
    if expands:
        read: Any = msgspec.json.decode(body)
        members, missing = await expanded(request, [read] if single else read["items"])
        for resource, member in zip(shown, members, strict=True):
            resource["expanded"] = member
        said = {"partial": bool(missing), "unavailable": [part.model_dump() for part in missing]}
    return msgspec.json.encode(shown[0] | said if single else whole | {"items": shown} | said)
