"""How the parts of a zone's view become one answer."""

import pytest

from chassis.problems import DependencyUnavailable, Forbidden, NotFound
from services.gateway.views.part import Part
from services.gateway.views.zone_view import compose

ZONE = {"id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01", "name": "慈溪市", "version": 3}


def parts(**changes: Part) -> list[Part]:
    listed = {"items": [{"id": "p", "zone": ZONE}], "page": {"total": 7}}
    found = {
        "zone": Part("zone", "registry", ZONE),
        "projects": Part("projects", "projects", listed),
        "achievements": Part("achievements", "projects", {"items": [], "page": {"total": 0}}),
        "latest_score": Part("latest_score", "evaluation", {"items": [{"score": 0.5}]}),
    }
    return list((found | changes).values())


def down(name: str, service: str, status: int = 503, code: str = "dependency_unavailable") -> Part:
    return Part(name, service, None, status, code, "why")


def test_all_parts() -> None:
    assert compose(parts()) == {
        "zone": ZONE,
        "projects": {"items": [{"id": "p", "zone": ZONE}], "total": 7},
        "achievements": {"items": [], "total": 0},
        "latest_score": {"score": 0.5},
        "partial": False,
        "unavailable": [],
    }


def test_a_part_that_is_down_is_null_and_named() -> None:
    view = compose(parts(latest_score=down("latest_score", "evaluation")))
    assert view["partial"] is True
    assert view["latest_score"] is None
    assert [part.model_dump() for part in view["unavailable"]] == [
        {
            "part": "latest_score",
            "dependency": "evaluation",
            "code": "dependency_unavailable",
            "detail": "why",
        }
    ]


def test_without_the_registry_others_tell_the_name() -> None:
    view = compose(parts(zone=down("zone", "registry")))
    assert view["zone"] == {"id": ZONE["id"], "name": "慈溪市"}
    assert view["partial"] is True


def test_a_zone_without_a_score_is_whole() -> None:
    view = compose(parts(latest_score=Part("latest_score", "evaluation", {"items": []})))
    assert (view["latest_score"], view["partial"]) == (None, False)


@pytest.mark.parametrize(("status", "problem"), [(404, NotFound), (403, Forbidden)])
def test_the_registry_decides_whether_there_is_such_a_zone(status: int, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        compose(parts(zone=down("zone", "registry", status, "x")))


def test_nothing_at_all_is_unavailable() -> None:
    with pytest.raises(DependencyUnavailable):
        compose([down(part.name, part.service) for part in parts()])
