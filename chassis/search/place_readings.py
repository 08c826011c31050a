"""Readings of division names that the general dictionary has wrong.

Each line is a name, or as much of it as cannot be part of another word, with one syllable a character.
Checked against the names of GB/T 2260 in all its editions.
"""

from __future__ import annotations

from collections.abc import Mapping

# Alone these are read otherwise in names than the dictionary's first choice.
CHARACTERS: Mapping[str, str] = {"都": "du", "长": "chang", "勒": "le", "什": "shi", "圩": "xu", "堡": "bao"}

_LINES = """
南乐县 nan le xian
民乐县 min le xian
乐陵 lao ling
什邡 shi fang
乌什县 wu shi xian
通什市 tong za shi
伽师 jia shi
佛冈 fo gang
佛坪 fo ping
六合区 lu he qu
六合县 lu he xian
单县 shan xian
浪卡子 lang ka zi
龙圩 long xu
宝坻 bao di
庞家堡 pang jia bu
红寺堡 hong si bu
吴堡 wu bu
马尾区 ma wei qu
崆峒 kong tong
朝阳县 chao yang xian
朝阳市 chao yang shi
朝阳地区 chao yang di qu
朝阳区 chao yang qu
万柏林 wan bai lin
穆棱 mu ling
泊头市 bo tou shi
洪洞 hong tong
浚县 xun xian
涡阳 guo yang
漯河 luo he
珲春 hun chun
畹町 wan ding
筠连 jun lian
荥经 ying jing
蚌山区 beng shan qu
覃塘 qin tang
曾都区 zeng du qu
郫都 pi du
石咀山 shi zui shan
繁峙 fan shi
大城县 dai cheng xian
宕昌 tan chang
闵行 min hang
长子县 zhang zi xian
子长县 zi chang xian
子长市 zi chang shi
长治 chang zhi
长垣 chang yuan
长葛 chang ge
长泰 chang tai
长白 chang bai
长阳 chang yang
天长市 tian chang shi
天长县 tian chang xian
南长区 nan chang qu
弓长岭 gong chang ling
昌都 chang du
宜都 yi du
丰都 feng du
三都水族 san du shui zu
"""


def place_readings() -> dict[str, tuple[str, ...]]:
    """Syllables by name."""
    lines = (line.split() for line in _LINES.strip().splitlines())
    return {name: tuple(syllables) for name, *syllables in lines}
