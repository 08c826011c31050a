"""The blocks of `docs/capability.md`, and writing them into a checkout under another name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sdz.trouble import Trouble

GUIDE: Final = "docs/capability.md"
_BLOCK: Final = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VERSIONS: Final = "migrations/registry/versions"
_WORD: Final = re.compile(r"[a-z]{3,30}")


@dataclass(frozen=True)
class Block:
    """A file of the guide: whole, or (`inserted`) lines to put below lines that are in it."""

    path: str
    text: str
    inserted: bool


def read_blocks(guide: str) -> list[Block]:
    """Every block whose fence names a file, in order."""
    return [Block(path, text, kind == "diff") for kind, path, text in _BLOCK.findall(guide)]


def write_capability(root: Path, one: str = "centre", many: str = "centres") -> list[str]:
    """Write the guide's capability into the checkout at `root`, as `one` of `many`; the paths written.

    Nothing is written, and `Trouble` raised, for a word that cannot be a name, a file that is there already,
    or a line that is not where the guide says.
    """
    for word in (one, many):
        if not _WORD.fullmatch(word) or one == many:
            raise Trouble(f"{word!r} cannot name a capability", "use an English noun and its plural, a-z")
    guide = root / GUIDE
    if not guide.is_file():
        raise Trouble(f"{GUIDE} is not here", "run this in a checkout")
    head = max(path.name[:4] for path in (root / _VERSIONS).glob("[0-9]*.py"))
    words = {"centres": many, "centre": one, "HEAD": head, "NEXT": f"{int(head) + 1:04}"}
    texts: dict[Path, str] = {}
    for block in read_blocks(guide.read_text(encoding="utf-8")):
        path = root / _renamed(block.path, words)
        text = _renamed(block.text, words)
        if block.inserted:
            texts[path] = _inserted(path, text)
        elif path.exists():
            raise Trouble(f"{path.relative_to(root)} is there already", "choose another name")
        else:
            texts[path] = text
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [str(path.relative_to(root)) for path in texts]


def _renamed(text: str, words: dict[str, str]) -> str:
    """With each word replaced, in the three ways in which a name is written."""
    every = {word: other for word, other in words.items() if not word.islower()}
    for cased in (str.lower, str.upper, str.capitalize):
        every |= {cased(word): cased(other) for word, other in words.items() if word.islower()}
    return re.sub("|".join(every), lambda found: every[found[0]], text)


def _inserted(path: Path, text: str) -> str:
    """The file with each group of `+` lines below the line before the group, which it has exactly once."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for anchor, group in _groups(text.splitlines()):
        found = [number for number, line in enumerate(lines) if line == anchor]
        if len(found) != 1:
            raise Trouble(f"{path}: {len(found)} lines are {anchor.strip()!r}", f"mend the block in {GUIDE}")
        lines[found[0] + 1 : found[0] + 1] = group
    return "\n".join(lines)


def _groups(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("+"):
            groups[-1][1].append(line[1:])
        else:
            groups.append((line[1:], []))
    return groups
