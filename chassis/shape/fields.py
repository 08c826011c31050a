"""`fields=id,name`: the members of a resource that a reader wants. Every GET of resources takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from chassis.query_parameters import names_among, several
from chassis.schemas import Page, VersionedOut

T = TypeVar("T")
FIELDS = "fields"


def members_of(model: Any) -> tuple[str, ...]:
    """Names on the wire of the members of a resource, or of a page's items; none for other answers."""
    shown = _resource(model)
    return () if shown is None else tuple(_wire_name(shown, name) for name in shown.model_fields)


def _resource(model: Any) -> type[BaseModel] | None:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    if issubclass(model, Page):
        item = model.__pydantic_generic_metadata__["args"][0]
        return item if isinstance(item, type) and issubclass(item, BaseModel) else None
    return model if issubclass(model, VersionedOut) else None


def _wire_name(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    return field.serialization_alias or field.alias or name


def fields_parameter(members: Sequence[str]) -> dict[str, Any]:
    return several(FIELDS, {"type": "string", "enum": list(members)}, "Show these members only")


def fields_asked(request: Request, members: Sequence[str]) -> tuple[str, ...] | None:
    """The members that the query string picks, None if it picks none; 400 with the nearest for another."""
    given = request.query_params.getlist(FIELDS)
    if not given or not members:
        return None
    return tuple(names_among(FIELDS, ",".join(given), members))


def picked(resource: Mapping[str, T], fields: Sequence[str] | None) -> dict[str, T]:
    """The resource with the asked members alone, in its own order."""
    if fields is None:
        return dict(resource)
    return {name: value for name, value in resource.items() if name in fields}
