"""What the matrix acts on: one zone in 浙江 with all that belongs to it, and new objects on demand."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from tests.contract.prepared import Prepared, sheet
from tests.end_to_end.platform_under_test import Whole

INSIDE, OUTSIDE = "330000", "430000"
OBSERVATION_HEADER = "zone,indicator,period,status,value"
DIVISION = {"code": "330282", "edition": "202609"}


def _mark() -> str:
    return uuid.uuid4().hex[:6].upper()


@dataclass
class World:
    """`office` may do all but manage accounts, which `admin` does."""

    whole: Whole
    office: httpx.Client
    admin: httpx.Client
    mark: str = field(default_factory=_mark)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def code(self, kind: str) -> str:
        """A code that nothing has yet."""
        return f"MX-{self.mark}-{kind}{next(self._numbers)}"

    def made(self, client: httpx.Client, prepared: Prepared) -> Any:
        """The body of a 2xx answer, with its ETag as `etag`."""
        answer = prepared.send(client)
        assert answer.is_success, (prepared, answer.text)
        return answer.json() | {"etag": answer.headers.get("etag", "")}

    def get(self, path: str) -> Any:
        """What the office reads, with its ETag as `etag`."""
        return self.made(self.office, Prepared("GET", path))

    def first(self, path: str) -> Any:
        """The first item of a list."""
        return self.get(path)["items"][0]

    def zone_body(self) -> dict[str, Any]:
        """A candidate takes no part in evaluations, so that other tests' runs stay as they are."""
        return {
            "code": self.code("Z"),
            "names": {"zh-Hans": "权限矩阵用"},
            "tier": "provincial",
            "division": DIVISION,
            "opening_state": "candidate",
        }

    def new_zone(self) -> Any:
        return self.made(self.office, Prepared("POST", "/api/v1/zones", json=self.zone_body()))

    @cached_property
    def zone(self) -> Any:
        """With one object of each kind that can belong to it; so the other services have it too."""
        made = self.new_zone()
        for collection in ("projects", "achievements"):
            body = {"code": self.code("R"), "title": "矩阵", "zone": made["id"]}
            self.made(self.office, Prepared("POST", f"/api/v1/{collection}", json=body))
        row = f"{made['code']},{self.indicator_of(self.framework)},2012,reported,50.5"
        self.made(self.office, sheet("/api/v1/observations/imports", f"{OBSERVATION_HEADER}\n{row}\n"))
        return made

    def record_body(self) -> dict[str, Any]:
        return {"code": self.code("R"), "title": "矩阵", "zone": self.zone["id"]}

    def new_record(self, collection: str) -> Any:
        return self.made(self.office, Prepared("POST", f"/api/v1/{collection}", json=self.record_body()))

    def framework_body(self) -> dict[str, Any]:
        root = {
            "code": "ROOT",
            "names": {"zh-Hans": "总指数"},
            "weight": "1",
            "aggregation": "arithmetic",
            "min_available": "0.5",
        }
        leaf = {
            "code": self.code("I"),
            "parent": "ROOT",
            "names": {"zh-Hans": "矩阵指标"},
            "weight": "1",
            "unit": "%",
            "direction": "higher_is_better",
        }
        return {"code": self.code("F"), "names": {"zh-Hans": "矩阵"}, "nodes": [root, leaf]}

    def indicator_of(self, framework: Any) -> str:
        code: str = framework["nodes"][-1]["code"]
        return code

    def new_framework(self) -> Any:
        return self.made(self.office, Prepared("POST", "/api/v1/frameworks", json=self.framework_body()))

    @cached_property
    def framework(self) -> Any:
        return self.new_framework()

    def cycle_body(self) -> dict[str, Any]:
        return {
            "code": self.code("C"),
            "names": {"zh-Hans": "矩阵"},
            "framework": self.framework["id"],
            "period": "2012",
        }

    def new_cycle(self) -> Any:
        return self.made(self.office, Prepared("POST", "/api/v1/cycles", json=self.cycle_body()))

    def account_body(self) -> dict[str, Any]:
        nowhere = {"everywhere": False, "divisions": [], "zones": []}
        return {
            "kind": "machine",
            "client_id": self.code("a").lower(),
            "name": "matrix",
            "roles": ["expert"],
            "view": nowhere,
            "write": nowhere,
        }

    def new_account(self) -> Any:
        return self.made(self.admin, Prepared("POST", "/api/v1/accounts", json=self.account_body()))

    def holding(self, *roles: str) -> httpx.Client:
        """A machine that holds the roles everywhere."""
        everywhere = {"everywhere": True, "divisions": [], "zones": []}
        body = self.account_body() | {"roles": list(roles), "view": everywhere, "write": everywhere}
        made = self.made(self.admin, Prepared("POST", "/api/v1/accounts", json=body))
        secret = {"client_id": made["client_id"], "client_secret": made["secret"]}
        return self.whole.signed_in({"grant_type": "client_credentials", **secret})


@contextmanager
def world_of(whole: Whole) -> Iterator[World]:
    with whole.ministry() as office, whole.admin() as admin:
        yield World(whole, office, admin)
