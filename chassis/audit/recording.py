"""One audit record for each transaction that changed something, written just before it commits.

Events bring their record with them (`chassis.feed.outbox.emit` calls `note_changes`); what has no event is
told by `record`. Who asks for what stands in `Asked`, which the route leaves on the session. However many
objects a transaction changes, it leaves one record: a batch is told by counts and a digest over its changes.
Savepoints that are rolled back take what was noted in them along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import column, event, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from chassis.audit.chain import canonical, digest, new_salt, salted_digest
from chassis.audit.guard import is_within, refuse_unrecorded
from chassis.audit.tables import audit_pending, audit_personal
from chassis.database import ScopedSession
from chassis.ids import new_id
from chassis.tracing import current_trace_id

_ASKED, _NOTES, _ACTION = "audit_asked", "audit_notes", "audit_action"
_BACKGROUND = "background"
_WAIT = insert(audit_pending)
# as text, since every change of an object asks it: it is half as dear as the same statement built each time
_TOLD_BEFORE = text(
    """
    SELECT data -> 'resource' AS resource FROM feed WHERE subject_id = :id AND version = :version
    UNION ALL
    SELECT data -> 'resource' FROM outbox WHERE subject_id = :id AND version = :version
    LIMIT 1
    """
).columns(column("resource", JSONB))


@dataclass(frozen=True)
class Asked:
    """Who asks for which operation, and why (`reason`, if they say so)."""

    actor: str
    roles: Sequence[str]
    action: str
    reason: str | None = None


@dataclass(frozen=True)
class Touched:
    """A change of one object: the digest of its state after it, and the state before where no feed tells.

    Not the state itself: an import may touch a hundred thousand objects, and all wait here for the commit.
    """

    kind: str
    change: str
    id: UUID
    version: int
    after: str
    before: Any = None
    division_path: Sequence[str] = ()
    zone_id: UUID | None = None
    told_again: bool = False
    personal: Mapping[str, str] = field(default_factory=dict)
    about: str | None = None

    def summary(self) -> dict[str, Any]:
        return {
            "after": self.after,
            "change": self.change,
            "id": self.id,
            "kind": self.kind,
            "version": self.version,
        }


@dataclass(frozen=True)
class _Note:
    """What was told at one time, within the savepoint that was open then."""

    savepoint: SessionTransaction | None
    actor: str | None = None
    action: str | None = None
    changes: Sequence[Touched] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    about: str | None = None


def ask(session: AsyncSession, asked: Asked) -> None:
    """Say on whose behalf the session's transaction is."""
    session.info[_ASKED] = asked


def name_action(session: AsyncSession, action: str) -> None:
    """Name what a transaction does that nobody asked for; its changes are the service's own."""
    session.info[_ACTION] = action


def note_changes(session: AsyncSession, actor: str, changes: Iterable[Touched]) -> None:
    """The transaction's record shall tell of `changes`; for `emit`."""
    listed = tuple(changes)
    if listed:
        _notes(session.sync_session).append(_Note(_savepoint(session), actor, changes=listed))


def record(
    session: AsyncSession,
    action: str | None = None,
    *,
    actor: str | None = None,
    details: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
    about: str | None = None,
) -> None:
    """The transaction's record shall tell of something that has no event.

    `details` stand in it as they are: facts that never have to be erased. `personal` stands in it as salted
    digests, `about` the account or object that these values are about (the actor, if not given).
    """
    note = _Note(
        _savepoint(session),
        actor,
        action,
        details=details or {},
        personal=personal or {},
        about=about,
    )
    _notes(session.sync_session).append(note)


def _notes(session: Session) -> list[_Note]:
    notes: list[_Note] = session.info.setdefault(_NOTES, [])
    return notes


def _savepoint(session: AsyncSession) -> SessionTransaction | None:
    return session.sync_session.get_nested_transaction()


@event.listens_for(ScopedSession, "after_soft_rollback")
def _forget_undone(session: Session, previous: SessionTransaction) -> None:
    if session.info.get(_NOTES):
        session.info[_NOTES] = [note for note in _notes(session) if not is_within(note.savepoint, previous)]


@event.listens_for(ScopedSession, "before_commit")
def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is released; the transaction goes on
    session.flush()  # what was only added must be seen by the guard
    notes: list[_Note] = session.info.pop(_NOTES, [])
    asked: Asked | None = session.info.get(_ASKED)
    if not notes:
        if asked is not None:
            refuse_unrecorded(session, asked.action)
        return
    record_id = new_id()
    actor = _actor(session, asked, notes)
    personal: dict[str, str] = {}
    kept: list[dict[str, Any]] = []
    for given, value, about in _personal(asked, notes):
        salt, name = new_salt(), given
        while name in personal:  # several accounts have each their name
            name += "_"
        personal[name] = salted_digest(salt, value)
        owner = about or actor
        kept.append({"record_id": record_id, "name": name, "about": owner, "salt": salt, "value": value})
    told_of = canonical(
        {
            **_about_changes(session, [change for note in notes for change in note.changes]),
            "action": _action(session, asked, notes),
            "actor": actor,
            "details": {name: value for note in notes for name, value in note.details.items()},
            "id": record_id,
            "occurred_at": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "on_behalf_of": _on_behalf_of(actor, notes),
            "personal": personal,
            "roles": sorted(asked.roles) if asked is not None else [],
            "trace_id": current_trace_id(),
        }
    ).decode()
    session.execute(_WAIT, {"record": told_of})
    if kept:
        session.execute(insert(audit_personal), kept)


def _personal(asked: Asked | None, notes: Sequence[_Note]) -> Iterator[tuple[str, str, str | None]]:
    """Name, clear value and whom it is about (nothing: the actor)."""
    for note in notes:
        yield from ((name, value, note.about) for name, value in note.personal.items())
        for change in note.changes:
            about = change.about or f"{change.kind}:{change.id}"
            yield from ((name, value, about) for name, value in change.personal.items())
    if asked is not None and asked.reason:
        yield "reason", asked.reason, None


def _actor(session: Session, asked: Asked | None, notes: Sequence[_Note]) -> str:
    """Who signs in is nobody yet when they ask; then the note knows better."""
    named = [note.actor for note in notes if note.actor is not None and not note.changes]
    if named:
        return named[-1]
    return asked.actor if asked is not None else f"service:{session.info['service']}"


def _action(session: Session, asked: Asked | None, notes: Sequence[_Note]) -> str:
    named = [note.action for note in notes if note.action is not None]
    if named:
        return named[-1]
    return asked.action if asked is not None else session.info.get(_ACTION, _BACKGROUND)


def _on_behalf_of(actor: str, notes: Sequence[_Note]) -> str | None:
    """Who caused a change that the service made by itself, if it was one."""
    others = {note.actor for note in notes if note.changes} - {actor}
    return others.pop() if len(others) == 1 else None


def _about_changes(session: Session, changes: Sequence[Touched]) -> dict[str, Any]:
    """The members of a record that tell what was changed: one object, or a batch."""
    one = _main_object(changes)
    before = None if one is None else _before(session, one)
    several = None
    if len(changes) > 1:
        several = {
            "count": len(changes),
            "digest": digest([change.summary() for change in changes]),
            "kinds": dict(Counter(f"{change.kind}.{change.change}" for change in changes)),
        }
    return {
        "after": None if one is None else one.after,
        "before": None if before is None else digest(before),
        "change": None if one is None else one.change,
        "changes": several,
        "object": None if one is None else {"id": one.id, "kind": one.kind, "version": one.version},
        "place": _place(changes),
    }


def _main_object(changes: Sequence[Touched]) -> Touched | None:
    """The only one, or the one among many (a framework with its indicators).

    What is only told again, since it goes where another object went, does not count beside that one.
    """
    written = [change for change in changes if not change.told_again] or changes
    by_kind = Counter(change.kind for change in written)
    single = [change for change in written if by_kind[change.kind] == 1]
    return single[0] if len(single) == 1 else None


def _before(session: Session, change: Touched) -> Any:
    """The state that the feed told of the version before; nothing for a first version."""
    if change.before is not None or change.version == 1:
        return change.before
    return session.scalar(_TOLD_BEFORE, {"id": change.id, "version": change.version - 1})


def _place(changes: Sequence[Touched]) -> dict[str, Any]:
    """Where all of it belongs: the common beginning of the divisions' paths."""
    paths = [change.division_path for change in changes]
    common: list[str] = []
    for codes in zip(*paths, strict=False):
        if len(set(codes)) > 1:
            break
        common.append(codes[0])
    zones = {change.zone_id for change in changes}
    return {"division_path": common, "zone_id": zones.pop() if len(zones) == 1 else None}
