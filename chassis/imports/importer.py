"""How a collection takes rows: declared once, and everything else is the same for all."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.problems import Issue
from chassis.schemas import In
from chassis.upserting import Upserted
from chassis.words import Words

R = TypeVar("R", bound=In)


@dataclass(frozen=True)
class Numbered(Generic[R]):
    """A row that passed its schema, with its number in the sheet."""

    number: int
    row: R


@dataclass(frozen=True)
class ImportContext:
    """`keep` is false while a plan is made: then what `judge` reads needs no lock.

    `memo` lives as long as the import: what was looked up for one batch of rows serves the next.
    """

    request: Request
    session: AsyncSession
    actor: Principal
    keep: bool
    memo: dict[str, Any] = field(default_factory=dict)


# Stored columns of a row, or why it is rejected.
Verdict = Mapping[str, Any] | list[Issue]


@dataclass(frozen=True)
class Importer(Generic[R]):
    """How a collection takes rows, a batch of them at a time.

    `row` is the schema, its members are the columns; `key` names the members that identify an object, and
    `stored_key` the columns of `model` that do (under a unique constraint). `judge` gives a verdict on each
    row, in their order, with statements whose number does not depend on the rows; `tell` emits what was
    written. `group` is the column whose rows stand or fall together with `atomicity=per_group`; `labels` are
    headings that are understood besides the members' names. `refine` may say more of what was written, and
    write more of it.
    """

    row: type[R]
    key: tuple[str, ...]
    model: Any
    stored_key: tuple[str, ...]
    judge: Callable[[ImportContext, Sequence[Numbered[R]]], Awaitable[list[Verdict]]]
    tell: Callable[[ImportContext, Sequence[Upserted]], Awaitable[None]]
    group: str | None = None
    labels: Mapping[str, Words] = field(default_factory=dict)
    refine: Callable[[ImportContext, Sequence[Upserted]], Awaitable[list[Upserted]]] | None = None

    @cached_property
    def _names(self) -> dict[str, str]:
        known = {_folded(name): name for name in self.row.model_fields}
        for name, words in self.labels.items():
            known |= {_folded(words.zh): name, _folded(words.en): name}
        return known

    def rename(self, heading: str) -> str:
        """The member that a heading means: its name or a label in either language; else the heading."""
        return self._names.get(_folded(heading), heading)


def _folded(heading: str) -> str:
    """Full-width letters, case, spaces, and marks that people set beside a heading make no difference."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(char for char in text if char.isalnum())
