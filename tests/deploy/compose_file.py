"""Reads our own docker-compose.yml: block mappings, lists of words and `<<`, which is all that it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sdz.settings import CHECKOUT

COMPOSE: Final = CHECKOUT / "docker-compose.yml"
Lines = list[str]


@dataclass(frozen=True)
class Container:
    """One entry below `services:`, with what it merges from the `x-` blocks."""

    environment: dict[str, str]
    secrets: list[str]
    start: list[str]
    """Entrypoint and command, as words."""
    grace_seconds: int
    publishes: list[str]


class ComposeFile:
    """The file as a whole."""

    def __init__(self, text: str) -> None:
        without_comments = re.sub(r"(^|\s)#.*$", "", text, flags=re.MULTILINE)
        self._top = _members([line for line in without_comments.splitlines() if line.strip()])
        self.containers = {
            name: self._container(self._merged(lines))
            for name, lines in _members(self._top["services"]).items()
        }
        self.secret_files = {
            name: _words(lines)[1].removeprefix("./")
            for name, lines in _members(self._top["secrets"]).items()
        }

    def _container(self, members: dict[str, Lines]) -> Container:
        environment = self._merged(members.get("environment", []))
        return Container(
            environment={name: " ".join(value) for name, value in environment.items()},
            secrets=_words(members.get("secrets", [])),
            start=[*_words(members.get("entrypoint", [])), *_words(members.get("command", []))],
            grace_seconds=int(_words(members.get("stop_grace_period", ["10s"]))[0].removesuffix("s")),
            publishes=_words(members.get("ports", [])),
        )

    def _merged(self, lines: Lines) -> dict[str, Lines]:
        members = _members(lines)
        if "<<" not in members:
            return members
        block = self._top["x-" + members.pop("<<")[0].removeprefix("*")]
        return {**self._merged(block), **members}


def _members(lines: Lines) -> dict[str, Lines]:
    """`key: rest` at the indentation of the first, each with the rest and the lines that belong to it."""
    lines = [line for line in lines if not line.startswith("&")]
    if not lines:
        return {}
    depth = len(lines[0]) - len(lines[0].lstrip())
    members: dict[str, Lines] = {}
    for line in lines:
        if found := re.match(rf" {{{depth}}}([\w.<-]+):(?:\s+(.*))?$", line):
            belongs = members.setdefault(found[1], [])
            if found[2]:
                belongs.append(found[2])
        else:
            belongs.append(line)
    return members


def _words(lines: Lines) -> list[str]:
    """The items of a list, in brackets or one a line."""
    return re.findall(
        r"(?:\$\{[^}]*\}|[^\s,\[\]{}\"])+", " ".join(re.sub(r"^\s*- ", "", line) for line in lines)
    )
