"""The pictures in the documentation are those of the tables that the API goes by."""

from __future__ import annotations

from tests.diagrams import FOLDER, pages


def test_the_documentation_shows_every_machine_as_it_is() -> None:
    expected = dict(pages())
    assert {path.name for path in FOLDER.glob("*.md")} == {path.name for path in expected}
    for path, text in expected.items():
        assert path.read_text(encoding="utf-8") == text
