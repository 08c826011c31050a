"""The corpus at every place of every operation that takes something: a clear 4xx, or it was harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.contract.fuzz import corpus
from tests.contract.prepared import Prepared
from tests.contract.recipes import Operation, operations
from tests.contract.world import World


@pytest.fixture(scope="module")
def document(world: World) -> Mapping[str, Any]:
    found: Mapping[str, Any] = world.get("/openapi.json")
    return found


def described(document: Mapping[str, Any], operation: Operation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["paths"][operation.template][operation.method.lower()]
    return found


def judge(answer: httpx.Response, *what: object) -> None:
    """Fails for 5xx, and for a refusal that does not say what is wrong."""
    assert answer.status_code < 500, (*what, answer.text)
    if answer.status_code >= 400:
        problem = answer.json()
        assert answer.headers["content-type"].startswith("application/problem+json"), what
        assert problem["status"] == answer.status_code, what
        assert problem["code"], what
        assert problem["detail"], what
        for leaked in ("Traceback", "asyncpg", "sqlalchemy", "SELECT ", ".py"):
            assert leaked not in answer.text, (*what, answer.text)


def client_of(world: World, operation: Operation) -> httpx.Client:
    """One who may do it."""
    managed = ("account", "secret", "vocabulary_term")
    return world.admin if any(word in operation.name for word in managed) else world.office


def test_json_values_at_every_place_of_every_body(world: World) -> None:
    sent = 0
    for operation in operations(world):
        prepared = operation.prepare(world)
        if prepared.json is None:
            continue
        client = client_of(world, operation)
        kind = prepared.headers.get("content-type", "application/json")
        raw = replace(prepared, json=None, headers={**prepared.headers, "content-type": kind})
        for place, value in corpus.pairs(list(corpus.places(prepared.json)), corpus.JSON_VALUES):
            content = corpus.with_value(prepared.json, place, value)
            judge(replace(raw, content=content).send(client), operation.name, place, value[:40])
            sent += 1
        for body in corpus.BODIES:
            answer = replace(raw, content=body).send(client)
            judge(answer, operation.name, body[:40])
            assert not answer.is_success or prepared.method == "PATCH", (operation.name, body[:40])
    assert sent > 300


def test_files_at_every_import(world: World, document: Mapping[str, Any]) -> None:
    imports = [operation for operation in operations(world) if operation.name.startswith("import_")]
    assert len(imports) >= 6
    for operation in imports:
        content = described(document, operation)["requestBody"]["content"]
        header = content["text/csv"]["example"].partition("\n")[0]
        before = _count(world, operation)
        for kind, body in corpus.sheets(header):
            path = f"{operation.template}?commit=true"
            answer = Prepared("POST", path, {"content-type": kind}, content=body).send(world.office)
            judge(answer, operation.name, kind, body[:40])
        assert _count(world, operation) == before, operation.name


def _count(world: World, operation: Operation) -> int:
    listed = world.get(f"{operation.template.removesuffix('/imports')}?limit=1&count=exact")
    total: int = listed["page"]["total"]
    return total


def test_texts_in_every_parameter(world: World, document: Mapping[str, Any]) -> None:
    for operation in operations(world):
        prepared = operation.prepare(world)
        client = client_of(world, operation)
        parameters = [
            parameter
            for parameter in described(document, operation).get("parameters", ())
            if parameter["in"] == "path" or (parameter["in"] == "query" and operation.method == "GET")
        ]
        for parameter, text in corpus.pairs(parameters, corpus.TEXTS):
            name = parameter["name"]
            path = _in_path(operation, name, text) if parameter["in"] == "path" else f"?{name}={text}"
            path = prepared.path.partition("?")[0] + path if path.startswith("?") else path
            if operation.name == "list_changes" and name != "source":
                path += "&source=registry"
            judge(replace(prepared, path=path).send(client), operation.name, name, text[:40])


def _in_path(operation: Operation, name: str, text: str) -> str:
    """The template with `text` at the place and `x` at any other."""
    return re.sub(r"\{[a-z_]+\}", "x", operation.template.replace("{" + name + "}", text or "x"))


def test_headers_of_every_operation(world: World) -> None:
    listed = list(operations(world))
    for operation, header in corpus.pairs(listed, corpus.HEADERS):
        prepared = operation.prepare(world)
        changed = replace(prepared, headers={**prepared.headers, **header})
        judge(changed.send(client_of(world, operation)), operation.name, header)
