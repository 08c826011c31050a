"""OpenAPI of answers that `fields` and `expand` change: beside the whole resource, one of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chassis.schemas import Unavailable
from chassis.shape.expansion import EXPANDED
from chassis.shape.fields import FIELDS

_PREFIX = "#/components/schemas/"


def add_parts(document: dict[str, Any]) -> None:
    """Let each answer that can be shaped be the whole or a part, whose members are all optional."""
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        parts = operation.pop(EXPANDED, {})
        if not any(parameter.get("name") == FIELDS for parameter in operation.get("parameters", ())):
            continue
        for part in parts.values():
            schemas.update(
                {name: item for name, item in part.pop("$defs", {}).items() if name not in schemas}
            )
        if parts and "Unavailable" not in schemas:
            schemas["Unavailable"] = Unavailable.model_json_schema(mode="serialization")
        for media in operation["responses"].get("200", {}).get("content", {}).values():
            whole = media["schema"].get("$ref")
            if whole is not None:
                part_name = _part_of(schemas, whole.removeprefix(_PREFIX), parts)
                media["schema"] = {"anyOf": [{"$ref": whole}, {"$ref": _PREFIX + part_name}]}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from item.values()


def _part_of(schemas: dict[str, Any], name: str, parts: dict[str, Any]) -> str:
    """The name of the schema of a part of `name`, a resource or a page; made if it is not there."""
    properties = schemas[name]["properties"]
    said = _said(parts)
    if "page" in properties and "items" in properties:
        item = properties["items"]["items"]["$ref"].removeprefix(_PREFIX)
        made = {
            **properties,
            "items": {"type": "array", "items": {"$ref": _PREFIX + _bare(schemas, item, parts)}},
        }
        return _add(schemas, name, made | said, ["items", "page"])
    return _add(schemas, name, _members(properties, parts) | said, [])


def _bare(schemas: dict[str, Any], name: str, parts: dict[str, Any]) -> str:
    """Of an item of a page, which does not say itself that a part is missing."""
    return _add(schemas, f"{name}_Item", _members(schemas[name]["properties"], parts), [])


def _members(properties: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    if not parts:
        return properties
    shown = {name: {"anyOf": [part, {"type": "null"}]} for name, part in parts.items()}
    return {**properties, "expanded": {"type": "object", "properties": shown, "additionalProperties": False}}


def _said(parts: dict[str, Any]) -> dict[str, Any]:
    if not parts:
        return {}
    listed = {"type": "array", "items": {"$ref": f"{_PREFIX}Unavailable"}}
    return {"partial": {"type": "boolean"}, "unavailable": listed}


def _add(schemas: dict[str, Any], name: str, properties: dict[str, Any], required: list[str]) -> str:
    part = f"{name}_Part"
    schema: dict[str, Any] = {
        "title": part,
        "type": "object",
        "description": "As `fields` picks and `expand` adds",
        "properties": properties,
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    schemas[part] = schema
    return part
