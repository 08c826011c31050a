"""Routes that a test needs and no service has: one that breaks, one that is slow, one that only counts."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from sqlalchemy import func, select

from chassis.app import Service
from chassis.decimals import DecimalString
from chassis.feed.outbox import Change, emit
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.problems import Issue, ValidationFailed
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import In, Out
from chassis.words import Words
from services.registry.app import SERVICE as REGISTRY

SECRET = "SELECT password FROM /srv/secret.py"  # what an exception might say
router = ResourceRouter("probe")
Caller = Annotated[Principal, require("zone.read")]


class Note(In):
    text: str
    number: DecimalString | None = None
    count: int | None = None
    refuse: bool = False


class NoteOut(Out):
    text: str
    number: DecimalString | None
    made: int


@router.post("/probe/notes", status_code=201, operation_id="probe_note", summary="Count one effect")
async def make_note(caller: Caller, body: Note, session: Transaction) -> NoteOut:
    """Each call has one effect, an event, whatever the body says; `refuse` takes it back by a 422."""
    await emit(session, caller.subject, [Change("note", "created", uuid4(), 1, {})])
    if body.refuse:
        words = Words("被拒绝", "Refused")
        raise ValidationFailed(words, issues=[Issue("refused", words, pointer="#/refuse")])
    pid = await session.scalar(select(func.pg_backend_pid()))
    return NoteOut(text=body.text, number=body.number, made=pid or 0)


@router.get("/probe/broken", operation_id="probe_broken", summary="Raise what nobody expects")
async def broken(_caller: Caller) -> Out:
    raise RuntimeError(SECRET)


@router.get("/probe/slow", operation_id="probe_slow", summary="A statement of ten seconds")
async def slow(_caller: Caller, session: Transaction) -> Out:
    await session.execute(select(func.pg_sleep(10)))
    return Out()


# It answers as the registry, so that it has a schema, a role and keys.
PROBE = Service(
    name="registry",
    title="Probe",
    description="Routes for tests.",
    routers=[router, *REGISTRY.routers],
    peers=REGISTRY.peers,
    vocabularies=REGISTRY.vocabularies,
)
