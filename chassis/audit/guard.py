"""The guard that no request changes something and leaves no record.

Fails closed, as the guard of scopes does: the first call of such a route is an error, whoever tests it.
"""

from __future__ import annotations

from sqlalchemy import Table, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction, object_mapper

from chassis.database import ScopedSession

_WRITTEN = "audit_written"


class UnauditedChange(RuntimeError):
    """A request wrote to a table and left no audit record."""


def refuse_unrecorded(session: Session, operation: str) -> None:
    """Raise UnauditedChange if the session has written to a table that is not marked `UNAUDITED`."""
    written = {table for _, table in session.info.get(_WRITTEN, ())}
    if written:
        raise UnauditedChange(
            f"{operation} writes to {', '.join(sorted(written))} and records nothing: emit an event, call "
            "chassis.audit.recording.record, or mark the table with info=UNAUDITED if nobody decides there"
        )


@event.listens_for(ScopedSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _note(state.session, getattr(state.statement, "table", None))


@event.listens_for(ScopedSession, "after_flush")
def _note_flush(session: Session, _context: UOWTransaction) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in (*session.new, *changed, *session.deleted):
        for table in object_mapper(row).tables:
            _note(session, table)


def _note(session: Session, table: object) -> None:
    if isinstance(table, Table) and not table.info.get("unaudited"):
        session.info.setdefault(_WRITTEN, set()).add((session.get_nested_transaction(), table.name))


@event.listens_for(ScopedSession, "after_soft_rollback")
def _forget_undone(session: Session, ended: SessionTransaction) -> None:
    if written := session.info.get(_WRITTEN):
        session.info[_WRITTEN] = {entry for entry in written if not is_within(entry[0], ended)}


def is_within(savepoint: SessionTransaction | None, ended: SessionTransaction) -> bool:
    """What was done while `savepoint` was the innermost one is undone when `ended` is rolled back."""
    if savepoint is None:
        return not ended.nested
    at: SessionTransaction | None = savepoint
    while at is not None and at is not ended:
        at = at.parent
    return at is ended
