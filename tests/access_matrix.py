"""Every operation of a service × what its caller holds: nothing, all but the permission, the permission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI

from tests.service_app import EVERY_PERMISSION, RunningService, ministry

_NO_ID = str(UUID(int=0))
_METHODS = {"get", "post", "put", "patch", "delete"}


@dataclass(frozen=True)
class Operation:
    """One operation of the API with the permission that OpenAPI says it needs (`public`: none)."""

    method: str
    template: str
    permission: str

    @property
    def path(self) -> str:
        """With an id that names nothing at each place."""
        return re.sub(r"\{[^}]+\}", _NO_ID, self.template)


def operations(app: FastAPI) -> Iterator[Operation]:
    """What OpenAPI lists below `/api/`; fails for one that names no permission."""
    for path, item in app.openapi()["paths"].items():
        if not path.startswith("/api/"):
            continue
        for method, described in item.items():
            if method in _METHODS:
                assert described.get("x-permission"), f"{method} {path} names no permission"
                yield Operation(method.upper(), path, described["x-permission"])


async def check_access(service: RunningService) -> set[Operation]:
    """401 without a token, 403 with one that lacks just the permission, neither with one that has it.

    Answers the operations that ask for nothing, for the caller to compare with what it means to be public.
    """
    listed = list(operations(service.app))
    assert listed
    every = EVERY_PERMISSION | {operation.permission for operation in listed}
    for operation in listed:
        if operation.permission == "public":
            continue
        named = {operation.permission}
        statuses: list[int] = []
        for caller in (None, ministry(permissions=every - named), ministry(permissions=every)):
            async with service.client(caller) as client:
                answer = await client.request(operation.method, operation.path)
            statuses.append(answer.status_code)
            if answer.status_code == 403:
                assert answer.json()["permission"] == operation.permission, operation
        assert (statuses[0], statuses[1]) == (401, 403), (operation, statuses)
        assert statuses[2] not in {401, 403}, (operation, statuses)
        assert statuses[2] != 500, (operation, statuses)  # 503 is what it says while its peers are down
    return {operation for operation in listed if operation.permission == "public"}
