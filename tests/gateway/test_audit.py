"""What the gateway does to accounts and tokens stands in its own trail."""

from __future__ import annotations

from typing import Any

import httpx

from tests.chassis.audit.trail import records
from tests.gateway.running import DEMO_SECRET, RunningGateway, machine, person

EVERYWHERE = {"everywhere": True, "divisions": [], "zones": []}


async def trail(gateway: RunningGateway) -> list[dict[str, Any]]:
    return await records(gateway.runtime.database)


async def failed(gateway: RunningGateway, times: int, **credentials: str) -> None:
    async with gateway.client() as client:
        for _ in range(times):
            assert (await client.post("/api/v1/tokens", json=credentials)).status_code == 401


async def test_the_first_accounts_are_the_gateways_own_doing(gateway: RunningGateway) -> None:
    (first,) = await trail(gateway)
    assert (first["action"], first["actor"]) == ("first_start", "service:gateway")
    assert first["changes"]["kinds"] == {"account.created": 2}
    assert set(first["personal"]) == {"login", "name", "login_", "name_"}


async def test_a_token_is_recorded_with_whom_it_was_given_to(gateway: RunningGateway) -> None:
    account = await gateway.demo_id()
    last = (await trail(gateway))[-1]
    assert (last["action"], last["actor"]) == ("create_token", f"machine:{account}")
    assert last["details"] == {"grant_type": "client_credentials"}
    assert DEMO_SECRET not in str(last)


async def test_grants_are_in_the_digests_and_names_can_be_erased(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        made = await admin.post("/api/v1/accounts", json=person("li.na"))
        answer = await _patched(admin, made, {"roles": ["department"]})
        await _patched(admin, answer, {"roles": ["department"]})
    created, changed = (await trail(gateway))[-2:]
    assert (created["action"], changed["action"]) == ("create_account", "update_account")
    assert changed["before"] == created["after"] != changed["after"]
    assert set(changed["personal"]) == {"login", "name"}
    assert "li.na" not in str([created, changed])
    assert changed["roles"] == ["department", "system_administrator"]


async def _patched(admin: httpx.AsyncClient, last: httpx.Response, body: dict[str, Any]) -> httpx.Response:
    answer = await admin.patch(
        f"/api/v1/accounts/{last.json()['id']}",
        json=body,
        headers={"if-match": last.headers["etag"], "content-type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text
    return answer


async def test_one_erasing_clears_what_is_about_a_person(gateway: RunningGateway) -> None:
    keeping = person("keeper", "security_administrator", password="a long password", write=EVERYWHERE)
    reason = {"sdz-reason": "own%20wish"}
    async with gateway.client(await gateway.admin_token()) as admin:
        made = (await admin.post("/api/v1/accounts", json=person("li.na"))).json()
        await admin.post("/api/v1/accounts", json=keeping, headers=reason)
    token = await gateway.token(grant_type="password", username="keeper", password="a long password")
    async with gateway.client(token) as keeper:
        erasure = {"about": f"person:{made['id']}", "comment": "own wish"}
        answer = await keeper.post("/api/v1/audit/erasures?source=gateway", json=erasure)
    assert answer.json() == {"erased": 2}, answer.text
    async with gateway.runtime.database.engine.connect() as connection:
        values = (await connection.exec_driver_sql("SELECT value FROM audit_personal")).scalars().all()
    assert "li.na" not in values
    assert {"keeper", "own wish"} <= set(values)


async def test_a_key_that_is_handed_out_is_recorded(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        made = (await admin.post("/api/v1/accounts", json=machine("province-33"))).json()
        given = await admin.post(
            f"/api/v1/accounts/{made['id']}/rotations", json={}, headers={"sdz-reason": "lost"}
        )
        assert given.status_code == 200
    last = (await trail(gateway))[-1]
    assert (last["action"], last["object"]["version"]) == ("rotate_secret", 2)
    assert "reason" in last["personal"]
    assert given.json()["secret"] not in str(last)


async def test_the_fifth_refusal_is_recorded_and_what_was_typed_is_not(gateway: RunningGateway) -> None:
    before = len(await trail(gateway))
    typed = {"grant_type": "password", "username": "admin", "password": "a guess"}
    await failed(gateway, 4, **typed)
    assert len(await trail(gateway)) == before
    await failed(gateway, 1, **typed)
    (refused,) = (await trail(gateway))[before:]
    assert (refused["action"], refused["actor"]) == ("refuse_sign_in", "anonymous")
    assert (refused["details"]["failures"], refused["details"]["kind"]) == (5, "person")
    assert refused["details"]["account"].startswith("person:")
    await failed(gateway, 5, **{**typed, "username": "hunter2"})
    unknown = (await trail(gateway))[-1]
    assert unknown["details"]["account"] is None
    assert "hunter2" not in str(unknown)


async def test_the_reason_of_a_caller_passes_the_gateway_and_no_other_header_of_ours(
    gateway: RunningGateway,
) -> None:
    headers = {"sdz-reason": "%E6%8D%A2%E5%AF%86%E9%92%A5", "sdz-timeout-ms": "1"}
    async with gateway.client(await gateway.admin_token()) as admin:
        answer = await admin.post("/api/v1/accounts", json=machine("m-1"), headers=headers)
        assert answer.status_code == 201
    assert "reason" in (await trail(gateway))[-1]["personal"]
