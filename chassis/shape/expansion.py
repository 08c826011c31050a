"""`expand=division`: what a resource refers to, shown with it; one level deep, declared by the resource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import BaseModel, TypeAdapter

from chassis.identity.access import Requirement
from chassis.language import caller_language
from chassis.problems import ServiceUnavailable
from chassis.query_parameters import QueryParameters, names_among, several
from chassis.schemas import Unavailable

EXPANDED = "x-expanded"  # in an operation until `chassis.openapi` has made schemas of it
# Values for resources as they are answered, in their order; None where there is none. Constant statements.
Fetch = Callable[[Request, Sequence[Mapping[str, Any]]], Awaitable[Sequence[Any]]]


@dataclass(frozen=True)
class Expansion:
    """A part that can be added: of what type, how it is fetched, what a caller needs to be allowed.

    `fetch` reads within the caller's scope. `owner` is the service that keeps the part. If it raises
    ServiceUnavailable, or DependencyUnavailable for a peer, the answer stands without the part (`partial`).
    """

    shown: Any
    fetch: Fetch
    permission: str
    owner: str


class Expandable(QueryParameters):
    """Dependency of the routes of a resource: `dependencies=[Depends(Expandable({…}))]`."""

    def __init__(self, parts: Mapping[str, Expansion]) -> None:
        self.parts = parts
        described = "Add these to each resource, in its member `expanded`"
        self.parameters = [several("expand", {"type": "string", "enum": list(parts)}, described)]

    async def __call__(self, request: Request) -> None:
        given = request.query_params.getlist("expand")
        if not given:
            return
        names = names_among("expand", ",".join(given), self.parts)
        for name in names:
            Requirement(self.parts[name].permission).check(request)
        request.state.expand = {name: self.parts[name] for name in names}

    def schemas(self) -> dict[str, Any]:
        """JSON Schemas of the parts by name; what they refer to is in their `$defs`."""
        template = "#/components/schemas/{model}"
        return {
            name: TypeAdapter(part.shown).json_schema(mode="serialization", ref_template=template)
            for name, part in self.parts.items()
        }


async def expanded(
    request: Request, resources: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Unavailable]]:
    """The member `expanded` of each resource, and the parts that could not be had."""
    parts: dict[str, Expansion] = getattr(request.state, "expand", {})
    members: list[dict[str, Any]] = [{} for _ in resources]
    missing: list[Unavailable] = []
    for name, part in parts.items():
        try:
            values = await part.fetch(request, resources) if resources else []
        except ServiceUnavailable as problem:
            detail = (problem.detail or problem.title).pick(caller_language(request))
            missing.append(Unavailable(part=name, dependency=part.owner, code=problem.code, detail=detail))
            values = [None] * len(resources)
        for member, value in zip(members, values, strict=True):
            member[name] = _plain(value)
    return members, missing


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    return [_plain(item) for item in value] if isinstance(value, list) else value
