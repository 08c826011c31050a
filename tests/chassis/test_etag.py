"""Validators and locking: no write is lost in silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.chassis.answers import problem_of
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
PATH = "/api/v1/zones/code:Z-1"


@pytest.fixture
async def office(probe: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """A client for which the zone Z-1 is registered."""
    async with probe.client(ministry()) as client:
        assert (await client.post("/api/v1/zones", json=zone())).status_code == 201
        yield client


async def test_the_validator_changes_with_the_version_and_with_the_language(
    office: httpx.AsyncClient,
) -> None:
    chinese = (await office.get(PATH)).headers["etag"]
    english = (await office.get(PATH, headers={"accept-language": "en"})).headers["etag"]
    assert chinese.split(".")[0] == english.split(".")[0] == '"1'
    assert chinese != english
    other = await office.get(PATH, headers={"accept-language": "en", "if-none-match": chinese})
    assert other.status_code == 200


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0.x", {}', "*"])
async def test_a_validator_that_holds_answers_304_in_every_form(office: httpx.AsyncClient, form: str) -> None:
    held = (await office.get(PATH)).headers["etag"]
    for ask in (office.get, office.head):
        answer = await ask(PATH, headers={"if-none-match": form.format(held)})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", held)


async def test_a_write_that_was_made_by_a_reader_of_another_language_is_not_refused(
    office: httpx.AsyncClient,
) -> None:
    english = (await office.get(PATH, headers={"accept-language": "en"})).headers["etag"]
    answer = await office.patch(PATH, json={"note": "x"}, headers={"if-match": english})
    assert answer.status_code == 200


@pytest.mark.parametrize("value", ["", '""', "rubbish", '"x.y"', '"-1"', "²", '"99999999999999999999"'])
async def test_what_is_no_validator_of_ours_is_400(office: httpx.AsyncClient, value: str) -> None:
    headers = {"if-match": value.encode("latin-1")}
    answer = await office.patch(PATH, json={}, headers=headers)  # type: ignore[arg-type]  # bytes pass
    assert problem_of(answer, 400)["errors"][0]["header"] == "If-Match"


async def test_a_write_without_a_validator_is_428_for_every_method(office: httpx.AsyncClient) -> None:
    problem_of(await office.patch(PATH, json={"note": "x"}), 428, "precondition_required")
    problem_of(await office.delete(PATH), 428, "precondition_required")


async def test_of_ten_writers_at_once_one_wins_and_the_others_learn_what_changed(
    office: httpx.AsyncClient,
) -> None:
    held = (await office.get(PATH)).headers["etag"]
    answers = await asyncio.gather(
        *(office.patch(PATH, json={"note": f"{n}"}, headers={"if-match": held}) for n in range(10))
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for lost in (answer for answer in answers if answer is not won[0]):
        problem = problem_of(lost, 412, "precondition_failed")
        assert problem["changed_fields"] == ["note"]
        assert problem["current"] == won[0].json()
        assert problem["current_etag"] == won[0].headers["etag"]
    assert (await office.get(PATH)).json()["version"] == 2


async def test_what_changed_is_told_before_and_after_the_events_were_numbered(
    probe: RunningService, office: httpx.AsyncClient
) -> None:
    first = (await office.get(PATH)).headers["etag"]
    second = (await office.patch(PATH, json={"note": "x"}, headers={"if-match": first})).headers["etag"]
    await probe.number_events()
    await office.patch(PATH, json={"theme": "y"}, headers={"if-match": second})
    late = await office.patch(PATH, json={}, headers={"if-match": first})
    later = await office.patch(PATH, json={}, headers={"if-match": second})
    assert problem_of(late, 412)["changed_fields"] == ["note", "theme"]
    assert problem_of(later, 412)["changed_fields"] == ["theme"]


async def test_what_is_not_public_is_not_kept_by_shared_caches(office: httpx.AsyncClient) -> None:
    for path in (PATH, "/api/v1/zones", "/api/v1/changes"):
        assert (await office.get(path)).headers["cache-control"] == "private, no-cache"
    assert (await office.get("/api/v1/nothing")).headers["cache-control"] == "no-store"
