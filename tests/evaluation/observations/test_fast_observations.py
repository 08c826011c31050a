"""Values: fast and ordinary answers are the same."""

from __future__ import annotations

import pytest

from services.evaluation.app import SERVICE
from tests.evaluation.builders import HUBEI
from tests.evaluation.conftest import TwoServices
from tests.fast_reads import side_by_side
from tests.postgres import ServiceDatabases
from tests.service_app import NOBODY, ministry, province

pytestmark = pytest.mark.anyio


async def test_values_are_answered_alike_and_fast(
    observed: TwoServices, service_databases: ServiceDatabases
) -> None:
    await observed.change_zone("HB-2", names={"zh-Hans": "改名", "en": None})
    async with side_by_side(SERVICE, observed.evaluation, service_databases) as both:
        for language in ("zh", "en"):
            for who in (ministry(), province(HUBEI), ministry(view=NOBODY.view)):
                path, items = "/api/v1/observations?limit=2", []
                while path:
                    answer, fast = await both.get(who, path, {"accept-language": language})
                    assert (answer.status_code, fast) == (200, True)
                    items += answer.json()["items"]
                    path = answer.links["next"]["url"] if "next" in answer.links else ""
                assert len({item["id"] for item in items}) == len(items)
                for item in items:
                    path = f"/api/v1/observations/{item['id']}"
                    answer, fast = await both.get(who, path, {"accept-language": language})
                    assert (answer.json(), fast) == (item, True)
        whole, _ = await both.get(ministry(), "/api/v1/observations")
        assert {item["stands_in"] for item in whole.json()["items"]} == {True, False}
        assert None in {item["value"] for item in whole.json()["items"]}


async def test_a_value_outside_the_callers_view_is_not_there(
    observed: TwoServices, service_databases: ServiceDatabases
) -> None:
    async with side_by_side(SERVICE, observed.evaluation, service_databases) as both:
        whole, _ = await both.get(ministry(), "/api/v1/observations")
        outside = next(item for item in whole.json()["items"] if item["zone"]["code"] == "HN-1")
        answer, _ = await both.get(province(HUBEI), f"/api/v1/observations/{outside['id']}")
        assert answer.status_code == 404
