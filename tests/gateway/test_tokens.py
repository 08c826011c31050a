"""POST /api/v1/tokens, on a real database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.identity.tokens import Verifier
from services.gateway.accounts.credentials import Passwords
from tests.gateway.running import ADMIN_PASSWORD, DEMO_SECRET, RunningGateway, machine, person

ADMIN = {"grant_type": "password", "username": "admin", "password": ADMIN_PASSWORD}
DEMO = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": DEMO_SECRET}


async def test_a_token_names_the_account_and_nothing_else(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        answer = await client.post("/api/v1/tokens", json=ADMIN)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {**answer.json(), "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 900,
    }
    claims = Verifier("sdz-access", gateway.runtime.keys, {}).claims(answer.json()["access_token"])
    assert set(claims) == {"sub", "iss", "aud", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize(
    "wrong",
    [
        {**ADMIN, "password": "first-start-passworD"},
        {**ADMIN, "username": "nobody"},
        {**DEMO, "client_secret": "x"},
        {**DEMO, "client_id": "admin"},
        {"grant_type": "password", "username": "demo", "password": DEMO_SECRET},
    ],
)
async def test_wrong_credentials_are_one_and_the_same_401(
    gateway: RunningGateway, wrong: dict[str, str]
) -> None:
    async with gateway.client() as client:
        answer = await client.post("/api/v1/tokens", json=wrong, headers={"accept-language": "en"})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The name or the secret is wrong"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_unknown_name_costs_a_comparison_too(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str | None] = []
    matches = Passwords.matches

    async def counting(self: Passwords, stored: str | None, password: str) -> bool:
        compared.append(stored)
        return await matches(self, stored, password)

    monkeypatch.setattr(Passwords, "matches", counting)
    async with gateway.client() as client:
        await client.post("/api/v1/tokens", json={**ADMIN, "username": "nobody"})
    assert compared == [None]


@pytest.mark.parametrize(
    "body",
    [
        {"grant_type": "password", "username": "admin"},
        {**ADMIN, "client_id": "demo"},
        {**DEMO, "grant_type": "password"},
        {**ADMIN, "grant_type": "implicit"},
        {**ADMIN, "remember": True},
        {},
    ],
)
async def test_members_that_do_not_belong_together_are_422(
    gateway: RunningGateway, body: dict[str, Any]
) -> None:
    async with gateway.client() as client:
        answer = await client.post("/api/v1/tokens", json=body)
    assert answer.status_code == 422
    assert ADMIN_PASSWORD not in answer.text


async def test_five_failures_in_a_minute_and_the_name_waits(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        wrong = {**DEMO, "client_secret": "wrong"}
        for _ in range(5):
            assert (await client.post("/api/v1/tokens", json=wrong)).status_code == 401
        refused = await client.post("/api/v1/tokens", json=DEMO)
        other = await client.post("/api/v1/tokens", json=ADMIN)
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_guesses_at_once_are_counted_as_well(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        wrong = {**ADMIN, "password": "wrong"}
        answers = await asyncio.gather(*(client.post("/api/v1/tokens", json=wrong) for _ in range(12)))
    statuses = [answer.status_code for answer in answers]
    # two compare at once: the second may have begun before the first one's failure was counted
    assert 5 <= statuses.count(401) <= 6
    assert statuses.count(429) == 12 - statuses.count(401)


async def test_a_success_begins_the_count_anew(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        for _ in range(2):
            for _ in range(4):
                await client.post("/api/v1/tokens", json={**DEMO, "client_secret": "wrong"})
            assert (await client.post("/api/v1/tokens", json=DEMO)).status_code == 200


async def test_who_is_switched_off_or_expired_gets_no_token(gateway: RunningGateway) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    async with gateway.client(await gateway.admin_token()) as admin:
        for body in (machine("off", active=False), machine("late", expires_at=past)):
            made = await admin.post("/api/v1/accounts", json=body)
            credentials = {
                "grant_type": "client_credentials",
                "client_id": body["client_id"],
                "client_secret": made.json()["secret"],
            }
            assert (await admin.post("/api/v1/tokens", json=credentials)).status_code == 401


async def test_a_token_that_has_expired_is_no_obstacle_to_a_new_one(gateway: RunningGateway) -> None:
    async with gateway.client("expired.or.rubbish") as client:
        assert (await client.post("/api/v1/tokens", json=DEMO)).status_code == 200


async def test_no_secret_is_logged_or_kept(
    gateway: RunningGateway, capfd: pytest.CaptureFixture[str]
) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        made = await admin.post(
            "/api/v1/accounts",
            json=person("wang", password="a-password-of-wang"),
            headers={"idempotency-key": "k1"},
        )
        assert made.status_code == 201
        await admin.post(
            "/api/v1/tokens", json={**ADMIN, "password": "mistyped-secret"}, headers={"idempotency-key": "k2"}
        )
        await admin.post("/api/v1/tokens", json=ADMIN, headers={"idempotency-key": "k3"})
    logged = "".join(capfd.readouterr())
    async with gateway.runtime.database.engine.connect() as connection:
        stored = ""
        for table in ("outbox", "feed", "idempotency", "sign_in_failure", "account"):
            rows = await connection.exec_driver_sql(f"SELECT to_jsonb(t)::text FROM {table} t")
            stored += "".join(rows.scalars())
        bodies = await connection.exec_driver_sql("SELECT key, body FROM idempotency")
        kept = {row.key: json.loads(row.body) for row in bodies}
    for secret in ("a-password-of-wang", "mistyped-secret", ADMIN_PASSWORD, DEMO_SECRET):
        assert secret not in logged + stored
    assert set(kept) == {"k1"}
    assert kept["k1"]["secret"] is None
