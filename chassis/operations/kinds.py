"""What a capability declares: a kind of long work and the function that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from chassis.operations.work import Work

I = TypeVar("I", bound=BaseModel)  # noqa: E741
Result = Mapping[str, Any]


@dataclass(frozen=True)
class OperationKind(Generic[I]):
    """`name` is `<collection>.<act>`; `input` is validated when it is stored and when it is read.

    `handle` may run more than once, on any machine: its effects belong into `work.finishing()`. What it
    returns is the result, unless `finishing` was given one. A Problem that it raises ends the operation; any
    other error, or a problem that is `retryable`, is tried again. After `seconds` it has failed.
    """

    name: str
    input: type[I]
    handle: Callable[[Work, I], Awaitable[Result | None]]
    seconds: float = 900.0
