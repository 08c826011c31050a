"""Access tokens at the front, internal tokens behind it, and never one for the other."""

from __future__ import annotations

import base64
import json
import time
from uuid import uuid4

import httpx
import pytest

from chassis.identity.principal import EVERYWHERE, Principal
from services.gateway.roles.table import permissions_of
from services.gateway.tokens.access_tokens import AUDIENCE
from tests.gateway.conftest import Whole
from tests.gateway.running import NOWHERE, RunningGateway, machine
from tests.service_app import KeyRing, ministry


def unsigned(claims: dict[str, object]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""])


async def refused(gateway: RunningGateway, token: str) -> bool:
    """On a path of the gateway's own and on one of a service."""
    async with gateway.client(token) as client:
        answers = [await client.get(path) for path in ("/api/v1/me", "/api/v1/roles", "/api/v1/zones")]
    assert all(answer.json()["code"] == "unauthenticated" for answer in answers)
    return all(answer.status_code == 401 for answer in answers)


async def test_only_the_gateways_own_access_tokens_count(
    whole: Whole, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gateway = whole.gateway
    account = str(await gateway.demo_id())
    signer = gateway.keys.signer("gateway")
    stranger = KeyRing.make(tmp_path_factory.mktemp("stranger") / "keys")
    now = int(time.time())
    good = {"sub": account, "aud": AUDIENCE, "iss": "gateway", "iat": now, "exp": now + 900}
    forged = {
        "expired": signer.sign(AUDIENCE, {"sub": account}, lifetime=-1),
        "for a service": signer.sign("registry", {"sub": account}),
        "internal, for a service": signer.sign_for("registry", ministry()),
        "internal, for the gateway": signer.sign_for("gateway", ministry()),
        "by a service": gateway.keys.signer("registry").sign(AUDIENCE, {"sub": account}),
        "by a stranger": stranger.signer("gateway").sign(AUDIENCE, {"sub": account}),
        "unsigned": unsigned(good),
        "of nobody": signer.sign(AUDIENCE, {"sub": str(uuid4())}),
        "of no account": signer.sign(AUDIENCE, {"sub": "admin"}),
        "rubbish": "x.y.z",
    }
    assert {name: await refused(gateway, token) for name, token in forged.items()} == dict.fromkeys(
        forged, True
    )
    assert whole.registry.seen == []
    async with gateway.client(signer.sign(AUDIENCE, {"sub": account})) as client:
        assert (await client.get("/api/v1/zones")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Basic YWRtaW46eA==")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer a"), ("authorization", "Bearer b")],
    ],
)
async def test_other_ways_to_authorise_are_refused(
    gateway: RunningGateway, headers: list[tuple[str, str]]
) -> None:
    async with gateway.client() as client:
        answer = await client.get("/api/v1/status", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["trace_id"] == answer.headers["trace-id"]


async def test_a_service_gets_a_token_for_itself_alone(whole: Whole) -> None:
    gateway = whole.gateway
    access = await gateway.demo_token()
    async with gateway.client(access) as client:
        for _ in range(2):
            await client.get("/api/v1/zones")
        await client.get("/api/v1/projects")
    first, second = (seen.token for seen in whole.registry.seen)
    assert first == second != access
    assert whole.projects.seen[0].token not in {first, access}
    principal = gateway.verifier("registry").principal(first)
    assert principal == Principal(
        subject=f"machine:{await gateway.demo_id()}",
        issuer="gateway",
        roles=frozenset({"ministry_office"}),
        permissions=permissions_of(["ministry_office"]),
        view=EVERYWHERE,
        write=EVERYWHERE,
    )
    claims = gateway.verifier("registry").claims(first)
    assert claims["exp"] - claims["iat"] <= 60


async def test_who_sends_no_token_is_nobody(whole: Whole) -> None:
    async with whole.gateway.client() as client:
        assert (await client.get("/api/v1/zones")).status_code == 200
    assert whole.registry.seen[0].header("authorization") is None


async def test_what_an_administrator_changes_holds_at_once(whole: Whole) -> None:
    gateway = whole.gateway
    async with gateway.client(await gateway.admin_token()) as admin:
        account = await admin.post("/api/v1/accounts", json=machine("province-33"))
        path, secret = account.headers["location"], account.json()["secret"]
        token = await gateway.token(
            grant_type="client_credentials", client_id="province-33", client_secret=secret
        )
        async with gateway.client(token) as client:

            async def changed(patch: dict[str, object]) -> httpx.Response:
                current = await admin.get(path)
                answer = await admin.patch(path, json=patch, headers={"if-match": current.headers["etag"]})
                assert answer.status_code == 200
                return await client.get("/api/v1/zones")

            assert (await client.get("/api/v1/zones")).status_code == 200
            # given other rights, the next call carries them
            scope = {**NOWHERE, "divisions": ["330000"]}
            assert (await changed({"roles": ["expert"], "view": scope})).status_code == 200
            principal = gateway.verifier("registry").principal(whole.registry.seen[-1].token)
            assert principal.permissions == permissions_of(["expert"])
            assert principal.view.divisions == frozenset({"330000"})
            # switched off, the token that is still running is refused
            assert (await changed({"active": False})).status_code == 401
            assert (await changed({"active": True})).status_code == 200
            assert (await changed({"expires_at": "2020-01-01T00:00:00Z"})).status_code == 401


async def test_a_load_that_a_change_overtook_is_not_kept(gateway: RunningGateway) -> None:
    account_id = await gateway.demo_id()
    known = gateway.state.accounts
    known.forget(account_id)
    transaction = gateway.runtime.database.transaction

    class Overtaken:
        """The database, where a change commits while the account is being read."""

        def transaction(self) -> object:
            known.forget(account_id)
            return transaction()

    known._database = Overtaken()  # type: ignore[assignment]
    assert await known.principal(account_id) is not None
    assert account_id not in known._known
