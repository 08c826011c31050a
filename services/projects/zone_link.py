"""The zone that a record belongs to: its scope, its part of the answer, and how a writer names it.

Zones are the registry's. Here they are rows of the replica, joined at every read, so that a zone's new name
or place holds for its records at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import ForeignKey, Select, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM
from chassis.feed.replica import matching, resolve
from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import EXACT, Filter
from chassis.peers import Peer
from chassis.problems import Forbidden, Issue, ValidationFailed
from chassis.resource import ResourceColumns
from chassis.schemas import Names, Out
from chassis.text import Name, fold_code
from chassis.words import Words

KIND = "zone"
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
# The place of a record without a zone in the feed: no division's code, so that only nationwide scopes see it.
NATION = ("nation",)
UNKNOWN_ZONE = Words("没有这个实验区", "There is no such zone")
OUTSIDE = Words("该记录的实验区不在您的写入范围内", "The record's zone is outside your write scope")

ZoneRow: TypeAlias = Any  # a Row with id, code, resource, division_path of the replica


def zone_reference(text: str) -> Reference:
    """A UUID, `code:XXX`, `ext:system:value`, or the bare code as sheets carry it."""
    try:
        return Reference.parse(text)
    except ValueError:
        return Reference(code=fold_code(text))


def _nameable(text: str) -> str:
    code = zone_reference(text).code
    # what cannot be a code is not asked of the registry: it would answer 400, which is no answer to us
    if not text.isprintable() or (code is not None and not _CODE.fullmatch(code)):
        raise PydanticCustomError("unknown_zone", UNKNOWN_ZONE.en, {"words": UNKNOWN_ZONE})
    return text


# How a body or a sheet names a zone; see `zone_reference`.
ZoneName = Annotated[Name, AfterValidator(_nameable)]


class ZonePart(Out):
    """The zone as its records show it."""

    id: UUID
    code: str
    name: str
    names: Names


class ZoneLinked(ResourceColumns):
    """Columns of a record that may belong to a zone; one without belongs to the nation."""

    code: Mapped[str] = mapped_column()
    zone_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("replica.id"), index=True)


def visible_to(principal: Principal, model: type[ZoneLinked]) -> Select[Any]:
    """(record, zone's resource, zone's division path) of what the caller may see.

    The zone's members are null for a record of the nation, which only nationwide scopes see.
    """
    return (
        select(model, replica.c.resource.label("zone"), replica.c.division_path.label("zone_path"))
        .select_from(model)
        .outerjoin(replica, replica.c.id == model.zone_id)
        .where(model.deleted_at.is_(None), in_scope(principal.view, replica.c.division_path, model.zone_id))
        .execution_options(scope="caller")
    )


PROVINCE = replica.c.division_path[1]


def zone_filters(model: type[ZoneLinked]) -> dict[str, Filter]:
    """`zone` and `within` of a list that starts from `visible_to`."""

    def of_zone(text: str) -> Any:
        return model.zone_id.in_(matching(KIND, [zone_reference(text)]).with_only_columns(replica.c.id))

    def within(code: str) -> Any:
        return replica.c.division_path.contains([code])

    return {
        "zone": Filter(
            kind="text", condition=of_zone, description="UUID, code:CODE, ext:SYSTEM:VALUE or the bare code"
        ),
        "within": Filter(
            kind="code", condition=within, description="Zones of a division and of all below it"
        ),
        "province": Filter(PROVINCE, "code", (*EXACT, "isnull")),
    }


def zone_part(resource: Mapping[str, Any] | None, language: str) -> ZonePart | None:
    if resource is None:
        return None
    names = Names.model_validate(resource["names"])
    return ZonePart(id=resource["id"], code=resource["code"], name=names.pick(language), names=names)


async def find_zones(session: AsyncSession, texts: Iterable[str], registry: Peer) -> dict[str, UUID]:
    """Ids by the text that names the zone; unknown ones are absent.

    Raises DependencyUnavailable (503) when one is not in the replica and the registry is down.
    """
    references = {text: zone_reference(text) for text in texts}
    found = await resolve(session, KIND, references, registry, "/api/v1/zones")
    return {text: row.id for text, row in found.items()}


async def find_zone(session: AsyncSession, text: str | None, registry: Peer) -> UUID | None:
    """As `find_zones` for one; None stays None. Raises ValidationFailed (422, `unknown_zone`)."""
    if text is None:
        return None
    found = await find_zones(session, [text], registry)
    if text not in found:
        issue = Issue("unknown_zone", UNKNOWN_ZONE, pointer="#/zone", params={"zone": text})
        raise ValidationFailed(UNKNOWN_ZONE, issues=[issue])
    return found[text]


async def hold_zones(
    session: AsyncSession, ids: Iterable[UUID | None], *, lock: bool = True
) -> dict[UUID, ZoneRow]:
    """Zones by id, kept as they are until this transaction ends (unless nothing is to be written).

    A writer holds the zones before it locks its records, and the feed changes zones before it locks theirs:
    so no event can tell of a record with the zone as it was before, and neither waits in a circle.
    """
    wanted = {zone_id for zone_id in ids if zone_id is not None}
    if not wanted:
        return {}
    statement = (
        select(replica.c.id, replica.c.code, replica.c.resource, replica.c.division_path)
        .where(replica.c.id.in_(wanted))
        .order_by(replica.c.id)
    )
    if lock:
        statement = statement.with_for_update(read=True)
    return {row.id: row for row in await session.execute(statement, execution_options=AS_SYSTEM)}


def may_write(principal: Principal, zone: ZoneRow | None) -> bool:
    if zone is None:
        return principal.write.everywhere
    return principal.write.covers(zone.division_path, zone.id)


def require_write_at(principal: Principal, zone: ZoneRow | None) -> None:
    """Raise 403 unless records of this zone, or of the nation, lie in the caller's write scope."""
    if not may_write(principal, zone):
        raise Forbidden(OUTSIDE, members={"reason": "outside_write_scope"})
