"""The decisions are numbered without gaps, and their index names each by its title."""

from __future__ import annotations

import re

from sdz.settings import CHECKOUT

FOLDER = CHECKOUT / "docs" / "decisions"


def test_the_index_names_every_decision_in_order() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\((.+)\) \| (.+) \|$", index, flags=re.MULTILINE)
    files = sorted(path.name for path in FOLDER.glob("[0-9]*.md"))
    titles = [(FOLDER / name).read_text(encoding="utf-8").partition("\n")[0] for name in files]
    assert [(name, f"# {number} {title}") for number, name, title in listed] == list(
        zip(files, titles, strict=True)
    )
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
