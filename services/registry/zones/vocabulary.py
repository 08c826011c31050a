"""Lists of values that a zone's members take, with their labels; `PROGRAMME` can be extended."""

from typing import Final, Literal, get_args

from chassis.vocabularies.terms import Term, Vocabulary, closed
from chassis.words import Words

Tier = Literal["national", "provincial"]
Kind = Literal["large_city_district", "prefecture_city", "county", "town", "cross_region"]
State = Literal["candidate", "operating", "exited"]
ExitReason = Literal["eliminated", "withdrawn", "division_change", "merged"]
Relation = Literal["same", "part_of"]

TIERS: Final[tuple[str, ...]] = get_args(Tier)
KINDS: Final[tuple[str, ...]] = get_args(Kind)
STATES: Final[tuple[str, ...]] = get_args(State)
EXIT_REASONS: Final[tuple[str, ...]] = get_args(ExitReason)
RELATIONS: Final[tuple[str, ...]] = get_args(Relation)

VOCABULARIES: Final = (
    closed(
        "zones.tier",
        Words("级别", "Tier"),
        Tier,
        Words("国家级", "National"),
        Words("省级", "Provincial"),
    ),
    closed(
        "zones.kind",
        Words("类型", "Kind"),
        Kind,
        Words("大城市城区", "Urban district of a large city"),
        Words("地级市", "Prefecture-level city"),
        Words("县(市)", "County or county-level city"),
        Words("镇", "Town"),
        Words("跨区域", "Cross-region"),
    ),
    closed(
        "zones.state",
        Words("状态", "State"),
        State,
        Words("申报", "Candidate"),
        Words("运行", "Operating"),
        Words("退出", "Exited"),
    ),
    closed(
        "zones.exit_reason",
        Words("退出原因", "Reason of exit"),
        ExitReason,
        Words("淘汰", "Eliminated"),
        Words("主动退出", "Withdrawn"),
        Words("行政区划调整", "Division change"),
        Words("合并", "Merged"),
    ),
    closed(
        "zones.division_relation",
        Words("与行政区划的关系", "Relation to the division"),
        Relation,
        Words("与区划一致", "The same as the division"),
        Words("区划的一部分", "Part of the division"),
    ),
)
STATE_LABELS: Final = {
    term.code: term.label for item in VOCABULARIES if item.name == "zones.state" for term in item.terms
}
PROGRAMME: Final = Vocabulary(
    "zones.programme",
    Words("计划类别", "Programme"),
    (
        Term("sdz", Words("可持续发展实验区", "Sustainable-development experimental zone")),
        Term(
            "agenda_innovation_demonstration",
            Words(
                "国家可持续发展议程创新示范区",
                "National innovation demonstration zone for the 2030 Agenda",
            ),
        ),
        Term(
            "provincial_innovation_demonstration",
            Words(
                "省级可持续发展创新示范区", "Provincial sustainable-development innovation demonstration zone"
            ),
        ),
    ),
    extensible=True,
)
