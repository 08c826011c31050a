"""Finding Chinese text: the stored terms beside a scan for a part of the name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from urllib.parse import urlencode

from sqlalchemy import insert, select

from benchmarks.benchmark import Benchmark, Tables
from benchmarks.lists import Lists, open_lists
from benchmarks.world import World
from chassis.ids import new_id
from chassis.search.columns import derived_columns
from services.registry.divisions.models import Division
from services.registry.zones.models import Zone

ROWS, _CHUNK = 100_000, 2000
_WHERE = "江苏盐城 山西洪洞 四川郫都 安徽六安 湖北武汉 浙江台州 广东番禺 河北乐亭 云南大理 甘肃会宁"
_WHAT = "低碳循环 湿地修复 垃圾分类 节水灌溉 清洁能源 绿色建筑 污水处理 土壤治理 智慧交通 生态农业"
_KIND = "技术集成 示范工程 关键技术研究 成果推广 规划与评估"


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    with open_lists(world) as lists:
        lists.runner.run(_fill(lists))
        lists.execute("VACUUM ANALYZE zone")

        def of(**query: str) -> str:
            return urlencode({"limit": "1", "sort": "code", "count": "exact", **query})

        yield {
            "two characters": {
                "scan": lists.case(of(**{"name[contains]": "环9"})),
                "q": lists.case(of(q="环9")),
            },
            "four characters": {
                "scan": lists.case(of(**{"name[contains]": "洪洞湿地"})),
                "q": lists.case(of(q="洪洞湿地")),
                "q in pinyin": lists.case(of(q="hongtong shidi")),
                "q in initials": lists.case(of(q="htsd")),
                "q with count and facets": lists.case(of(q="洪洞湿地", facets="tier,province")),
            },
        }


async def _fill(lists: Lists) -> None:
    words = list(product(_WHERE.split(), _WHAT.split(), _KIND.split()))
    async with lists.service.runtime.database.transaction() as session:
        division = (await session.scalars(select(Division))).one()
        common = {
            "version": 1, "created_by": "b", "updated_by": "b", "state": "operating",
            "division_id": division.id, "division_edition": "201904", "division_relation": "same",
            "division_path": division.path,
        }  # fmt: skip
        for start in range(0, ROWS, _CHUNK):
            rows = []
            for n in range(start, start + _CHUNK):
                where, what, kind = words[n % len(words)]
                row = {
                    "code": f"Z-{n:06d}",
                    "name_zh": f"{where}{what}{n % 997}号{kind}",
                    "name_en": None,
                    "theme": None,
                }
                rows.append({"id": new_id(), **row, **common, **derived_columns(Zone, row)})
            await session.execute(insert(Zone), rows)


BENCHMARK = Benchmark(
    title=f"finding among {ROWS:,} names",
    open=_open,
    ratio="ms",
    note=(
        "Lists with their exact count through the whole service, in one process. Yardstick: `name[contains]`,"
        " which reads all rows."
    ),
)
