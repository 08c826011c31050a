"""Who answers a path: the first segment below `/api/v1` decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from chassis.listing import invalid
from chassis.words import Words

GATEWAY: Final = "gateway"
PREFIX: Final = "/api/v1/"
SERVICES: Final = ("registry", "projects", "evaluation")
CHANGES: Final = "changes"
AUDIT: Final = "audit"
VOCABULARIES: Final = "vocabularies"
OPERATIONS: Final = "operations"
SCHEDULES: Final = "schedules"

OWNED: Final[Mapping[str, frozenset[str]]] = {
    "registry": frozenset(
        {
            "divisions",
            "zones",
        }
    ),
    "projects": frozenset({"projects", "achievements"}),
    "evaluation": frozenset(
        {"frameworks", "indicators", "cycles", "observations", "runs", "scores", "sources"}
    ),
}
_OWNER_OF: Final = {segment: service for service, segments in OWNED.items() for segment in segments}


def owner_of(path: str, query: bytes = b"") -> str:
    """The service that answers; what nobody owns is the gateway's, which answers 404.

    `path` is decoded. Raises InvalidParameter (400) for a feed, an audit trail or schedules whose source is
    not named.
    """
    if not path.startswith(PREFIX):
        return GATEWAY
    segment, *rest = path.removeprefix(PREFIX).split("/")
    if segment in {CHANGES, AUDIT} or (segment == SCHEDULES and not rest):
        return _source(query)
    if segment == OPERATIONS:
        # one is named for its service; a list without a source is that of all
        if not rest:
            return _source(query, default=GATEWAY)
        service = rest[0].partition("-")[0]
        return service if service in SERVICES else GATEWAY
    if segment == VOCABULARIES and rest:
        segment = rest[0].partition(".")[0]  # a vocabulary is named for the collection that uses it
    return _OWNER_OF.get(segment, GATEWAY)


def _source(query: bytes, default: str | None = None) -> str:
    known: Sequence[str] = (*SERVICES, GATEWAY)
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("source", [])
    if not given and default is not None:
        return default
    if len(given) != 1 or given[0] not in known:
        names = ", ".join(known)
        raise invalid("source", Words(f"须为下列之一: {names}", f"Must be one of {names}"))
    return given[0]
