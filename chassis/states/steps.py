"""Transitions that have happened to an object, and one more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.ids import new_id
from chassis.problems import Forbidden, Issue, TransitionDenied, ValidationFailed
from chassis.states.machine import Action, Facts, Machine, Step
from chassis.states.schemas import (
    AllowedAction,
    DeniedAction,
    DeniedReason,
    StepOut,
    TransitionIn,
    TransitionsOut,
)
from chassis.states.tables import transition
from chassis.words import Words

_UNKNOWN = Words("没有此操作; 可用: {known}", "There is no such action; known: {known}")
_REQUIRED = Words("此操作必须填写 {name}", "This action needs {name}")
_NO_REASON = Words("此操作不带原因", "This action takes no reason")
_ONE_OF = Words("应为: {known}", "Must be one of {known}")
_AHEAD = Words("生效日期不得晚于今天", "The effective date must not be later than today")
_BEHIND = Words("生效日期不得早于 {earliest}", "The effective date must not be before {earliest}")


async def steps_of(session: AsyncSession, id: UUID) -> list[StepOut]:
    """Oldest first; the caller has been let see the object. One query."""
    return (await steps_of_all(session, [id])).get(id, [])


async def steps_of_all(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[StepOut]]:
    """Those of each of the objects, oldest first; an object without any is absent. One query."""
    statement = (
        select(transition)
        .where(transition.c.subject_id.in_(ids))
        .order_by(transition.c.subject_id, transition.c.version)
    )
    found: dict[UUID, list[StepOut]] = {}
    for row in await session.execute(statement, execution_options=AS_SYSTEM):
        found.setdefault(row.subject_id, []).append(StepOut.model_validate(row))
    return found


def facts_of(row: Any, steps: Sequence[StepOut], actor: Any) -> Facts:
    taken = [Step(s.action, s.from_state, s.to_state, s.actor, s.effective_date) for s in steps]
    return Facts(row, taken, actor)


def describe(
    machine: Machine, state: str, version: int, facts: Facts, steps: list[StepOut], language: str
) -> TransitionsOut:
    """What is allowed and what is denied, with reasons."""
    answer = TransitionsOut(state=state, version=version, allowed=[], denied=[], steps=steps)
    for action in machine.actions:
        label = action.label.pick(language)
        reasons = machine.why_not(action, state, facts)
        if reasons:
            denied = [
                DeniedReason(code=r.code, message=r.message.pick(language), params=dict(r.params))
                for r in reasons
            ]
            answer.denied.append(DeniedAction(action=action.name, label=label, reasons=denied))
        else:
            answer.allowed.append(
                AllowedAction(
                    action=action.name,
                    label=label,
                    requires=list(action.required),
                    reasons=list(action.reasons),
                )
            )
    return answer


def permitted(machine: Machine, state: str, facts: Facts, body: TransitionIn) -> Action:
    """The action that is asked for.

    Raises 422 where there is none of the name or the request lacks what it requires; 403 where somebody else
    might do it, 409 where nobody may do it now: each with all reasons.
    """
    action = machine.action(body.action)
    if action is None:
        known = ", ".join(item.name for item in machine.actions)
        raise _invalid("action", "unknown_action", _UNKNOWN.filled(known=known))
    reasons = machine.why_not(action, state, facts)
    if reasons:
        issues = [Issue(r.code, r.message, pointer="#/action", params=r.params) for r in reasons]
        kind = Forbidden if any(reason.personal for reason in reasons) else TransitionDenied
        raise kind(reasons[0].message, issues=issues)
    for name in action.required:
        if not getattr(body, name):
            raise _invalid(name, "required", _REQUIRED.filled(name=name))
    if body.reason is not None and not action.reasons:
        raise _invalid("reason", "not_allowed", _NO_REASON)
    if body.reason is not None and body.reason not in action.reasons:
        raise _invalid("reason", "not_allowed", _ONE_OF.filled(known=", ".join(action.reasons)))
    return action


def effective_date(body: TransitionIn, facts: Facts, beginning: date | None, today: date) -> date:
    """From when the step holds: today, or a day named that is neither ahead nor before the step before it.

    `beginning` is the first day that is on record of the object. Raises 422.
    """
    chosen = body.effective_date or today
    earliest = facts.steps[-1].effective_date if facts.steps else beginning
    if chosen > today:
        raise _invalid("effective_date", "effective_in_future", _AHEAD)
    if earliest is not None and chosen < earliest:
        raise _invalid("effective_date", "effective_too_early", _BEHIND.filled(earliest=earliest.isoformat()))
    return chosen


async def keep_step(
    session: AsyncSession,
    kind: str,
    row: Any,
    step: Step,
    body: TransitionIn,
    place: tuple[Sequence[str], UUID | None],
) -> None:
    """Store the step that brought the object to its present version."""
    await session.execute(
        insert(transition).values(
            id=new_id(),
            kind=kind,
            subject_id=row.id,
            version=row.version,
            action=step.action,
            from_state=step.from_state,
            to_state=step.to_state,
            actor=step.actor,
            effective_date=step.effective_date,
            comment=body.comment,
            reason=body.reason,
            items=[item.model_dump() for item in body.items],
            division_path=list(place[0]),
            zone_id=place[1],
        )
    )


def _invalid(name: str, code: str, words: Words) -> ValidationFailed:
    return ValidationFailed(words, issues=[Issue(code, words, pointer=f"#/{name}")])
