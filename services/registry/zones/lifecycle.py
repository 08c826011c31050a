"""The states of a zone: who brings it from which to which."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.states.machine import CREATE, Action, Facts, Machine, Reason
from chassis.states.routes import Lifecycle
from chassis.states.schemas import TransitionIn
from chassis.temporal.recording import life_bounds
from chassis.words import Words
from services.registry.zones import queries, writing
from services.registry.zones.history import ZONE_HISTORY
from services.registry.zones.models import Zone
from services.registry.zones.representation import show
from services.registry.zones.schemas import ZoneOut
from services.registry.zones.vocabulary import EXIT_REASONS, STATE_LABELS

_NATIONWIDE = Words("国家级实验区须由国家主管部门决定", "Of a national zone the nation's office decides")
_OUTSIDE = Words("不在您的写入范围内", "Outside your write scope")


def _by_its_level(facts: Facts) -> Reason | None:
    """A provincial zone is its province's affair; of any other the nationwide office decides."""
    if facts.row.tier == "provincial" or facts.actor.write.everywhere:
        return None
    return Reason("nationwide_scope_needed", _NATIONWIDE, {"tier": facts.row.tier}, personal=True)


def _in_write_scope(facts: Facts) -> Reason | None:
    if facts.actor.write.covers(facts.row.division_path, facts.row.id):
        return None
    return Reason("outside_write_scope", _OUTSIDE, personal=True)


_GUARDS = (_by_its_level, _in_write_scope)
ZONE_MACHINE: Final = Machine(
    name="zone",
    title=Words("实验区的状态", "States of a zone"),
    states=STATE_LABELS,
    opening=("candidate", "operating", "exited"),  # the last two by registration of zones with a past
    actions=(
        Action(
            "accept",
            Words("批准", "Accept"),
            ("candidate",),
            "operating",
            "zone.decide",
            requires=("comment",),
            apart_from=(CREATE,),
            guards=_GUARDS,
        ),
        Action(
            "exit",
            Words("退出", "Exit"),
            ("candidate", "operating"),
            "exited",
            "zone.decide",
            requires=("comment",),
            reasons=EXIT_REASONS,
            guards=_GUARDS,
        ),
        Action(
            "reinstate",
            Words("恢复", "Reinstate"),
            ("exited",),
            "operating",
            "zone.decide",
            requires=("comment",),
            apart_from=("exit",),
            guards=_GUARDS,
        ),
    ),
)


async def _find(session: AsyncSession, caller: Principal, ref: str, lock: bool) -> Zone:
    return await queries.find(session, caller, ref, lock=lock)


async def _apply(
    session: AsyncSession, zone: Zone, action: Action, body: TransitionIn, since: date, actor: Principal
) -> None:
    left = action.after == "exited"
    values: dict[str, Any] = {
        "state": action.after,
        "exit_reason": body.reason if left else None,
        "exited_year": since.year if left else None,
    }
    await writing.amend(session, zone, values, actor, since, {"action": action.name})


async def _beginning(session: AsyncSession, zone: Zone) -> date | None:
    life = (await life_bounds(session, ZONE_HISTORY, [zone.id])).get(zone.id)
    return life[0] if life else None


def _place(zone: Zone) -> tuple[list[str], UUID | None]:
    return zone.division_path, zone.id


ZONE_LIFECYCLE: Final = Lifecycle(
    machine=ZONE_MACHINE,
    read="zone.read",
    act="zone.decide",
    out=ZoneOut,
    find=_find,
    show=show,
    apply=_apply,
    beginning=_beginning,
    place=_place,
)
