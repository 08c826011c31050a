"""Rules that need no database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from chassis.ids import Reference
from chassis.problems import ValidationFailed
from services.projects.projects.models import Project
from services.projects.projects.rules import BUDGET_ALONE, CURRENCY_ALONE, amount_fault
from services.projects.projects.schemas import ProjectEntry, ProjectPatch
from services.projects.record_writing import after, columns
from services.projects.records import member_names
from services.projects.zone_link import zone_reference

ZONE = UUID("0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (str(ZONE), Reference(id=ZONE)),
        ("code:SDZ-0012", Reference(code="SDZ-0012")),
        ("ext:most:2013-018", Reference(system="most", value="2013-018")),
        ("SDZ-0012", Reference(code="SDZ-0012")),
        ("ＳＤＺ-0012", Reference(code="SDZ-0012")),
    ],
)
def test_a_zone_can_be_named_in_four_ways(text: str, reference: Reference) -> None:
    assert zone_reference(text) == reference


@pytest.mark.parametrize("text", ["不是代码", "a,b", "code:", "-1", "A" * 101, "ext:most:a\nb"])
def test_what_cannot_name_a_zone_is_refused_without_asking(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ProjectEntry.model_validate({"code": "P-1", "title": "项目", "zone": text})
    assert [(fault["loc"], fault["type"]) for fault in refused.value.errors()] == [
        (("zone",), "unknown_zone")
    ]


def test_an_amount_is_whole_or_missing() -> None:
    assert amount_fault(None, None) is None
    assert amount_fault(Decimal(0), "CNY") is None
    assert amount_fault(Decimal(0), None) == BUDGET_ALONE
    assert amount_fault(None, "CNY") == CURRENCY_ALONE


@pytest.mark.parametrize(
    ("given", "place", "kind"),
    [
        ({"budget": "1"}, "currency", "incomplete_amount"),
        ({"currency": "CNY"}, "currency", "incomplete_amount"),
        ({"budget": "1", "currency": "yuan"}, "currency", "string_pattern_mismatch"),
        ({"budget": "-1", "currency": "CNY"}, "budget", "greater_than_equal"),
        ({"budget": "1e3", "currency": "CNY"}, "budget", "decimal_string"),
        ({"budget": 1.5, "currency": "CNY"}, "budget", "decimal_string"),
    ],
)
def test_a_bad_amount_is_told_once_at_its_place(given: dict[str, Any], place: str, kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ProjectEntry.model_validate({"code": "P-1", "title": "项目", **given})
    assert [(fault["loc"], fault["type"]) for fault in refused.value.errors()] == [((place,), kind)]


def test_what_is_missing_stays_missing() -> None:
    entry = ProjectEntry.model_validate({"code": "P-1", "title": "项目"})
    assert columns(entry, None) == {
        "code": "P-1",
        "title": "项目",
        "zone_id": None,
        **dict.fromkeys(
            ["field", "year", "organisation", "programme", "budget", "currency", "source", "note"]
        ),
    }


def _project(**values: Any) -> Project:
    return Project(code="P-1", title="项目", zone_id=ZONE, **values)


def test_a_merge_patch_keeps_empties_and_replaces() -> None:
    project = _project(budget=Decimal("6000000.50"), currency="CNY", note="旧", year=2009)
    entry = after(ProjectEntry, project, ProjectPatch(title="新名", note=None))
    assert columns(entry, ZONE) == columns(
        ProjectEntry(code="P-1", title="新名", year=2009, budget=Decimal("6000000.50"), currency="CNY"), ZONE
    )


def test_a_merge_patch_is_judged_by_the_whole_that_it_makes() -> None:
    project = _project(budget=Decimal(5), currency="CNY")
    with pytest.raises(ValidationFailed) as refused:
        after(ProjectEntry, project, ProjectPatch(budget=None))
    assert [(fault.pointer, fault.code) for fault in refused.value.issues] == [
        ("#/currency", "incomplete_amount")
    ]
    both = after(ProjectEntry, project, ProjectPatch(budget=None, currency=None))
    assert (both.budget, both.currency) == (None, None)


def test_columns_are_told_by_their_names_on_the_wire() -> None:
    assert member_names(["zone_id", "budget"]) == ["budget", "zone"]
