"""Documents of projects lie where the project's zone lies."""

from __future__ import annotations

import pytest

from chassis.identity.principal import Principal
from tests.chassis.answers import problem_of
from tests.chassis.documents.files import PDF, upload
from tests.projects.builders import HUBEI, HUNAN, record, row
from tests.projects.conftest import SHEET, TwoServices
from tests.service_app import csv_text, ministry, province

pytestmark = pytest.mark.anyio
PATH = "/api/v1/projects/code:R-1/documents"


async def test_a_projects_documents_follow_its_zone(services: TwoServices) -> None:
    await services.follow()
    async with services.client(ministry()) as office:
        made = await office.post("/api/v1/projects", json=record())
        document = (await upload(office, path=PATH)).json()
    async with services.client(province(HUNAN)) as neighbour:
        problem_of(await upload(neighbour, path=PATH), 404)
        problem_of(await neighbour.get(document["content_url"]), 404)
    async with services.client(province(HUBEI)) as officer:
        assert (await officer.get(document["content_url"])).content == PDF
    async with services.client(ministry()) as office:
        moved = await office.patch(
            made.headers["location"], json={"zone": "code:HN-1"}, headers={"if-match": made.headers["etag"]}
        )
        assert moved.status_code == 200
    async with services.client(province(HUBEI)) as officer:
        problem_of(await officer.get(document["content_url"]), 404)
    async with services.client(province(HUNAN)) as neighbour:
        assert (await neighbour.get(document["content_url"])).content == PDF
        assert (await upload(neighbour, PDF + b"%", path=PATH)).status_code == 201
    places = [event["data"]["resource"]["parent"]["id"] for event in await services.events("document")]
    assert places == [made.json()["id"]] * 3
    left = [event["type"] for event in await services.events("document", province(HUBEI))]
    assert left == ["sdz.document.created.v1", "sdz.document.removed_from_scope.v1"]
    assert len(await services.events("document", province(HUNAN))) == 2


@pytest.mark.parametrize("way", ["zone", "sheet"])
async def test_the_feed_tells_of_documents_at_their_new_place(services: TwoServices, way: str) -> None:
    await services.follow()
    async with services.client(ministry()) as office:
        assert (await office.post("/api/v1/projects", json=record())).status_code == 201
        document = (await upload(office, path=PATH)).json()
        if way == "zone":
            await services.change_zone("HB-1", division={"code": "430181", "edition": "201904"})
            await services.follow()
        else:
            sheet = csv_text([row(zone="HN-1")])
            done = await office.post("/api/v1/projects/imports?commit=true", content=sheet, headers=SHEET)
            assert done.json()["counts"]["updated"] == 1, done.text
    left = (await services.events("document", province(HUBEI)))[-1]
    came = (await services.events("document", province(HUNAN)))[-1]
    assert (left["type"], left["data"]["id"]) == ("sdz.document.removed_from_scope.v1", document["id"])
    assert came["data"]["resource"] == document


async def test_documents_of_the_nation_are_written_nationwide(services: TwoServices) -> None:
    async with services.client(ministry()) as office:
        await office.post("/api/v1/projects", json=record(zone=None))
        assert (await upload(office, path=PATH)).status_code == 201
    async with services.client(ministry(write=province(HUBEI).write)) as reader:
        problem_of(await upload(reader, path=PATH), 403)
        assert len((await reader.get(PATH)).json()["items"]) == 1
    assert await services.events("document", province(HUBEI)) == []


async def _told(services: TwoServices, who: Principal) -> list[str]:
    """Changes of documents that the reader is told of."""
    return [event["type"].split(".")[2] for event in await services.events("document", who)]


async def test_documents_go_with_their_project_and_come_back_with_it(services: TwoServices) -> None:
    await services.follow()
    async with services.client(ministry()) as office:
        made = await office.post("/api/v1/projects", json=record())
        document = (await upload(office, path=PATH)).json()
        gone = await office.delete(made.headers["location"], headers={"if-match": made.headers["etag"]})
        assert gone.status_code == 204
        problem_of(await office.get(document["content_url"]), 404)
        for zone in ("HB-1", "HN-1", "HN-1"):
            back = await office.post(
                "/api/v1/projects/imports?commit=true", content=csv_text([row(zone=zone)]), headers=SHEET
            )
            assert back.status_code == 200, back.text
        assert (await office.get(document["content_url"])).content == PDF
    assert await _told(services, ministry()) == ["created", "deleted", "updated", "updated"]
    assert await _told(services, province(HUNAN)) == ["updated"]
