"""Every answer that is not 2xx is a problem with a trace id, in the caller's language."""

from __future__ import annotations

import pytest

from chassis.problems import Problem
from tests.chassis.answers import problem_of, raw_request
from tests.chassis.probe import SECRET
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio


async def test_an_unknown_route_is_a_problem(shared_probe: RunningService) -> None:
    async with shared_probe.client(ministry()) as office:
        for path in ("/", "/api/v1/nothing", "/api/v1/zones/", "/api/v2/zones", "//", "/api/v1/zones/a/b"):
            problem_of(await office.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/zones", {"GET", "HEAD", "POST"}),
        ("POST", "/api/v1/zones/code:X", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("PUT", "/api/v1/zones/imports", {"GET", "HEAD", "PATCH", "DELETE", "POST"}),
        ("DELETE", "/livez", {"GET", "HEAD"}),
        ("TRACE", "/api/v1/changes", {"GET", "HEAD"}),
        ("BREW", "/api/v1/probe/notes", {"POST"}),
        ("HEAD", "/api/v1/probe/notes", {"POST"}),
    ],
)
async def test_a_wrong_method_is_told_which_ones_are_right(
    shared_probe: RunningService, method: str, path: str, allowed: set[str]
) -> None:
    async with shared_probe.client(ministry()) as office:
        answer = await office.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    if method != "HEAD":
        problem_of(answer, 405, "method_not_allowed")


async def test_what_the_framework_refuses_is_a_problem_that_names_the_place(
    shared_probe: RunningService,
) -> None:
    async with shared_probe.client(ministry()) as office:
        body = problem_of(await office.post("/api/v1/probe/notes", json={"count": "x", "a/b~": 1}), 422)
        query = problem_of(await office.get("/api/v1/changes?limit=0&wait=99"), 400, "invalid_parameter")
        header = problem_of(
            await office.patch("/api/v1/zones/code:X", json={}, headers={"if-match": "rubbish"}), 400
        )
    places = {issue["pointer"]: issue["code"] for issue in body["errors"]}
    assert places == {"#/text": "required", "#/count": "int_parsing", "#/a~1b~0": "unknown_member"}
    assert {issue["parameter"] for issue in query["errors"]} == {"limit", "wait"}
    assert header["errors"][0]["header"] == "If-Match"


@pytest.mark.parametrize("path", ["/api/v1/probe/broken"])
async def test_what_nobody_expected_tells_nothing_of_itself(shared_probe: RunningService, path: str) -> None:
    async with shared_probe.client(ministry()) as office:
        answer = await office.get(path)
        head = await office.head(path)
    problem_of(answer, 500, "internal_error")
    assert SECRET not in answer.text + str(answer.headers)
    assert "RuntimeError" not in answer.text
    assert (head.status_code, head.content, head.headers["trace-id"] != "") == (500, b"", True)


async def test_head_answers_as_get_without_a_body(shared_probe: RunningService) -> None:
    async with shared_probe.client(ministry()) as office:
        for path in ("/api/v1/zones", "/api/v1/zones/code:none", "/api/v1/nothing", "/api/v1/zones?x=1"):
            full, head = await office.get(path), await office.head(path)
            assert (head.status_code, head.content) == (full.status_code, b"")
            assert head.headers["content-type"] == full.headers["content-type"]
            assert head.headers["content-length"] == full.headers["content-length"]


@pytest.mark.parametrize("path", ["/api/v1/zones", "/api/v1/nothing", "/api/v1/probe/broken", "/livez"])
async def test_head_sends_no_body_to_the_server_that_would_write_it(
    shared_probe: RunningService, path: str
) -> None:
    headers = {"authorization": f"Bearer {shared_probe.token(ministry())}"}
    answer = await raw_request(shared_probe.app, "HEAD", path, headers=headers)
    assert answer.body == b""
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("preferred", "language", "title"),
    [
        (None, "zh-Hans", "没有找到"),
        ("en", "en", "Not found"),
        ("de, en-GB;q=0.5", "en", "Not found"),
        ("zh-CN, en;q=0.9", "zh-Hans", "没有找到"),
        ("en;q=0.1, zh;q=0.2", "zh-Hans", "没有找到"),
        ("fr", "zh-Hans", "没有找到"),
        (";;q=,,", "zh-Hans", "没有找到"),
        ("en;q=nan", "zh-Hans", "没有找到"),
    ],
)
async def test_a_problem_speaks_the_language_that_is_preferred(
    shared_probe: RunningService, preferred: str | None, language: str, title: str
) -> None:
    headers = {"accept-language": preferred} if preferred else {}
    async with shared_probe.client(ministry()) as office:
        answer = await office.get("/api/v1/zones/code:none", headers=headers)
    assert problem_of(answer, 404)["title"] == title
    assert answer.headers["content-language"] == language


async def test_the_callers_trace_id_is_kept_and_a_bad_one_replaced(shared_probe: RunningService) -> None:
    async with shared_probe.client() as nobody:
        given = "0af7651916cd43dd8448eb211c80319c"
        kept = await nobody.get("/x", headers={"traceparent": f"00-{given}-b7ad6b7169203331-01"})
        other = await nobody.get("/x", headers={"traceparent": "00-rubbish-01"})
    assert problem_of(kept, 404)["trace_id"] == given
    assert problem_of(other, 404)["trace_id"] not in {given, "rubbish"}


async def test_a_401_says_how_to_authenticate(shared_probe: RunningService) -> None:
    async with shared_probe.client() as nobody:
        answer = await nobody.get("/api/v1/zones")
    problem_of(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_catalogue_lists_every_problem_in_both_languages(shared_probe: RunningService) -> None:
    async with shared_probe.client(ministry()) as office:
        items = (await office.get("/api/v1/errors")).json()["items"]
    assert {item["code"] for item in items} == set(Problem.catalogue())
    for item in items:
        assert set(item["title"]) == set(item["remedy"]) == {"zh-Hans", "en"}
        assert all([*item["title"].values(), *item["remedy"].values()])
        assert item["retryable"] == (
            item["status"] in {408, 429, 503} or item["code"] in {"idempotency_in_progress", "not_yet_known"}
        )


@pytest.mark.parametrize("query", [b"name=\xff", "name=中".encode(), b"\x80"])
async def test_a_query_string_that_is_no_uri_is_malformed(shared_probe: RunningService, query: bytes) -> None:
    headers = {"authorization": f"Bearer {shared_probe.token(ministry())}"}
    for path in ("/api/v1/zones", "/api/v1/zones/geojson"):
        answer = await raw_request(shared_probe.app, "GET", path, query=query, headers=headers)
        assert (answer.status, answer.code) == (400, "malformed_request")


@pytest.mark.parametrize(
    "name", ["accept-language", "if-none-match", "idempotency-key", "sdz-timeout-ms", "traceparent", "x"]
)
@pytest.mark.parametrize("value", ["\xff\x00", "²", "9" * 8000, '"', "-1", ",;=,"])
async def test_no_header_brings_a_read_down(shared_probe: RunningService, name: str, value: str) -> None:
    headers = {"authorization": f"Bearer {shared_probe.token(ministry())}", name: value}
    answer = await raw_request(shared_probe.app, "GET", "/api/v1/zones", headers=headers)
    assert answer.status == 200
