"""Copies of another service's resources, kept by its feed and completed on demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, String, Text, Uuid, and_, any_, cast, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM
from chassis.ids import Reference
from chassis.peers import Peer

_VALUES_ASKED, _CHARACTERS_ASKED = 400, 6_000


class Replicating:
    """`apply` for a consumer: keeps the named kinds of objects of one source."""

    copies = True

    def __init__(self, kinds: Iterable[str]) -> None:
        self.kinds = frozenset(kinds)

    async def __call__(
        self, session: AsyncSession, events: Sequence[dict[str, Any]], *, anew: bool = False
    ) -> None:
        newest = {
            event["data"]["id"]: event for event in events if event["subject"].split("/")[0] in self.kinds
        }
        left = {UUID(name) for name, event in newest.items() if "resource" not in event["data"]}
        held = [event for event in newest.values() if "resource" in event["data"]]
        await store(session, [_row_of(event) for event in held], anew=anew)
        if left:  # removed from our scope: no longer ours to show
            await session.execute(
                update(replica).where(replica.c.id.in_(left)).values(deleted=True, position=None)
            )


def _row_of(event: Mapping[str, Any]) -> dict[str, Any]:
    data, position = event["data"], event["sequence"]
    row = _row(event["subject"].split("/")[0], data["resource"], data["deleted"])
    return row | {"version": data["version"], "position": None if position is None else int(position)}


def _row(kind: str, resource: Mapping[str, Any], deleted: bool) -> dict[str, Any]:
    return {
        "id": UUID(resource["id"]),
        "kind": kind,
        "code": resource.get("code"),
        "version": resource["version"],
        "deleted": deleted,
        "division_path": resource.get("division_path", []),
        "resource": resource,
        "position": None,
    }


async def store(session: AsyncSession, rows: Sequence[Mapping[str, Any]], *, anew: bool = False) -> None:
    """Insert or renew copies; an older version, or an older event of one version, replaces no newer one.

    `anew`: whatever is here is replaced.
    """
    if not rows:
        return
    statement = insert(replica)
    new = statement.excluded
    names = ("code", "version", "deleted", "division_path", "resource", "position")
    newer = or_(
        replica.c.version < new.version,
        and_(
            replica.c.version == new.version,
            or_(replica.c.position.is_(None), replica.c.position < new.position),
        ),
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[replica.c.id],
            set_={name: new[name] for name in names},
            where=None if anew else newer,
        ),
        sorted(rows, key=lambda row: str(row["id"])),  # one order for all writers: no deadlock
    )


def matching(kind: str, references: Iterable[Reference]) -> Select[Any]:
    """Live copies of `kind` that any of `references` names."""
    listed = list(references)
    external = [
        msgspec.json.encode([{"system": ref.system, "value": ref.value}]).decode()
        for ref in listed
        if ref.system
    ]
    ids, codes = [ref.id for ref in listed if ref.id], [ref.code for ref in listed if ref.code]
    named = or_(  # arrays, since a sheet can name more objects than a statement may have parameters
        replica.c.id == any_(literal(ids, ARRAY(Uuid))),
        replica.c.code == any_(literal(codes, ARRAY(String))),
        replica.c.resource["external_ids"].op("@>")(any_(cast(literal(external, ARRAY(Text)), ARRAY(JSONB)))),
    )
    return (
        select(replica)
        .where(and_(replica.c.kind == kind, ~replica.c.deleted, named))
        .execution_options(**AS_SYSTEM)
    )


async def resolve(
    session: AsyncSession, kind: str, references: Mapping[str, Reference], peer: Peer, path: str
) -> dict[str, Any]:
    """Copies by the text that named them; what is not here yet is asked of its owner at once.

    So a write sees what another service has just answered 201 for, without waiting for the feed. Names that
    the owner does not know are absent from the answer. Raises DependencyUnavailable (503) when something
    is missing and the owner is down. Two queries, and one call for some hundreds of references.
    """
    found = await _find(session, kind, references)
    missing = {text: ref for text, ref in references.items() if text not in found}
    if missing:
        await store(session, [_row(kind, item, False) for item in await _ask(peer, path, missing.values())])
        found |= await _find(session, kind, missing)
    return found


async def _ask(peer: Peer, path: str, missing: Iterable[Reference]) -> list[dict[str, Any]]:
    listed = list(missing)
    external = sorted({f"{ref.system}:{ref.value}" for ref in listed if ref.system and ref.value})
    asked = [
        *_questions("code[in]", sorted({ref.code for ref in listed if ref.code})),
        *_questions("id[in]", sorted({str(ref.id) for ref in listed if ref.id})),
        *_questions("external_id[in]", [name for name in external if "," not in name]),
        # a list is separated by commas
        *({"external_id": name, "limit": "1"} for name in external if "," in name),
    ]
    items: list[dict[str, Any]] = []
    for question in asked:
        items += (await peer.get_json(path, question))["items"]
    return items


def _questions(name: str, values: Sequence[str]) -> Iterator[dict[str, str]]:
    """Queries for all values, some hundreds in each, none longer than what servers take."""
    part: list[str] = []
    for value in values:
        if part and (len(part) == _VALUES_ASKED or sum(map(len, part)) > _CHARACTERS_ASKED):
            yield {name: ",".join(part), "limit": str(_VALUES_ASKED)}
            part = []
        part.append(value)
    if part:
        yield {name: ",".join(part), "limit": str(_VALUES_ASKED)}


async def _find(session: AsyncSession, kind: str, references: Mapping[str, Reference]) -> dict[str, Any]:
    if not references:
        return {}
    rows = (await session.execute(matching(kind, references.values()))).all()
    by_id = {row.id: row for row in rows}
    by_code = {row.code: row for row in rows}
    by_external = {
        (item["system"], item["value"]): row for row in rows for item in row.resource.get("external_ids", [])
    }
    found = {
        text: by_id.get(ref.id) or by_code.get(ref.code) or by_external.get((ref.system, ref.value))
        for text, ref in references.items()
    }
    return {text: row for text, row in found.items() if row is not None}
