"""`/api/v1/accounts`, on a real database through the front."""

from __future__ import annotations

from typing import Any

import httpx

from chassis.feed.sequencer import number_batch
from tests.gateway.running import RunningGateway, machine, person

KEY = "idempotency-key"


async def signed_in(gateway: RunningGateway, client_id: str, secret: str) -> int:
    async with gateway.client() as client:
        answer = await client.post(
            "/api/v1/tokens",
            json={"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret},
        )
    return answer.status_code


async def made(admin: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    answer = await admin.post("/api/v1/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_secret_is_shown_once(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        first = await admin.post("/api/v1/accounts", json=machine("province-33"), headers={KEY: "a"})
        again = await admin.post("/api/v1/accounts", json=machine("province-33"), headers={KEY: "a"})
        read = await admin.get(first.headers["location"])
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["secret_shown"] is False
    assert len(first.json()["secret"]) >= 43  # 256 bits
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**first.json(), "secret": None, "secret_shown": True}
    assert "secret" not in read.json()
    assert await signed_in(gateway, "province-33", first.json()["secret"]) == 200


async def test_a_given_password_is_not_answered_and_a_missing_one_is_made(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        given = await made(admin, person("li.na", password="a password of my own"))
        generated = await made(admin, person("wang.wei"))
    assert given.json()["secret"] is None
    for username, password in (
        ("LI.NA", "a password of my own"),
        ("wang.wei", generated.json()["secret"]),
    ):
        assert await gateway.token(grant_type="password", username=username, password=password)


async def test_passwords_are_kept_as_argon2id(gateway: RunningGateway) -> None:
    async with gateway.runtime.database.engine.connect() as connection:
        stored = await connection.exec_driver_sql("SELECT password_hash FROM account WHERE kind = 'person'")
        assert all(hashed.startswith("$argon2id$") for hashed in stored.scalars())


async def test_accounts_need_the_permission(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.demo_token()) as demo, gateway.client() as nobody:
        refused = await demo.get("/api/v1/accounts")
        unknown = await nobody.get("/api/v1/accounts")
    assert (refused.status_code, refused.json()["permission"]) == (403, "account.manage")
    assert unknown.status_code == 401


async def test_administrators_exclude_each_other(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        both = ["security_administrator", "audit_administrator"]
        refused = await admin.post("/api/v1/accounts", json=person("zhao", *both))
        account = await made(admin, person("zhao", both[0]))
        added = await admin.patch(
            account.headers["location"],
            json={"roles": both},
            headers={"if-match": account.headers["etag"]},
        )
    for answer in (refused, added):
        assert answer.status_code == 422
        assert answer.json()["code"] == "mutually_exclusive_roles"


async def test_a_login_is_unique_in_its_kind(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        refused = await admin.post("/api/v1/accounts", json=person("ADMIN"))
        await made(admin, machine("admin"))
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "login_taken"


async def test_changes_need_the_version(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await made(admin, person("li.na"))
        path, tag = account.headers["location"], account.headers["etag"]
        missing = await admin.patch(path, json={"name": "李娜"})
        changed = await admin.patch(path, json={"name": "李娜"}, headers={"if-match": tag})
        stale = await admin.patch(path, json={"name": "李四"}, headers={"if-match": tag})
        same = await admin.patch(path, json={"name": "李娜"}, headers={"if-match": changed.headers["etag"]})
    assert (missing.status_code, stale.status_code) == (428, 412)
    assert (changed.status_code, changed.json()["version"], changed.json()["name"]) == (200, 2, "李娜")
    assert stale.json()["current"]["version"] == 2
    assert (same.status_code, same.json()["version"]) == (200, 2)


async def test_nobody_locks_themselves_out(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        me = (await admin.get("/api/v1/me")).json()
        account = await admin.get(f"/api/v1/accounts/{me['id']}")
        refused = await admin.patch(
            f"/api/v1/accounts/{me['id']}",
            json={"active": False},
            headers={"if-match": account.headers["etag"]},
        )
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "own_account"


async def test_an_old_secret_overlaps_as_long_as_is_asked(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await made(admin, machine("province-33"))
        rotations, first = account.headers["location"] + "/rotations", account.json()["secret"]
        overlapping = await admin.post(rotations, json={"overlap_seconds": 3600})
        second = overlapping.json()["secret"]
        assert overlapping.json()["previous_secret_until"] is not None
        assert [await signed_in(gateway, "province-33", one) for one in (first, second)] == [200, 200]
        at_once = await admin.post(rotations, json={})
        third = at_once.json()["secret"]
        assert at_once.json()["previous_secret_until"] is None
        too_long = await admin.post(rotations, json={"overlap_seconds": 86_401})
    assert [await signed_in(gateway, "province-33", one) for one in (first, second, third)] == [401, 401, 200]
    assert too_long.status_code == 422


async def test_a_password_is_changed_without_overlap(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await made(admin, person("li.na"))
        rotations = account.headers["location"] + "/rotations"
        overlap = await admin.post(rotations, json={"overlap_seconds": 60})
        changed = await admin.post(rotations, json={"password": "another password"})
        old = await admin.post(
            "/api/v1/tokens",
            json={"grant_type": "password", "username": "li.na", "password": account.json()["secret"]},
        )
    assert overlap.status_code == 422
    assert changed.json()["secret"] is None
    assert old.status_code == 401
    assert await gateway.token(grant_type="password", username="li.na", password="another password")


async def test_lists_have_filters_and_pages(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        for name in ("a1", "a2", "a3"):
            await made(admin, person(name, "expert"))
        first = await admin.get("/api/v1/accounts?role=expert&limit=2&count=exact")
        second = await admin.get(
            "/api/v1/accounts",
            params={"role": "expert", "limit": 2, "cursor": first.json()["page"]["next_cursor"]},
        )
        machines = await admin.get("/api/v1/accounts?kind=machine&active=true")
        named = await admin.get("/api/v1/accounts?username=admin")
        unknown = await admin.get("/api/v1/accounts?rolle=expert")
    assert first.json()["page"]["total"] == 3
    pages = [*first.json()["items"], *second.json()["items"]]
    assert [item["username"] for item in pages] == ["a1", "a2", "a3"]
    assert [item["client_id"] for item in machines.json()["items"]] == ["demo"]
    assert [item["username"] for item in named.json()["items"]] == ["admin"]
    assert unknown.json()["code"] == "unknown_parameter"


async def test_me(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.demo_token()) as demo, gateway.client() as nobody:
        me = await demo.get("/api/v1/me")
        assert (await nobody.get("/api/v1/me")).status_code == 401
    assert me.json()["client_id"] == "demo"
    assert me.json()["write"] == {"everywhere": True, "divisions": [], "zones": []}
    assert "run.create" in me.json()["permissions"]


async def test_machines_send_a_key(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await made(admin, machine("operator", "system_administrator"))
    token = await gateway.token(
        grant_type="client_credentials", client_id="operator", client_secret=account.json()["secret"]
    )
    async with gateway.client(token) as operator:
        without = await operator.post("/api/v1/accounts", json=person("li.na"))
        with_key = await operator.post("/api/v1/accounts", json=person("li.na"), headers={KEY: "1"})
    assert without.json()["code"] == "idempotency_key_required"
    assert with_key.status_code == 201


async def test_the_feed_tells_that_an_account_changed_and_no_more(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await made(admin, machine("province-33"))
    await number_batch(gateway.runtime.database)
    async with gateway.client(await gateway.demo_token()) as demo:
        feed = (await demo.get("/api/v1/changes?source=gateway&types=account")).json()
    last = feed["items"][-1]
    assert last["type"] == "sdz.account.created.v1"
    assert last["data"]["resource"] == {
        "id": account.json()["id"],
        "version": 1,
        "kind": "machine",
        "active": True,
    }
    assert "province-33" not in str(feed)
