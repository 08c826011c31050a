"""Every operation of a service has an id, a summary and examples that its own models accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.app import Service
from chassis.json_body import decode_json

JSON_TYPES = ("application/json", "application/merge-patch+json", "application/geo+json")
NOTHING = object()


def check_examples(service: Service, app: FastAPI) -> int:
    """Check the whole document of `service`, whose app is `app`; the number of examples that were found.

    Fails once, with all that is missing or wrong.
    """
    document = app.openapi()
    checked, names, faults = 0, set(), []
    for method, route in _routes(service):
        operation = document["paths"][route.path][method.lower()]
        name = operation.get("operationId", "")
        if not name or not operation.get("summary") or name in names:
            faults.append("no summary, no operationId or one that is used already")
        names.add(name)
        try:
            checked += _check_body(document, operation, route) + _check_answers(document, operation, route)
        except (AssertionError, ValidationError) as error:
            faults.append(f"{method} {route.path}: {error}")
    assert not faults, "\n".join(faults)
    return checked


def _routes(service: Service) -> Iterator[tuple[str, APIRoute]]:
    for router in service.all_routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            if route.path.startswith("/api/"):
                yield from ((method, route) for method in route.methods or ())


def _check_body(document: Mapping[str, Any], operation: Mapping[str, Any], route: APIRoute) -> int:
    content = operation.get("requestBody", {}).get("content", {})
    found = [example for media in content.values() for example in examples_of(document, media)]
    if content:
        assert found, "no example of its body"
    for body, example in ((b, e) for b in route.dependant.body_params for e in found):
        sent = decode_json(msgspec.json.encode(example))  # as a caller would send it
        model: Any = body.field_info.annotation
        TypeAdapter(model).validate_python(sent)
    return len(found)


def _check_answers(document: Mapping[str, Any], operation: Mapping[str, Any], route: APIRoute) -> int:
    found = []
    for status, answer in operation["responses"].items():
        for kind, media in answer.get("content", {}).items():
            if status.startswith("2") and kind in JSON_TYPES:
                examples = examples_of(document, media)
                assert examples, f"no example of its answer {status}"
                found += [(_model(route, status), example) for example in examples]
    for model, example in found:
        assert model is not None, "JSON is answered without a model"
        read = TypeAdapter(model).validate_python(example, by_alias=True, by_name=True)
        if isinstance(read, BaseModel) and isinstance(example, dict):
            unknown = set(example) - set(read.model_dump(by_alias=True))
            assert not unknown, f"its example shows members that it never answers: {unknown}"
    return len(found)


def _model(route: APIRoute, status: str) -> Any:
    """What a route answers with this status: a further one declares its own model."""
    further = route.responses.get(int(status), {}).get("model")
    return further if further is not None else route.response_model


def examples_of(document: Mapping[str, Any], media: Mapping[str, Any]) -> list[Any]:
    """Examples of a media type object: its own, its schema's, or one made of those of the schema's parts."""
    if "example" in media:
        return [media["example"]]
    if "examples" in media:
        return [item["value"] for item in media["examples"].values()]
    schema = media.get("schema", {})
    return _examples(document, schema) or [
        made for made in (composed(document, schema),) if made is not NOTHING
    ]


def _examples(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any]:
    found = _resolved(document, schema)
    return [found["example"]] if "example" in found else list(found.get("examples", []))


def composed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """An example made of the parts' examples; NOTHING where a part has none."""
    schema = _resolved(document, schema)
    if own := _examples(document, schema):
        return own[0]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "enum" in schema:
        return schema["enum"][0]
    if choices := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        made = (composed(document, choice) for choice in choices)
        return next((value for value in made if value is not NOTHING), NOTHING)
    kind = schema.get("type")
    if kind == "array":
        item = composed(document, schema.get("items", {}))
        return NOTHING if item is NOTHING else [item]
    if kind == "object" and "properties" in schema:
        members = {name: composed(document, part) for name, part in schema["properties"].items()}
        if any(members[name] is NOTHING for name in schema.get("required", ())):
            return NOTHING
        return {name: value for name, value in members.items() if value is not NOTHING}
    return {"boolean": False, "null": None}.get(str(kind), NOTHING)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = {
            **document["components"]["schemas"][name],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    return schema
