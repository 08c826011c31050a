"""OpenAPI 3.1 of a service: problems and bearer tokens in every operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from chassis.routing import MERGE_PATCH
from chassis.schemas import ProblemOut
from chassis.shape.schemas import add_parts

_PROBLEM = {
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def install_openapi(app: FastAPI) -> None:
    """Replace `app.openapi` by one that adds what holds for every operation."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            app.openapi_schema = complete(with_whole_examples(document))
            add_parts(app.openapi_schema)
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]  # FastAPI's documented way


def with_whole_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Give examples their null members back, which FastAPI leaves out: without them they break the schema."""
    originals = {
        (model.__name__, _key(_without_nulls(example))): example
        for model in _below(BaseModel)
        if isinstance(extra := model.model_config.get("json_schema_extra"), dict)
        for example in _listed(extra.get("examples"))
    }
    schemas = document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        if "examples" in schema:
            schema["examples"] = [
                originals.get((schema.get("title", ""), _key(example)), example)
                for example in schema["examples"]
            ]
    operations = (operation for item in document["paths"].values() for operation in item.values())
    for answer in (answer for operation in operations for answer in operation["responses"].values()):
        for media in answer.get("content", {}).values():
            if "example" in media:
                media["example"] = _with_nulls(media["example"], media.get("schema", {}), schemas)
    return document


def _with_nulls(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """`value` with null for each member that its schema requires and that it lacks."""
    schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    if isinstance(value, list):
        return [_with_nulls(item, schema.get("items", {}), schemas) for item in value]
    if not isinstance(value, dict):
        return value
    parts = schema.get("properties", {})
    whole = {name: _with_nulls(item, parts.get(name, {}), schemas) for name, item in value.items()}
    return whole | {name: None for name in schema.get("required", ()) if name not in value}


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _below(kind)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _key(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = ProblemOut.model_json_schema(mode="serialization") | {"title": "Problem"}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            operation["responses"].pop("422", None)
            content = operation.get("requestBody", {}).get("content", {})
            if method == "patch" and "application/json" in content:
                content[MERGE_PATCH] = content["application/json"]
            if path.startswith("/api/"):
                operation["responses"]["default"] = _PROBLEM
                if operation.get("x-permission", "public") != "public":
                    operation["security"] = [{"bearer": []}]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document
