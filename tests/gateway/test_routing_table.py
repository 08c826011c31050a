"""The first path segment decides the owner."""

import pytest

from chassis.problems import InvalidParameter, MalformedRequest
from services.gateway.proxy.deadlines import body_seconds_for, seconds_for
from services.gateway.proxy.routing_table import owner_of
from services.gateway.proxy.safe_paths import checked_path, checked_query


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/api/v1/zones", "registry"),
        ("/api/v1/zones/code:SDZ-0001/transitions", "registry"),
        ("/api/v1/divisions/imports", "registry"),
        ("/api/v1/projects", "projects"),
        ("/api/v1/achievements/x", "projects"),
        ("/api/v1/observations/imports", "evaluation"),
        ("/api/v1/sources", "evaluation"),
        ("/api/v1/accounts", "gateway"),
        ("/api/v1/vocabularies", "gateway"),
        ("/api/v1/vocabularies/zones.programme/terms/sdz", "registry"),
        ("/api/v1/vocabularies/runs.ties", "evaluation"),
        ("/api/v1/vocabularies/accounts.role", "gateway"),
        ("/api/v1/vocabularies/unknown.thing", "gateway"),
        ("/api/v1/operations", "gateway"),
        ("/api/v1/operations/evaluation-0198c3d2", "evaluation"),
        ("/api/v1/operations/registry-0198c3d2/cancel", "registry"),
        ("/api/v1/operations/gateway-0198c3d2", "gateway"),
        ("/api/v1/operations/nobody-0198c3d2", "gateway"),
        ("/api/v1/zonesx", "gateway"),
        ("/api/v1/", "gateway"),
        ("/api/v1//zones", "gateway"),
        ("/api/v2/zones", "gateway"),
        ("/zones", "gateway"),
        ("/livez", "gateway"),
    ],
)
def test_owner_by_first_segment(path: str, owner: str) -> None:
    assert owner_of(path) == owner


@pytest.mark.parametrize("source", ["registry", "projects", "evaluation", "gateway"])
def test_a_feed_is_named_by_its_source(source: str) -> None:
    paths = ("changes", "changes/snapshot", "changes/digest", "schedules", "operations")
    for path in paths:
        assert owner_of(f"/api/v1/{path}", f"after=3&source={source}".encode()) == source


@pytest.mark.parametrize("query", [b"", b"source=", b"source=nobody", b"source=registry&source=projects"])
def test_a_feed_without_one_known_source_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidParameter) as refused:
        owner_of("/api/v1/changes", query)
    assert refused.value.issues[0].parameter == "source"


@pytest.mark.parametrize(
    "raw",
    [
        b"/api/v1/zones/../../openapi.json",
        b"/api/v1/zones/%2e%2e/%2E%2e/openapi.json",
        b"/api/v1/zones/.%2e/x",
        b"/api/v1/zones/./x",
        b"/api/v1/zones%2F..%2F..%2Fopenapi.json",
        b"/api/v1/zones\\..\\..\\openapi.json",
        b"/api/v1/zones%5c..%5copenapi.json",
        b"/api/v1/zones/..",
    ],
)
def test_dot_segments_are_refused_however_they_are_written(raw: bytes) -> None:
    with pytest.raises(MalformedRequest):
        checked_path(raw)


def test_paths_and_queries_pass_as_they_came() -> None:
    path = b"/api/v1/zones/code:SDZ-0001/%E6%85%88%E6%BA%AA;a=b!$&'()*+,=@~..x/..y/%252e%252e"
    assert checked_path(path) == path.decode()
    query = b"name[contains]=%E6%85%88+x&sort=-a,b&&cursor=a%2Fb%3D"
    assert checked_query(query) == "?" + query.decode()
    assert checked_query(b"") == ""


def test_bare_chinese_is_escaped() -> None:
    assert checked_path("/api/v1/zones/慈".encode()) == "/api/v1/zones/%E6%85%88"
    assert checked_query("q=慈".encode()) == "?q=%E6%85%88"


@pytest.mark.parametrize(
    ("method", "path", "query", "seconds"),
    [
        ("GET", "/api/v1/zones", b"", 30),
        ("POST", "/api/v1/zones", b"", 60),
        ("POST", "/api/v1/zones/code:Z/documents", b"", 600),
        ("GET", "/api/v1/zones/code:Z/documents", b"", 30),
        ("PATCH", "/api/v1/zones/code:Z/documents/1", b"", 60),
        ("GET", "/api/v1/zones", b"wait=20", 50),
        ("GET", "/api/v1/zones", b"wait=1e9", 90),
        ("GET", "/api/v1/zones", b"wait=-5", 30),
        ("GET", "/api/v1/zones", b"wait=nan", 30),
        ("GET", "/api/v1/zones", b"wait=long", 30),
    ],
)
def test_deadlines(method: str, path: str, query: bytes, seconds: float) -> None:
    assert seconds_for(method, path, query) == seconds


def test_the_bytes_of_a_document_may_take_longer_than_other_answers() -> None:
    assert body_seconds_for("/api/v1/zones/1/documents/2/content") == 600
    assert body_seconds_for("/api/v1/zones/1/documents/2") == 60
