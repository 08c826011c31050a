"""`GET` and `POST …/transitions`, the same for every resource that has states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.etag import IfMatch, check_version
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import ResourceOut
from chassis.states.machine import Action, Machine, Step
from chassis.states.schemas import TransitionIn, TransitionsOut
from chassis.states.steps import describe, effective_date, facts_of, keep_step, permitted, steps_of
from chassis.temporal.moment import today


@dataclass(frozen=True)
class Lifecycle:
    """How a resource goes through the states of a machine.

    `find` gives the object that the caller may see, locked if asked, or raises 404; `out` and `show` answer
    it; `apply` writes what an action changes, with history and event, and raises the version by one;
    `beginning` is the first day that is on record of it; `place` says where it belongs.
    """

    machine: Machine
    read: str
    act: str
    out: type[ResourceOut]
    find: Callable[[AsyncSession, Principal, str, bool], Awaitable[Any]]
    show: Callable[[Any, str], ResourceOut]
    apply: Callable[[AsyncSession, Any, Action, TransitionIn, date, Principal], Awaitable[None]]
    beginning: Callable[[AsyncSession, Any], Awaitable[date | None]]
    place: Callable[[Any], tuple[list[str], UUID | None]]


def add_transitions(router: ResourceRouter, collection: str, lifecycle: Lifecycle) -> None:
    """Register both routes below `/{collection}/{ref}`; the resource's state is its member `state`."""
    machine, name = lifecycle.machine, lifecycle.machine.name
    can_read, can_act = (
        Annotated[Principal, require(lifecycle.read)],
        Annotated[Principal, require(lifecycle.act)],
    )

    async def list_transitions(
        reader: Any, ref: str, session: Transaction, language: Language
    ) -> TransitionsOut:
        row = await lifecycle.find(session, reader, ref, False)
        steps = await steps_of(session, row.id)
        facts = facts_of(row, steps, reader)
        return describe(machine, row.state, row.version, facts, steps, language)

    async def transition(
        actor: Any, ref: str, version: IfMatch, body: TransitionIn, session: Transaction, language: Language
    ) -> ResourceOut:
        row = await lifecycle.find(session, actor, ref, True)
        await check_version(session, row, version, lifecycle.show(row, language))
        facts = facts_of(row, await steps_of(session, row.id), actor)
        before = row.state
        action = permitted(machine, before, facts, body)
        since = effective_date(body, facts, await lifecycle.beginning(session, row), today())
        await lifecycle.apply(session, row, action, body, since, actor)
        step = Step(action.name, before, action.after, actor.subject, since)
        await keep_step(session, name, row, step, body, lifecycle.place(row))
        return lifecycle.show(row, language)

    # the annotations are locals, which FastAPI could not resolve from strings
    list_transitions.__annotations__["reader"] = can_read
    transition.__annotations__["actor"] = can_act
    actions = ", ".join(f"`{action.name}`" for action in machine.actions)
    router.add_api_route(
        f"/{collection}/{{ref}}/transitions",
        list_transitions,
        methods=["GET"],
        operation_id=f"list_{name}_transitions",
        summary=f"What the caller may do with a {name}, and what was done",
        description="What is allowed and what it requires; what is denied, with all reasons; the steps.",
    )
    router.add_api_route(
        f"/{collection}/{{ref}}/transitions",
        transition,
        methods=["POST"],
        response_model=lifecycle.out,
        operation_id=f"transition_{name}",
        summary=f"Change the state of a {name}",
        description=f"One of {actions}, under If-Match. Denials name every reason.",
    )
