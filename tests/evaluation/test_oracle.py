"""The real folder and its variants, loaded over the API, rank as the second computation says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.evaluation.app import SERVICE
from services.registry.app import SERVICE as REGISTRY
from tests.evaluation.conftest import SHEET, TwoServices, send
from tests.oracle.ranking import Ranked, rank
from tests.oracle.variants import made_equal, removed, scaled, turned
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

pytestmark = pytest.mark.anyio
SAMPLE = Path(__file__).parents[2] / "sampledata"
Variant = Callable[[Path, Path], Path]
VARIANTS: dict[str, Variant] = {
    "as it is": lambda source, _target: source,
    "in another unit": lambda s, t: scaled(s, t, indicator="SO2-INTENSITY", factor=Decimal("0.1")),
    "a value removed": lambda s, t: removed(s, t, zone="SDZ-0023", indicator="WASTE-TREATED"),
    "the leader's value removed": lambda s, t: removed(s, t, zone="SDZ-0070", indicator="GDP-PER-HEAD"),
    "a column made equal": lambda s, t: made_equal(s, t, indicator="SO2-INTENSITY"),
    "a direction turned": lambda s, t: turned(s, t, indicator="SO2-INTENSITY"),
}


async def _send_file(caller: httpx.AsyncClient, collection: str, path: Path) -> None:
    answer = await caller.post(
        f"/api/v1/{collection}/imports?commit=true", content=path.read_bytes(), headers=SHEET
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.make(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="module")
async def registry(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    """With the real divisions and zones."""
    async with running(REGISTRY, service_databases, keys) as service:
        async with service.client(ministry()) as office:
            for collection in ("divisions", "zones"):
                await _send_file(office, collection, SAMPLE / f"{collection}.csv")
        yield service


async def _load(office: httpx.AsyncClient, folder: Path) -> dict[str, Any]:
    """The folder through the API; the run that it asks for."""
    await _send_file(office, "sources", folder / "sources.csv")
    for collection in ("framework", "cycle"):
        await send(office, f"{collection}s", json.loads((folder / f"{collection}.json").read_text()))
    await _send_file(office, "observations", folder / "observations.csv")
    body: dict[str, Any] = (await send(office, "runs", json.loads((folder / "run.json").read_text()))).json()
    return body


async def _all_scores(office: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    path = f"/api/v1/scores?{query}&limit=20"
    while path:
        answer = await office.get(path)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    return items


def _agree(shown: dict[str, Any], expected: Ranked) -> None:
    assert shown["rank"] == expected.rank
    assert shown["missing_indicators"] == list(expected.lacks)
    if expected.score is None:
        assert shown["score"] is None
        assert shown["display"] is None
        assert shown["reasons"]
    else:
        assert shown["score"] == pytest.approx(expected.score, abs=1e-9)
        assert shown["display"] == f"{shown['score']:.2f}"


@pytest.mark.parametrize("name", VARIANTS)
async def test_every_score_rank_and_gap_agrees(
    name: str,
    registry: RunningService,
    service_databases: ServiceDatabases,
    keys: KeyRing,
    tmp_path: Path,
) -> None:
    folder = VARIANTS[name](SAMPLE, tmp_path / "variant")
    expected = {result.zone: result for result in rank(folder)}
    async with running(
        SERVICE, service_databases, keys, peers={"registry": registry.transport}
    ) as evaluation:
        services = TwoServices(evaluation, registry)
        await services.follow()
        async with services.client() as office:
            made = await _load(office, folder)
            ranked = sum(result.rank is not None for result in expected.values())
            assert made["counts"] == {
                "zones": len(expected),
                "ranked": ranked,
                "not_ranked": len(expected) - ranked,
            }
            items = await _all_scores(office, f"run={made['id']}&sort=rank")
            for item in items:
                _agree(item, expected[item["zone"]["code"]])
            for code in (items[0]["zone"]["code"], items[ranked - 1]["zone"]["code"], "SDZ-0023"):
                await _parts_agree(office, made["id"], expected[code])
    assert {item["zone"]["code"] for item in items} == set(expected)
    ranks = [item["rank"] for item in items]
    assert ranks[:ranked] == sorted(ranks[:ranked])
    assert set(ranks[ranked:]) == {None}


async def _parts_agree(office: httpx.AsyncClient, run_id: str, expected: Ranked) -> None:
    answer = await office.get(f"/api/v1/runs/{run_id}/scores/code:{expected.zone}")
    parts = {leaf["code"]: leaf["contribution"] for leaf in answer.json()["leaves"]}
    assert {code: part for code, part in parts.items() if part is not None} == pytest.approx(
        expected.contributions, abs=1e-9
    )
    assert sum(part or 0 for part in parts.values()) == pytest.approx(answer.json()["score"], abs=1e-9)
