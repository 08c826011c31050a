"""Every operation, asked by two provinces: what each sees, and what neither may write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.routing import APIRoute

from services.evaluation.app import SERVICE
from tests.evaluation.builders import HUBEI, HUNAN, SOURCE, cycle, framework, row, run
from tests.evaluation.conftest import TwoServices, send, send_sheet
from tests.service_app import NOBODY, province

pytestmark = pytest.mark.anyio
ALL, OWN, NATION = (200, 200), (200, 404), (403, 403)
ETAG = {"if-match": '"1"'}


@dataclass(frozen=True)
class Asked:
    """One operation; `expected` are the answers to Hubei and Hunan. Names in braces are filled in."""

    operation: str
    path: str
    expected: tuple[int, int]
    body: Any = None
    sheet: list[dict[str, Any]] = field(default_factory=list)
    seen: tuple[int, int] | None = None


MATRIX = [
    Asked("list_sources", "GET /sources", ALL, seen=(1, 1)),
    Asked("get_source", "GET /sources/code:S-1", ALL),
    Asked("import_sources", "POST /sources", NATION, sheet=[SOURCE | {"title": "x"}]),
    Asked("list_frameworks", "GET /frameworks", ALL, seen=(1, 1)),
    Asked("get_framework", "GET /frameworks/code:F-1", ALL),
    Asked("create_framework", "POST /frameworks", NATION, framework("F-2")),
    Asked("change_framework", "PATCH /frameworks/code:F-1", NATION, {"note": "x"}),
    Asked("delete_framework", "DELETE /frameworks/code:F-1", NATION),
    Asked("list_indicators", "GET /indicators", ALL, seen=(2, 2)),
    Asked("get_indicator", "GET /indicators/code:GREEN", ALL),
    Asked("list_cycles", "GET /cycles", ALL, seen=(1, 1)),
    Asked("get_cycle", "GET /cycles/code:C-1", ALL),
    Asked("create_cycle", "POST /cycles", NATION, cycle("C-2")),
    Asked("change_cycle", "PATCH /cycles/code:C-1", NATION, {"period": "2023"}),
    Asked("delete_cycle", "DELETE /cycles/code:C-1", NATION),
    Asked("list_observations", "GET /observations", ALL, seen=(4, 2)),
    Asked("get_observation", "GET /observations/{hubei}", OWN),
    Asked("correct_observation", "PATCH /observations/{hubei}", OWN, {"note": "x"}),
    Asked("import_observations", "POST /observations", (200, 422), sheet=[row("HB-2", "GREEN", "41")]),
    Asked("create_run", "POST /runs", NATION, run()),
    Asked("list_runs", "GET /runs", ALL, seen=(1, 1)),
    Asked("get_run", "GET /runs/{run}", ALL),
    Asked("list_scores", "GET /scores", ALL, seen=(2, 1)),
    Asked("explain_score", "GET /runs/{run}/scores/code:HB-1", OWN),
    # one source, two indicators, framework, cycle, run; and the batch, which touched both provinces
    Asked("list_changes", "GET /changes", ALL, seen=(7, 7)),
    Asked("list_errors", "GET /errors", ALL),
]


async def test_two_provinces_on_every_operation(observed: TwoServices) -> None:
    async with observed.client() as office:
        items = (await office.get("/api/v1/observations?zone=HB-1&indicator=GREEN")).json()["items"]
        made = (await send(office, "runs", run())).json()
    await observed.evaluation.number_events()
    places = {"hubei": items[0]["id"], "run": made["id"]}
    wrong = []
    for asked in MATRIX:
        # the other province first: what it may do to Hubei's would show in Hubei's answer
        for which, code in ((1, HUNAN), (0, HUBEI)):
            status, seen = await _ask(observed, asked, code, places)
            if status != asked.expected[which] or (asked.seen and seen != asked.seen[which]):
                wrong.append((asked.operation, code, status, seen))
    assert wrong == []


async def _ask(
    services: TwoServices, asked: Asked, code: str, places: dict[str, str]
) -> tuple[int, int | None]:
    method, _, path = asked.path.partition(" ")
    url = f"/api/v1{path.format(**places)}"
    async with services.client(province(code)) as local:
        if asked.sheet:
            answer = await send_sheet(local, path.strip("/"), asked.sheet)
        else:
            answer = await local.request(method, url, json=asked.body, headers=ETAG)
    body = answer.json()
    return answer.status_code, len(body["items"]) if "items" in body else None


def test_the_matrix_leaves_no_operation_of_this_service_out() -> None:
    routes = [route for router in SERVICE.routers for route in router.routes]
    # what every service, every import and every export has is asked by every role in the contract's matrix
    own = {
        str(route.operation_id)
        for route in routes
        if isinstance(route, APIRoute)
        and not re.search(r"_import(_rows)?$|^export_", str(route.operation_id))
    }
    assert own == {asked.operation for asked in MATRIX} - {"list_changes", "list_errors"}


async def test_who_holds_no_permission_may_do_nothing(observed: TwoServices) -> None:
    places = {"hubei": "x", "run": "x"}
    async with observed.client(NOBODY) as nobody, observed.evaluation.client() as unknown:
        for asked in MATRIX:
            method, _, path = asked.path.partition(" ")
            url = f"/api/v1{path.format(**places)}" + ("/imports" if asked.sheet else "")
            assert (await nobody.request(method, url)).status_code == 403, asked.operation
            assert (await unknown.request(method, url)).status_code == 401, asked.operation


def test_peers_may_read_the_feed_and_nothing_else() -> None:
    assert dict(SERVICE.peers) == {
        "registry": frozenset({"feed.read"}),
        "projects": frozenset({"feed.read"}),
    }
