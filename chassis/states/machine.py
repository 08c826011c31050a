"""A state machine as a table, and who may do what in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.identity.principal import Principal
from chassis.words import Words

CREATE = "create"  # names the object's creator where an action asks who did another


@dataclass(frozen=True)
class Step:
    """A transition that has happened."""

    action: str
    from_state: str
    to_state: str
    actor: str
    effective_date: date


@dataclass(frozen=True)
class Facts:
    """What is judged by: the stored object, what has happened to it (oldest first), and who asks."""

    row: Any
    steps: Sequence[Step]
    actor: Principal


@dataclass(frozen=True)
class Reason:
    """Why an action is denied; `personal` where another person might do it."""

    code: str
    message: Words
    params: Mapping[str, Any] = field(default_factory=dict)
    personal: bool = False


Guard = Callable[[Facts], Reason | None]


@dataclass(frozen=True)
class Action:
    """One row of the table: from any of `before` to `after`.

    `requires` names members that the request must bring (`comment`, `effective_date`, `items`); `reasons` are
    the values of which it must bring one as `reason`. Whoever did any of `apart_from` may not do this (four
    eyes). `guards` are further conditions, in the words of the domain.
    """

    name: str
    label: Words
    before: tuple[str, ...]
    after: str
    permission: str
    requires: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    apart_from: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        return (("reason",) if self.reasons else ()) + self.requires


@dataclass(frozen=True)
class Machine:
    """States with their labels, those in which an object may enter (`opening`), and the actions.

    Raises ValueError for a table that names states or actions which it does not have.
    """

    name: str
    title: Words
    states: Mapping[str, Words]
    opening: tuple[str, ...]
    actions: tuple[Action, ...]

    def __post_init__(self) -> None:
        names = [action.name for action in self.actions]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: two actions have one name")
        for action in self.actions:
            unknown = {*action.before, action.after, *self.opening} - set(self.states)
            strangers = set(action.apart_from) - {*names, CREATE}
            if unknown or strangers:
                raise ValueError(f"{self.name}: {action.name} names {sorted(unknown | strangers)}")

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)

    def why_not(self, action: Action, state: str, facts: Facts) -> list[Reason]:
        """All reasons for which the actor may not do it now; empty if they may."""
        reasons = []
        if state not in action.before:
            reasons.append(self._wrong_state(action, state))
        if action.permission not in facts.actor.permissions:
            words = Words(f"缺少权限 {action.permission}", f"The permission {action.permission} is missing")
            reasons.append(Reason("permission_missing", words, {"permission": action.permission}, True))
        for other in action.apart_from:
            if _last_actor(other, facts) == facts.actor.subject:
                words = Words("不得办理本人提交的事项", "Nobody decides on what they did themselves")
                reasons.append(Reason("four_eyes", words, {"action": other}, True))
        found = (guard(facts) for guard in action.guards)
        return [*reasons, *(reason for reason in found if reason is not None)]

    def _wrong_state(self, action: Action, state: str) -> Reason:
        here, there = self.states[state], [self.states[name] for name in action.before]
        words = Words(
            f"当前状态为“{here.zh}”, 需为“{'、'.join(label.zh for label in there)}”",
            f"It is {here.en}, and must be {' or '.join(label.en for label in there)}",
        )
        return Reason("wrong_state", words, {"state": state, "before": list(action.before)})

    def replay(self, opening: str, steps: Sequence[Step]) -> str:
        """The state to which the steps lead; ValueError for a step that the table does not have."""
        state = opening
        for step in steps:
            action = self.action(step.action)
            legal = action is not None and state in action.before and action.after == step.to_state
            if not legal or step.from_state != state:
                raise ValueError(f"{step.action} does not lead from {state} to {step.to_state}")
            state = step.to_state
        return state


def _last_actor(action: str, facts: Facts) -> str | None:
    if action == CREATE:
        creator: str = facts.row.created_by
        return creator
    return next((step.actor for step in reversed(facts.steps) if step.action == action), None)
