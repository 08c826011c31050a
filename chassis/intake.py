"""Bodies that are too large to be read inside a transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import Request

from chassis.identity.principal import Principal


class Intake(ABC):
    """Dependency of a route that takes its body in before its transaction begins.

    A slow client so holds no connection. `taken_in` runs after the permission was checked; it gives what
    the endpoint gets, and `body_digest` of the request's state, by which a repeated Idempotency-Key is told
    from another request. It cleans up when the answer is ready, or there is none.
    """

    longest_seconds: float

    @abstractmethod
    def taken_in(self, request: Request, principal: Principal) -> AbstractAsyncContextManager[Any]:
        """Take the body in; the value is the endpoint's."""

    async def __call__(self, request: Request) -> Any:
        return request.state.intake
