"""How names are read, and the order that follows from it."""

from __future__ import annotations

import csv

import pytest

from chassis.search.folding import fold, fold_sounds
from chassis.search.pinyin import known_syllables, name_key, readings, runs
from chassis.search.query import split_syllables
from tests.postgres import CHECKOUT


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("洪洞县", "hong tong xian"),
        ("洞口县", "dong kou xian"),
        ("单县", "shan xian"),
        ("郫都区", "pi du qu"),
        ("成都市", "cheng du shi"),
        ("六安市", "lu an shi"),
        ("六枝特区", "liu zhi te qu"),
        ("长子县", "zhang zi xian"),
        ("长治市", "chang zhi shi"),
        ("天长市", "tian chang shi"),
        ("重庆市", "chong qing shi"),
        ("台州市", "tai zhou shi"),
        ("乐亭县", "lao ting xian"),
        ("乐清市", "yue qing shi"),
        ("南乐县", "nan le xian"),
        ("什邡市", "shi fang shi"),
        ("涡阳县", "guo yang xian"),
        ("漯河市", "luo he shi"),
        ("珲春市", "hun chun shi"),
        ("荥阳市", "xing yang shi"),
        ("荥经县", "ying jing xian"),
        ("蔚县", "yu xian"),
        ("浚县", "xun xian"),
        ("朝阳市", "chao yang shi"),
        ("番禺区", "pan yu qu"),
        ("吐鲁番市", "tu lu fan shi"),
        ("厦门市", "xia men shi"),
        ("东阿县", "dong e xian"),
        ("阿勒泰地区", "a le tai di qu"),
        ("闵行区", "min hang qu"),
        ("大埔县", "da bu xian"),
        ("黄埔区", "huang pu qu"),
        ("吕梁市", "lv liang shi"),
        ("蚌埠市", "beng bu shi"),
        ("铅山县", "yan shan xian"),
    ],
)
def test_places_are_read_as_people_there_read_them(name: str, said: str) -> None:
    assert readings(name) == said.split()
    within = readings(f"中国{name}国家可持续发展实验区")
    assert within[2 : 2 + len(name)] == said.split()


def test_every_name_of_a_division_has_a_reading() -> None:
    with (CHECKOUT / "sampledata" / "divisions.csv").open(encoding="utf-8") as sheet:
        names = {row["name"] for row in csv.DictReader(sheet)}
    assert len(names) > 4000
    for name in names:
        said = readings(name)
        assert None not in said, name
        assert set(said) <= known_syllables(), name
        for char, syllable in zip(name, said, strict=True):  # in names these are never read otherwise
            assert {"都": "du", "勒": "le", "什": "shi"}.get(char, syllable) == syllable or name == "通什市"


def test_what_is_not_chinese_parts_the_runs() -> None:
    assert readings("a区B") == [None, "qu", None]
    assert runs("led灯技术(2019)标准") == [["deng", "ji", "shu"], ["biao", "zhun"]]
    assert runs("2019") == []


def test_names_come_in_the_order_of_their_syllables() -> None:
    names = ["厦门市", "西安市", "洪洞县", "重庆市", "成都市", "贤", "A区", "9区", "单县", "郫都区"]
    assert sorted(names, key=lambda name: name_key(fold(name))) == [
        "9区",
        "A区",
        "成都市",
        "重庆市",
        "洪洞县",
        "郫都区",
        "单县",
        "西安市",
        "厦门市",
        "贤",
    ]
    assert name_key("城市") != name_key("成市")
    assert len(name_key("县" * 300).encode()) < 1000


def test_full_width_accents_and_case_do_not_matter() -> None:
    assert fold("  ＳＤＺ－００１８　Ｙáng ") == "sdz-0018 yang"
    assert fold_sounds("Lǚ liáng") == fold_sounds("lü liang") == "lv liang"


def test_letters_are_read_as_syllables_in_every_way() -> None:
    assert ["xi", "an"] in split_syllables("xian")
    assert ["xian"] in split_syllables("xian")
    assert ["yan", "ch"] in split_syllables("yanch")
    assert split_syllables("i") == []
    assert len(split_syllables("g" * 10)) < 10
