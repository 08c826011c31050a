"""Records that may belong to a zone: how they are found, shown and told of.

Projects and achievements differ in their members only; each declares itself once as `Records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.writing import Place
from chassis.feed.outbox import Change
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.language import caller_language
from chassis.peers import Peer
from chassis.problems import NotFound
from chassis.routing import session_of
from services.projects.record_schemas import RecordEntry, RecordOut
from services.projects.zone_link import NATION, ZoneLinked, ZoneRow, visible_to, zone_part

Model = TypeVar("Model", bound=ZoneLinked)
Entry = TypeVar("Entry", bound=RecordEntry)
Shown = TypeVar("Shown", bound=RecordOut)
FEED_LANGUAGE = "zh-Hans"  # events speak to no caller: `name` is the Chinese one, `names` holds both


@dataclass(frozen=True)
class Exchange:
    """What a request brings besides its caller: the transaction, the registry to ask, the language."""

    session: AsyncSession
    registry: Peer
    language: str


def exchange_of(request: Request) -> Exchange:
    return Exchange(
        session_of(request),
        request.app.state.runtime.peers["registry"],
        caller_language(request),
    )


InExchange = Annotated[Exchange, Depends(exchange_of)]


@dataclass(frozen=True)
class Records(Generic[Model, Entry, Shown]):
    """One collection: its kind in the feed, its table, what is entered and what is answered."""

    kind: str
    model: type[Model]
    entry: type[Entry]
    out: type[Shown]

    @property
    def collection(self) -> str:
        """Its name in paths."""
        return f"{self.kind}s"

    def place(self, record: Model, zone: ZoneRow | None) -> Place:
        """Where the documents of a record lie."""
        return Place(record.id, NATION if zone is None else tuple(zone.division_path), record.zone_id)

    def show_found(self, found: Row[Any], language: str) -> Shown:
        """The answer for a row of `visible_to`."""
        return self._out(found[0], found.zone, found.zone_path or (), language)

    def show(self, record: Model, zone: ZoneRow | None, language: str) -> Shown:
        """The answer for a record and its zone."""
        if zone is None:
            return self._out(record, None, (), language)
        return self._out(record, zone.resource, zone.division_path, language)

    def _out(
        self, record: Model, zone: Mapping[str, Any] | None, path: Iterable[str], language: str
    ) -> Shown:
        stored = {name: getattr(record, name) for name in self.out.model_fields if name not in _JOINED}
        return self.out(**stored, zone=zone_part(zone, language), division_path=list(path))

    def event(self, record: Model, zone: ZoneRow | None, change: str, changed: Iterable[str]) -> Change:
        """What the feed says of a record that is locked, or was just written, by this transaction."""
        return Change(
            kind=self.kind,
            change=change,
            subject_id=record.id,
            version=record.version,
            resource=self.show(record, zone, FEED_LANGUAGE).model_dump(mode="json", by_alias=True),
            changed=member_names(changed),
            division_path=NATION if zone is None else zone.division_path,
            zone_id=record.zone_id,
        )


_JOINED = frozenset({"zone", "division_path"})  # members that come from the zone


def member_names(columns: Iterable[str]) -> list[str]:
    """Names on the wire of stored columns."""
    return sorted("zone" if name == "zone_id" else name for name in columns)


async def find(
    session: AsyncSession, records: Records[Any, Any, Any], reader: Principal, ref: str
) -> Row[Any]:
    """The row of `visible_to` that a path names; 404 when there is none that the caller may see."""
    reference = Reference.from_path(ref)
    model = records.model
    named = model.id == reference.id if reference.id else model.code == reference.code
    row: Row[Any] | None = (await session.execute(visible_to(reader, model).where(named))).one_or_none()
    if row is None:
        raise NotFound()
    return row
