"""What is stored of a row so that it can be found.

*Terms* (a `tsvector`) are what the index holds: each character and each pair of characters of the texts,
pairs of syllables (`~yan~cheng`) and pairs of initials (`^yc`). A text term has at most two characters, so
that the kinds cannot meet. *Text* and *sounds* are what longer queries are compared with; their marks are
control characters, which no text can hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chassis.search.folding import fold
from chassis.search.pinyin import name_key, runs

HEAD, BODY, END = "\n", "\v", "\r"  # before a code or name, before another text, behind either
SYLLABLE = "\x1f"  # before each syllable, and behind the last of a run


@dataclass(frozen=True)
class Found:
    """The stored columns of a row."""

    search_terms: list[str]
    search_text: str
    search_sounds: str
    name_key: str


def found_by(name: str, codes: Sequence[str], names: Sequence[str], texts: Sequence[str]) -> Found:
    """What is stored of a row that is called `name` in lists.

    `codes` and `names` are headings: a query that begins one comes first. Names are found by their sound too.
    """
    heads = [fold(text) for text in (*codes, *names)]
    bodies = [fold(text) for text in texts]
    spoken = [run for text in names for run in runs(fold(text))]
    return Found(
        search_terms=sorted({*text_terms([*heads, *bodies]), *sound_terms(spoken)}),
        search_text="".join(
            [*(HEAD + text + END for text in heads), *(BODY + text + END for text in bodies)]
        ),
        search_sounds="".join(_sounds(runs(fold(text))) for text in names),
        name_key=name_key(fold(name)),
    )


def text_terms(texts: Iterable[str]) -> set[str]:
    """Every character and every pair of neighbours, but for spaces."""
    terms: set[str] = set()
    for text in texts:
        for word in text.split(" "):
            terms.update(word)
            terms.update(word[i : i + 2] for i in range(len(word) - 1))
    return terms


def sound_terms(spoken: Iterable[Sequence[str]]) -> set[str]:
    terms: set[str] = set()
    for run in spoken:
        for said in _spellings(run):
            terms.update(f"~{one}~{two}" for one, two in zip(said, [*said[1:], ""], strict=True))
        terms.update(f"^{one[0]}{two[0]}" for one, two in pairwise(run))
    return terms


def _sounds(spoken: Sequence[Sequence[str]]) -> str:
    """One name: its syllables, spelt with v and with u for ü, and its initials in capitals."""
    lines = {" ".join(SYLLABLE + SYLLABLE.join(run) + SYLLABLE for run in spoken)}
    lines.add(next(iter(lines)).replace("v", "u"))
    initials = " ".join("".join(said[0] for said in run) for run in spoken).upper()
    return "".join(HEAD + line + END for line in (*sorted(lines), initials)) if spoken else ""


def _spellings(run: Sequence[str]) -> Iterable[Sequence[str]]:
    yield run
    if any("v" in said for said in run):
        yield [said.replace("v", "u") for said in run]
