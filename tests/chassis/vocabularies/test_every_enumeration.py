"""An enumeration that the contract shows has its labels: a front end need not invent any."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from chassis.app import Service
from chassis.operations.states import STATES
from sdz.services import SERVICES
from services.gateway.proxy.routing_table import owner_of
from services.gateway.settings import GatewaySettings
from services.gateway.state import Gateway
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, running

pytestmark = pytest.mark.anyio
# Words of the protocol, not of the domain: how to ask, how an answer is built.
PROTOCOL = {
    "count",
    "sort",
    "facets",
    "fields",
    "expand",
    "total_kind",
    "mode",
    "action",
    "atomicity",
    "format",
    "grant_type",
    "token_type",
    "type",
    "opening_state",  # two of the terms of zones.state
}


def enumerations(node: Any, name: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each list of several text values in an OpenAPI document, with the member or parameter that takes it."""
    if isinstance(node, dict):
        listed = node.get("enum")
        if isinstance(listed, list) and len(listed) > 1 and all(isinstance(value, str) for value in listed):
            yield name, tuple(listed)
        for key, part in node.items():
            if key in {"example", "examples"}:
                continue
            inner = node["name"] if key == "schema" and "in" in node else key
            yield from enumerations(part, name if key in {"items", "anyOf", "oneOf"} else inner)
    elif isinstance(node, list):
        for part in node:
            yield from enumerations(part, name)


@pytest.mark.parametrize("name", SERVICES)
async def test_every_enumeration_of_the_contract_is_a_vocabulary(
    service_databases: ServiceDatabases, keys: KeyRing, name: str
) -> None:
    service: Service = importlib.import_module(f"services.{name}.app").SERVICE
    labelled = {frozenset(vocabulary.codes()) for vocabulary in (*service.vocabularies, STATES)}
    async with running(service, service_databases, keys) as started:
        if name == "gateway":
            started.app.state.gateway = Gateway.make(started.runtime, GatewaySettings())
        app: FastAPI = started.app
        found = {(member, values) for member, values in enumerations(app.openapi()) if member not in PROTOCOL}
    assert {(member, values) for member, values in found if frozenset(values) not in labelled} == set()


def test_every_vocabulary_is_named_for_a_collection_that_its_service_owns() -> None:
    for name in SERVICES:
        service: Service = importlib.import_module(f"services.{name}.app").SERVICE
        for vocabulary in service.vocabularies:
            assert owner_of(f"/api/v1/vocabularies/{vocabulary.name}") == name, vocabulary.name
