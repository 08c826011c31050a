"""A declared table: what it permits, why not, and what it refuses to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.identity.principal import EVERYWHERE, Principal
from chassis.states.diagram import mermaid
from chassis.states.machine import CREATE, Action, Facts, Machine, Reason, Step
from chassis.words import Words

LABEL = Words("甲", "A")


def _not_on_paper(facts: Facts) -> Reason | None:
    return Reason("on_paper", Words("仅有纸质", "On paper only")) if facts.row.paper else None


MACHINE = Machine(
    name="thing",
    title=Words("事项", "Thing"),
    states={name: Words(name, name) for name in ("draft", "submitted", "approved")},
    opening=("draft",),
    actions=(
        Action("submit", LABEL, ("draft",), "submitted", "thing.write", guards=(_not_on_paper,)),
        Action("return", LABEL, ("submitted",), "draft", "thing.decide", requires=("comment",)),
        Action("approve", LABEL, ("submitted",), "approved", "thing.decide", apart_from=(CREATE, "submit")),
    ),
)
PEOPLE = {
    "writer": frozenset({"thing.write"}),
    "chief": frozenset({"thing.write", "thing.decide"}),
    "deputy": frozenset({"thing.write", "thing.decide"}),
    "guest": frozenset[str](),
}


def person(name: str) -> Principal:
    return Principal(name, "gateway", view=EVERYWHERE, write=EVERYWHERE, permissions=PEOPLE[name])


def facts(actor: str, steps: Sequence[Step] = (), *, creator: str = "writer", paper: bool = False) -> Facts:
    return Facts(SimpleNamespace(created_by=creator, paper=paper), steps, person(actor))


def reasons(action: str, state: str, given_facts: Facts) -> list[str]:
    found = MACHINE.action(action)
    assert found is not None
    return [reason.code for reason in MACHINE.why_not(found, state, given_facts)]


def test_every_reason_is_told_at_once() -> None:
    assert reasons("submit", "approved", facts("guest", paper=True)) == [
        "wrong_state",
        "permission_missing",
        "on_paper",
    ]


@given(
    creator=st.sampled_from(sorted(PEOPLE)),
    tries=st.lists(
        st.tuples(st.sampled_from(["submit", "return", "approve"]), st.sampled_from(sorted(PEOPLE)))
    ),
)
def test_random_actions_of_random_people_follow_the_rules(creator: str, tries: list[tuple[str, str]]) -> None:
    moves = {
        ("submit", "draft"): "submitted",
        ("return", "submitted"): "draft",
        ("approve", "submitted"): "approved",
    }
    state, submitter = "draft", ""
    steps: list[Step] = []
    for action, actor in tries:
        denied = reasons(action, state, facts(actor, steps, creator=creator))
        needed = "thing.write" if action == "submit" else "thing.decide"
        own = action == "approve" and actor in {creator, submitter}
        assert ("wrong_state" in denied) == ((action, state) not in moves)
        assert ("permission_missing" in denied) == (needed not in PEOPLE[actor])
        assert ("four_eyes" in denied) == own
        if denied:
            continue
        after = moves[action, state]
        steps.append(Step(action, state, after, actor, date(2026, 1, 1)))
        state, submitter = after, actor if action == "submit" else submitter
    assert MACHINE.replay("draft", steps) == state


def test_a_replay_refuses_a_step_that_the_table_does_not_have() -> None:
    step = Step("approve", "draft", "approved", "chief", date(2026, 1, 1))
    with pytest.raises(ValueError, match="approve"):
        MACHINE.replay("draft", [step])


@pytest.mark.parametrize(
    "wrong",
    [
        Action("a", LABEL, ("nowhere",), "draft", "p"),
        Action("a", LABEL, ("draft",), "nowhere", "p"),
        Action("a", LABEL, ("draft",), "draft", "p", apart_from=("b",)),
    ],
)
def test_a_table_names_only_what_it_has(wrong: Action) -> None:
    with pytest.raises(ValueError, match="thing"):
        Machine("thing", LABEL, {"draft": LABEL}, ("draft",), (wrong,))


def test_two_actions_may_not_have_one_name() -> None:
    action = Action("a", LABEL, ("draft",), "draft", "p")
    with pytest.raises(ValueError, match="one name"):
        Machine("thing", LABEL, {"draft": LABEL}, ("draft",), (action, action))


def test_the_picture_shows_every_state_and_every_arrow() -> None:
    lines = mermaid(MACHINE).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert "    [*] --> draft" in lines
    assert "    submitted --> approved: approve 甲" in lines
    assert len(lines) == 1 + 3 + 1 + 3
