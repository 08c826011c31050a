"""What a vocabulary says: pure."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.vocabularies.reading import Edition, term_issue
from chassis.vocabularies.terms import Term, Vocabulary, by_name, closed, overlaid
from chassis.words import Words

COLOUR = Vocabulary(
    "things.colour",
    Words("颜色", "Colour"),
    (Term("red", Words("红", "Red")), Term("green", Words("绿", "Green"), retired=True)),
    extensible=True,
)
EDITION = Edition(COLOUR, 1, COLOUR.terms)


def test_a_closed_vocabulary_has_a_label_for_each_value() -> None:
    size = Literal["small", "large"]
    made = closed("things.size", Words("大小", "Size"), size, Words("小", "Small"), Words("大", "Large"))
    assert made.codes() == ("small", "large")
    assert not made.extensible
    with pytest.raises(ValueError, match="shorter"):
        closed("things.size", Words("大小", "Size"), size, Words("小", "Small"))


def test_two_vocabularies_have_two_names() -> None:
    assert by_name([COLOUR]) == {"things.colour": COLOUR}
    with pytest.raises(ValueError, match="one name"):
        by_name([COLOUR, COLOUR])


terms = st.builds(
    Term, st.sampled_from(["a", "b", "c", "d"]), st.builds(Words, st.text(), st.text()), st.booleans()
)


@given(st.lists(terms, unique_by=lambda term: term.code), st.lists(terms))
def test_the_last_word_on_a_code_counts_and_keeps_its_place(base: list[Term], later: list[Term]) -> None:
    found = overlaid(base, later)
    said = {term.code: term for term in [*base, *later]}
    assert {term.code: term for term in found} == said
    assert len(found) == len(said)
    assert [term.code for term in found][: len(base)] == [term.code for term in base]


@pytest.mark.parametrize(
    ("code", "issue", "nearest"),
    [
        ("red", None, None),
        ("green", "retired_term", None),
        ("rad", "unknown_term", "red"),
        ("xyz", "unknown_term", None),
    ],
)
def test_what_may_be_chosen(code: str, issue: str | None, nearest: str | None) -> None:
    found = term_issue(EDITION, code, pointer="#/colour")
    assert (found.code if found else None) == issue
    if found is not None:
        assert found.pointer == "#/colour"
        assert found.params["vocabulary"] == "things.colour"
        assert found.params.get("nearest") == nearest
