"""`expand=actions`: what `GET …/transitions` answers, shown with the resource itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.access import Requirement
from chassis.identity.principal import Principal
from chassis.language import caller_language
from chassis.routing import session_of
from chassis.shape.expansion import Expansion
from chassis.states.routes import Lifecycle
from chassis.states.schemas import TransitionsOut
from chassis.states.steps import describe, facts_of, steps_of_all

# The stored objects of these ids that the caller may see, as they are now. One query.
FindAll = Callable[[AsyncSession, Principal, Sequence[UUID]], Awaitable[Sequence[Any]]]


def actions_of(lifecycle: Lifecycle, owner: str, find_all: FindAll) -> Expansion:
    """The part `actions` of a resource: as it is now, whatever moment it is read at. Two queries for all."""

    async def fetch(
        request: Request, resources: Sequence[Mapping[str, Any]]
    ) -> Sequence[TransitionsOut | None]:
        caller = Requirement(lifecycle.read).check(request)
        session, language = session_of(request), caller_language(request)
        ids = [UUID(resource["id"]) for resource in resources]
        steps = await steps_of_all(session, ids)
        shown = {
            row.id: describe(
                lifecycle.machine,
                row.state,
                row.version,
                facts_of(row, steps.get(row.id, []), caller),
                steps.get(row.id, []),
                language,
            )
            for row in await find_all(session, caller, ids)
        }
        return [shown.get(id) for id in ids]

    return Expansion(TransitionsOut, fetch, permission=lifecycle.read, owner=owner)
