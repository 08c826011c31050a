"""Zones are found by every way in which people look for them; the stored columns never fall behind."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from sqlalchemy import select, text, update

from chassis.database import AS_SYSTEM
from chassis.schema_steps.search_columns import fill_search_columns
from chassis.search.columns import PastTheIndex
from chassis.search.folding import fold
from chassis.search.pinyin import runs
from chassis.search.query import Sought
from services.registry.zones.models import Zone
from tests.chassis.answers import problem_of
from tests.postgres import CHECKOUT
from tests.registry.builders import zone, zone_row
from tests.service_app import RunningService, csv_text, ministry

pytestmark = pytest.mark.anyio


async def _import(service: RunningService, rows: list[dict[str, Any]]) -> None:
    async with service.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/zones/imports?commit=true",
            content=csv_text(rows),
            headers={"content-type": "text/csv"},
        )
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["rejected"] == 0, answer.text


async def _found(service: RunningService, q: str, **more: str) -> list[str]:
    async with service.client(ministry()) as office:
        answer = await office.get("/api/v1/zones", params={"q": q, "limit": "500", **more})
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


YANCHENG = zone_row("SDZ-0018", name_zh="江苏省盐城市国家可持续发展实验区", name_en="Yancheng City, Jiangsu")
HONGTONG = zone_row("SDZ-0100", name_zh="山西省洪洞县可持续发展实验区", name_en="")
XIAN = zone_row("SDZ-0101", name_zh="西安市LED灯(2019)园区", name_en="")
LVLIANG = zone_row("SDZ-0102", name_zh="吕梁市实验区实", name_en="")


@pytest.mark.parametrize(
    ("q", "codes"),
    [
        ("盐城", ["SDZ-0018"]),
        ("城市国家", ["SDZ-0018"]),
        ("江苏 实验区", ["SDZ-0018"]),
        ("yancheng", ["SDZ-0018"]),
        ("yan cheng", ["SDZ-0018"]),
        ("Yánchéng", ["SDZ-0018"]),
        ("jiangsushengyanchengshi", ["SDZ-0018"]),
        ("ongtong", []),
        ("jssycs", ["SDZ-0018"]),
        ("yc", ["SDZ-0018"]),
        ("YANCHENG city", ["SDZ-0018"]),
        ("angsu", ["SDZ-0018"]),
        ("ＳＤＺ－００１８", ["SDZ-0018"]),
        ("0018", ["SDZ-0018"]),
        ("江", ["SDZ-0018"]),
        ("洪洞", ["SDZ-0100"]),
        ("hongtong", ["SDZ-0100"]),
        ("hongdong", []),
        ("xian", ["SDZ-0100", "SDZ-0101"]),
        ("led灯", ["SDZ-0101"]),
        ("(2", ["SDZ-0101"]),
        ("灯园", []),
        ("县可县", []),
        ("区西安市", []),
        ("市实验区", ["SDZ-0102"]),
        ("区实验区", []),
        ("验区实验", []),
        ("lvliang", ["SDZ-0102"]),
        ("lüliang", ["SDZ-0102"]),
        ("luliang", ["SDZ-0102"]),
        ("绿色' | 盐", []),
        ("\\", []),
    ],
)
async def test_a_zone_is_found_by_what_people_type(
    registry: RunningService, q: str, codes: list[str]
) -> None:
    await _import(registry, [YANCHENG, HONGTONG, XIAN, LVLIANG])
    assert sorted(await _found(registry, q)) == codes


async def test_every_zone_is_found_by_any_two_characters_its_pinyin_and_its_initials(
    registry: RunningService,
) -> None:
    with (CHECKOUT / "sampledata" / "zones.csv").open(encoding="utf-8") as sheet:
        names = {row["code"]: row["name_zh"] for row in csv.DictReader(sheet)}
    await _import(registry, [zone_row(code, name_zh=name) for code, name in names.items()])
    wanted: dict[str, set[str]] = {}
    for code, name in names.items():
        parts = {name[i : i + 2] for i in range(len(name) - 1)} | {name, name[:5]}
        for run in runs(fold(name)):
            parts |= {"".join(run), " ".join(run[:4]), "".join(said[0] for said in run)}
            parts |= {"".join(run[i : i + 2]) for i in range(len(run))}
        for part in parts:
            wanted.setdefault(part, set()).add(code)
    async with registry.runtime.database.transaction() as session:
        for part, codes in wanted.items():
            statement = select(Zone.code).where(Sought(part).condition(Zone)).execution_options(**AS_SYSTEM)
            assert codes <= set(await session.scalars(statement)), part


async def test_what_is_named_so_comes_first_then_what_begins_so(registry: RunningService) -> None:
    names = {"A": "大盐城实验区", "B": "盐城市", "C": "盐城", "D": "新盐城", "E": "燕城"}
    await _import(registry, [zone_row(code, name_zh=name) for code, name in names.items()])
    assert await _found(registry, "盐城") == ["C", "B", "A", "D"]
    assert await _found(registry, "yancheng") == ["C", "E", "B", "A", "D"]
    assert await _found(registry, "yc") == ["B", "C", "E", "A", "D"]
    assert await _found(registry, "盐城", sort="-code") == ["D", "C", "B", "A"]
    assert await _found(registry, "b") == ["B"]


async def test_pages_of_what_was_found_are_the_whole_in_its_order(registry: RunningService) -> None:
    names = {f"Z-{n}": f"{'盐城' if n % 2 else '新盐城'}{n}" for n in range(9)}
    await _import(registry, [zone_row(code, name_zh=name) for code, name in names.items()])
    whole = await _found(registry, "盐城")
    seen, url = [], "/api/v1/zones?q=盐城&limit=2"
    async with registry.client(ministry()) as office:
        while url:
            answer = await office.get(url)
            seen += [item["code"] for item in answer.json()["items"]]
            url = answer.links["next"]["url"] if answer.links else ""
        cursor = (await office.get("/api/v1/zones?q=盐城&limit=2")).json()["page"]["next_cursor"]
        other = await office.get(f"/api/v1/zones?q=盐&limit=2&cursor={cursor}")
    assert seen == whole
    assert len(seen) == 9
    problem_of(other, 400, "cursor_mismatch")


async def test_names_are_sorted_by_pinyin_on_every_page(registry: RunningService) -> None:
    names = {"A": "重庆市", "B": "长治市", "C": "成都市", "D": "长子县", "E": "Alpha区"}
    await _import(registry, [zone_row(code, name_zh=name) for code, name in names.items()])
    seen, url = [], "/api/v1/zones?sort=name&limit=2"
    async with registry.client(ministry()) as office:
        while url:
            answer = await office.get(url)
            seen += [item["code"] for item in answer.json()["items"]]
            url = answer.links["next"]["url"] if answer.links else ""
        down = (await office.get("/api/v1/zones?sort=-name")).json()["items"]
    assert seen == ["E", "B", "C", "A", "D"]
    assert [item["code"] for item in down] == seen[::-1]


async def test_a_new_name_is_found_at_once_and_the_old_one_no_longer(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await office.post("/api/v1/zones", json=zone("N", names={"zh-Hans": "甲地"}))
        assert await _found(registry, "甲地") == ["N"]
        patched = await office.patch(
            "/api/v1/zones/code:N",
            json={"names": {"zh-Hans": "乙地"}},
            headers={"if-match": made.headers["etag"]},
        )
        assert (await _found(registry, "甲地"), await _found(registry, "乙地")) == ([], ["N"])
        themed = await office.patch(
            "/api/v1/zones/code:N", json={"theme": "低碳循环"}, headers={"if-match": patched.headers["etag"]}
        )
        assert (await _found(registry, "碳循"), await _found(registry, "yidi")) == (["N"], ["N"])
        assert themed.json()["version"] == 3
    await _import(registry, [zone_row("N", name_zh="丙地", name_en="Third")])
    assert (await _found(registry, "乙地"), await _found(registry, "third")) == ([], ["N"])


async def test_nobody_can_write_past_what_is_found(registry: RunningService) -> None:
    await _import(registry, [YANCHENG])
    async with registry.runtime.database.transaction() as session:
        with pytest.raises(PastTheIndex):
            await session.execute(update(Zone).values(name_zh="新名"))


async def test_rows_from_before_are_found_once_their_columns_are_filled(registry: RunningService) -> None:
    await _import(registry, [YANCHENG, HONGTONG])
    engine = registry.runtime.database.engine
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE zone SET search_terms = '', search_text = '', search_sounds = '', name_key = ''")
        )
    assert await _found(registry, "盐城") == []
    async with engine.begin() as connection:
        filled = await connection.run_sync(fill_search_columns, "zone", Zone.found_by)
    assert filled == 2
    assert await _found(registry, "yancheng") == ["SDZ-0018"]
    assert await _found(registry, "实验区", sort="name") == ["SDZ-0018", "SDZ-0100"]


@pytest.mark.parametrize("q", ["", "%20", "x" * 101, "1 2 3 4 5 6 7 8 9 10 11", "%CC%81"])
async def test_a_query_of_nothing_or_too_much_is_refused(registry: RunningService, q: str) -> None:
    async with registry.client(ministry()) as office:
        answer = await office.get(f"/api/v1/zones?q={q}")
    assert problem_of(answer, 400, "invalid_parameter")["errors"][0]["parameter"] == "q"


async def test_relevance_is_an_order_of_what_was_sought_only(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        answer = await office.get("/api/v1/zones?sort=relevance")
        near = await office.get("/api/v1/zones?sort=nmae")
    problem_of(answer, 400, "invalid_parameter")
    assert problem_of(near, 400, "invalid_parameter")["errors"][0]["params"]["nearest"] == "name"
