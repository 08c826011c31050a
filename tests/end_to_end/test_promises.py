"""No silent overwrite, one effect a key, no token where it does not belong, no province beyond its border."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from chassis.identity.principal import EVERYWHERE, Principal
from chassis.identity.tokens import Signer
from tests.end_to_end.platform_under_test import Whole, key
from tests.service_app import EVERY_PERMISSION, csv_text


def _zone(code: str, division: str) -> dict[str, Any]:
    return {"code": code, "names": {"zh-Hans": code}, "division": {"code": division, "edition": "201904"}}


def test_two_writers_one_resource(whole: Whole) -> None:
    path = "/api/v1/zones/code:SDZ-0071"
    with whole.ministry() as one, whole.ministry() as other:
        etag = one.get(path).headers["etag"]
        first = one.patch(path, json={"note": f"a {time.time_ns()}"}, headers={"if-match": etag})
        second = other.patch(path, json={"note": "b"}, headers={"if-match": etag})
        assert (first.status_code, second.status_code) == (200, 412)
        assert second.json()["changed_fields"] == ["note"]
        assert one.get(path).json()["note"] == first.json()["note"]


def test_the_same_key_twice_at_once_has_one_effect(whole: Whole) -> None:
    code = f"P-{time.time_ns()}"
    header = key()
    answers: list[httpx.Response] = []
    with whole.ministry() as office:
        token = office.headers["authorization"]
        barrier = threading.Barrier(4)

        def send() -> None:
            with httpx.Client(base_url=whole.url, timeout=30, trust_env=False) as client:
                barrier.wait()
                answers.append(
                    client.post(
                        "/api/v1/projects",
                        json={"code": code, "title": "试"},
                        headers={**header, "authorization": token},
                    )
                )

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        listed = office.get(f"/api/v1/projects?code={code}").json()["items"]
        replay = office.post("/api/v1/projects", json={"code": code, "title": "试"}, headers=header)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_progress"}
    assert len(listed) == 1
    assert (replay.status_code, replay.headers["idempotent-replayed"]) == (201, "true")
    assert replay.json()["id"] == listed[0]["id"]


@pytest.mark.parametrize("service", ["registry", "projects", "evaluation"])
def test_a_service_on_its_own_port_believes_its_own_tokens_only(whole: Whole, service: str) -> None:
    path = {"registry": "zones", "projects": "projects", "evaluation": "scores"}[service]
    others = {"registry": "projects", "projects": "evaluation", "evaluation": "registry"}
    folder = whole.platform.folders.secrets
    gateway = Signer("gateway", folder / "gateway_signing_key.pem")
    forger = Signer("gateway", folder / "projects_signing_key.pem")
    caller = Principal("person:x", "gateway", permissions=EVERY_PERMISSION, view=EVERYWHERE, write=EVERYWHERE)
    good = gateway.sign_for(service, caller)
    head, body, signature = good.split(".")
    expired = gateway.sign(
        service, {"sub": "person:x", "permissions": sorted(EVERY_PERMISSION)}, lifetime=-60
    )
    with whole.ministry() as office:
        access_token = office.headers["authorization"].removeprefix("Bearer ")
    bad = {
        "for another service": gateway.sign_for(others[service], caller),
        "expired": expired,
        "forged": forger.sign_for(service, caller),
        "unsigned": f"eyJhbGciOiJub25lIn0.{body}.",
        "signature of another token": f"{head}.{body}.{expired.split('.')[2]}",
        "access token": access_token,
        "rubbish": "x.y.z",
    }
    with whole.anonymous(whole.platform.urls[service]) as direct:
        for what, token in bad.items():
            answer = direct.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"})
            assert (what, answer.status_code) == (what, 401)
            assert "www-authenticate" in answer.headers
        headers_only = {"x-user": "admin", "x-roles": "ministry_office", "x-forwarded-user": "admin"}
        assert direct.get(f"/api/v1/{path}", headers=headers_only).status_code == 401
        assert direct.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {good}"}).status_code == 200
    assert signature


def test_an_internal_token_opens_nothing_at_the_gateway(whole: Whole) -> None:
    gateway = Signer("gateway", whole.platform.folders.secrets / "gateway_signing_key.pem")
    caller = Principal("person:x", "gateway", permissions=EVERY_PERMISSION, view=EVERYWHERE)
    with whole.anonymous() as anyone:
        for audience in ("registry", "gateway"):
            token = gateway.sign_for(audience, caller)
            answer = anyone.get("/api/v1/zones", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 401


def _zone_codes(items: list[dict[str, Any]]) -> set[str]:
    return {item["zone"]["code"] if "zone" in item else item["code"] for item in items}


def test_a_province_reads_its_own_subtree_on_every_list(whole: Whole) -> None:
    with whole.ministry() as office:
        hunan = {item["code"] for item in office.get("/api/v1/zones?within=430000&limit=500").json()["items"]}
        everything = office.get("/api/v1/zones?limit=500").json()["items"]
    assert 0 < len(hunan) < len(everything)
    with whole.province("430000") as client:
        for path in ("zones", "projects", "achievements", "observations", "scores"):
            items = client.get(f"/api/v1/{path}?limit=500").json()["items"]
            assert items, path
            assert _zone_codes(items) <= hunan, path
        features = client.get("/api/v1/zones/geojson?limit=500").json()["features"]
        assert {feature["properties"]["code"] for feature in features} == hunan
        for source in ("registry", "projects", "evaluation"):
            events = client.get(f"/api/v1/changes?source={source}&limit=1000").json()["items"]
            paths = [event["data"]["resource"].get("division_path") for event in events]
            assert all("430000" in path for path in paths if path), source
        assert client.get("/api/v1/views/zones/code:SDZ-0070").status_code == 404


def test_a_province_cannot_reach_what_is_anothers(whole: Whole) -> None:
    with whole.ministry() as office:
        foreign = {
            path: office.get(f"/api/v1/{path}?{query}&limit=1").json()["items"][0]
            for path, query in {
                "zones": "within=440000",
                "projects": "within=410000",
                "achievements": "within=440000",
                "observations": "within=440000",
            }.items()
            if office.get(f"/api/v1/{path}?{query}&limit=1").json()["items"]
        }
        run_scores = f"/api/v1/runs/{whole.run_id}/scores"
        shenzhen = office.get("/api/v1/zones/code:SDZ-0070").json()
    assert {"zones", "achievements", "observations"} <= set(foreign)
    with whole.province("430000") as client:
        assert client.get(f"{run_scores}/{shenzhen['id']}").status_code == 404
        for path, item in foreign.items():
            url, match = f"/api/v1/{path}/{item['id']}", {"if-match": f'"{item["version"]}.x"'}
            assert client.get(url).status_code == 404, path
            assert client.patch(url, json={"note": "x"}, headers=match).status_code in {404, 405}, path
            assert client.delete(url, headers=match).status_code in {404, 405}, path


def test_a_province_writes_in_its_own_subtree_only(whole: Whole) -> None:
    stamp = time.time_ns()
    with whole.province("430000") as client:
        own = client.post("/api/v1/zones", json=_zone(f"HN-{stamp}", "430181"), headers=key())
        foreign = client.post("/api/v1/zones", json=_zone(f"GD-{stamp}", "440300"), headers=key())
        project = {"code": f"P-{stamp}", "title": "试", "zone": f"code:HN-{stamp}"}
        own_project = client.post("/api/v1/projects", json=project, headers=key())
        theirs = client.post(
            "/api/v1/projects",
            json={"code": f"Q-{stamp}", "title": "试", "zone": "code:SDZ-0070"},
            headers=key(),
        )
        national = client.post("/api/v1/projects", json={"code": f"N-{stamp}", "title": "试"}, headers=key())
        row = {"zone": "SDZ-0070", "indicator": "TERTIARY-SHARE", "period": "2012", "status": "reported"}
        values = client.post(
            "/api/v1/observations/imports?commit=true",
            content=csv_text([{**row, "value": "1", "reference_division": "", "source": "", "note": ""}]),
            headers={"content-type": "text/csv", **key()},
        )
        run = client.post("/api/v1/runs", json={"cycle": "code:DEMO-2012"}, headers=key())
        account = client.get("/api/v1/accounts")
        divisions = client.post(
            "/api/v1/divisions/imports?commit=true",
            content="x",
            headers={"content-type": "text/csv", **key()},
        )
    assert (own.status_code, own_project.status_code) == (201, 201)
    assert foreign.status_code == 403
    assert theirs.status_code in {403, 404, 422}
    assert national.status_code == 403
    assert values.status_code == 422
    assert (run.status_code, account.status_code, divisions.status_code) == (403, 403, 403)


def test_every_route_of_the_whole_has_an_owner_that_the_gateway_finds(whole: Whole) -> None:
    with whole.anonymous() as anyone:
        document = anyone.get("/openapi.json").json()
        docs = anyone.get("/docs")
    assert document["openapi"].startswith("3.1")
    assert "x-missing" not in document["info"]
    with whole.ministry() as office:
        for path, operations in document["paths"].items():
            parameters = operations.get("get", {}).get("parameters", ())
            needed = {item["name"] for item in parameters if item["in"] == "query" and item.get("required")}
            if "get" in operations and "{" not in path and needed <= {"source"}:
                named = any(item["name"] == "source" for item in parameters)
                answer = office.get(path, params={"source": "registry"} if named else {})
                assert answer.status_code in {200, 403}, (path, answer.text)
    assert docs.status_code == 200
    assert "cdn" not in docs.text
