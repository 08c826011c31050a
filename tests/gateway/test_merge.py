"""One contract of several."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.contract.collect import combine
from services.gateway.contract.merge import merge, references

REF = "#/components/schemas/"


def document(paths: dict[str, str], schemas: dict[str, Any], operation: str = "") -> dict[str, Any]:
    """A document whose paths answer the named schema."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            path: {
                "get": {
                    "operationId": operation or f"get_{path}",
                    "responses": {"200": {"content": {"application/json": {"schema": {"$ref": REF + name}}}}},
                }
            }
            for path, name in paths.items()
        },
        "components": {"schemas": schemas},
    }


def answered(merged: dict[str, Any], path: str) -> str:
    schema = merged["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).removeprefix(REF)


def owner(path: str) -> str:
    return path.strip("/").split("/")[0]


def test_equal_schemas_stand_once_and_different_ones_are_told_apart() -> None:
    # given two services that share Problem and mean different things by Ref
    problem = {"type": "object", "title": "Problem"}
    own = document({"/gateway/a": "Problem"}, {"Problem": problem})
    registry = document({"/registry/a": "Ref"}, {"Problem": problem, "Ref": {"type": "string"}})
    projects = document({"/projects/a": "Ref"}, {"Problem": problem, "Ref": {"type": "integer"}})
    # when
    merged = merge(own, {"registry": registry, "projects": projects}, owner)
    # then
    assert merged["components"]["schemas"] == {
        "Problem": problem,
        "RegistryRef": {"type": "string"},
        "ProjectsRef": {"type": "integer"},
    }
    assert answered(merged, "/registry/a") == "RegistryRef"
    assert answered(merged, "/projects/a") == "ProjectsRef"


def test_what_refers_to_different_schemas_differs_itself() -> None:
    page = {"type": "object", "properties": {"item": {"$ref": REF + "Item"}}}
    own = document({}, {})
    registry = document({"/registry/a": "Page"}, {"Page": page, "Item": {"type": "string"}})
    projects = document({"/projects/a": "Page"}, {"Page": page, "Item": {"type": "integer"}})
    merged = merge(own, {"registry": registry, "projects": projects}, owner)
    schemas = merged["components"]["schemas"]
    assert schemas["RegistryPage"]["properties"]["item"] == {"$ref": REF + "RegistryItem"}
    assert schemas["ProjectsPage"]["properties"]["item"] == {"$ref": REF + "ProjectsItem"}
    assert "Page" not in schemas


def test_discriminators_follow_their_schemas() -> None:
    union = {
        "discriminator": {"propertyName": "kind", "mapping": {"a": REF + "A"}},
        "oneOf": [{"$ref": REF + "A"}],
    }
    registry = document({"/registry/a": "U"}, {"U": union, "A": {"type": "string"}})
    projects = document({"/projects/a": "A"}, {"A": {"type": "integer"}})
    merged = merge(document({}, {}), {"registry": registry, "projects": projects}, owner)
    assert merged["components"]["schemas"]["U"]["discriminator"]["mapping"] == {"a": REF + "RegistryA"}


def test_a_made_up_name_never_hides_a_real_one() -> None:
    real = {"type": "boolean"}
    registry = document({"/registry/a": "Ref"}, {"Ref": {"type": "string"}, "RegistryRef": real})
    projects = document({"/projects/a": "Ref"}, {"Ref": {"type": "integer"}})
    merged = merge(document({}, {}), {"registry": registry, "projects": projects}, owner)
    assert merged["components"]["schemas"]["RegistryRef"] == real
    assert merged["components"]["schemas"]["RegistryRef_"] == {"type": "string"}


def test_shared_routes_are_the_gateways_and_operations_unique() -> None:
    own = document({"/livez": "A"}, {"A": {"type": "string"}}, "look")
    registry = document({"/livez": "B", "/registry/x": "B"}, {"B": {"type": "object"}}, "look")
    merged = merge(own, {"registry": registry}, owner)
    assert answered(merged, "/livez") == "A"
    assert merged["paths"]["/registry/x"]["get"]["operationId"] == "registry_look"


def test_a_service_that_is_down_is_named() -> None:
    own = document({"/api/v1/accounts": "A"}, {"A": {}})
    zones = document({"/api/v1/zones": "A", "/api/v1/changes": "A"}, {"A": {}})
    merged = combine(own, {"registry": zones, "projects": None, "evaluation": None})
    assert merged["info"]["x-missing"] == ["evaluation", "projects"]
    assert set(merged["paths"]) == {"/api/v1/accounts", "/api/v1/zones"}
    assert "x-missing" not in combine(own, {"registry": zones})["info"]


NAMES = st.sampled_from(["A", "B", "C", "RegistryA", "ProjectsB"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Schemas that refer to each other at random, and paths that answer them."""
    names = draw(st.sets(NAMES, min_size=1))
    schemas = {}
    for name in sorted(names):
        targets = draw(st.lists(st.sampled_from(sorted(names)), max_size=3))
        schemas[name] = {
            "type": draw(st.sampled_from(["object", "string"])),
            "anyOf": [{"$ref": REF + target} for target in targets],
        }
    return document({f"/x/{name}": name for name in names}, schemas)


def meaning(merged: dict[str, Any], name: str, depth: int = 6) -> Any:
    """A schema with its references followed."""
    schema = merged["components"]["schemas"][name]
    if depth == 0:
        return schema["type"]
    return schema["type"], [
        meaning(merged, ref["$ref"].removeprefix(REF), depth - 1) for ref in schema["anyOf"][:2]
    ]


@given(st.fixed_dictionaries({name: documents() for name in ("gateway", "registry", "projects")}))
def test_references_always_resolve_and_keep_their_meaning(given_documents: dict[str, Any]) -> None:
    for service, one in given_documents.items():
        one["paths"] = {path.replace("/x/", f"/{service}/"): item for path, item in one["paths"].items()}
    own = given_documents["gateway"]
    merged = merge(own, {name: given_documents[name] for name in ("registry", "projects")}, owner)
    schemas = merged["components"]["schemas"]
    assert all(kind == "schemas" and name in schemas for kind, name in references(merged))
    for one in given_documents.values():
        for path in one["paths"]:
            assert meaning(merged, answered(merged, path)) == meaning(one, answered(one, path))
