"""A route without a permission cannot be written; scopes are subtrees."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import pytest

from chassis.identity.access import open_to_all, require, require_write, require_write_everywhere
from chassis.identity.principal import ANONYMOUS, EVERYWHERE, NOWHERE, Principal, Scope
from chassis.problems import Forbidden
from chassis.routing import ResourceRouter
from chassis.schemas import Out
from tests.chassis.answers import problem_of
from tests.service_app import RunningService, ministry, province


def test_a_route_that_names_no_permission_is_refused_when_it_is_declared() -> None:
    router = ResourceRouter("x")

    async def forgotten() -> Out:
        return Out()

    with pytest.raises(TypeError, match="exactly one permission"):
        router.get("/forgotten")(forgotten)
    assert router.routes == []


def test_a_route_that_names_two_permissions_is_refused() -> None:
    router = ResourceRouter("x")

    async def undecided(
        one: Annotated[Principal, require("a.read")], two: Annotated[Principal, open_to_all()]
    ) -> Out:
        return Out()

    # given as objects: FastAPI cannot resolve the strings of a local function
    undecided.__annotations__ |= {
        "one": Annotated[Principal, require("a.read")],
        "two": Annotated[Principal, open_to_all()],
    }
    with pytest.raises(TypeError, match="exactly one permission"):
        router.get("/undecided")(undecided)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic dTpw", "Token x", "bearer", "Bearer  ", "Bearer a b"],
)
@pytest.mark.anyio
async def test_only_a_bearer_token_is_believed(probe: RunningService, header: str) -> None:
    claimed = {"authorization": header, "x-user": "person:ministry", "x-permissions": "zone.read"}
    async with probe.client() as nobody:
        problem_of(await nobody.get("/api/v1/zones", headers=claimed), 401, "unauthenticated")


@pytest.mark.anyio
async def test_a_good_token_in_another_scheme_or_header_is_not_believed(probe: RunningService) -> None:
    token = probe.token(ministry())
    async with probe.client() as nobody:
        for headers in (
            {"authorization": f"Basic {token}"},
            {"authorization": f"Token {token}"},
            {"authorization": token},
            {"x-authorization": f"Bearer {token}"},
            {"cookie": f"token={token}"},
        ):
            problem_of(await nobody.get("/api/v1/zones", headers=headers), 401, "unauthenticated")


@pytest.mark.anyio
async def test_the_scheme_is_written_in_any_case(probe: RunningService) -> None:
    async with probe.client() as client:
        token = probe.token(ministry())
        for scheme in ("bearer", "BEARER", "Bearer"):
            headers = {"authorization": f"{scheme} {token}"}
            assert (await client.get("/api/v1/zones", headers=headers)).status_code == 200


@pytest.mark.anyio
async def test_the_permission_is_judged_before_anything_else_is_looked_at(probe: RunningService) -> None:
    reader = ministry(permissions=frozenset({"zone.read"}))
    async with probe.client(reader) as client:
        answer = await client.post("/api/v1/zones?rubbish=1", content=b"\xff")
    assert problem_of(answer, 403, "forbidden")["permission"] == "zone.write"


def test_a_scope_covers_its_subtrees_and_its_zones() -> None:
    zone, other = uuid4(), uuid4()
    scope = Scope(divisions=frozenset({"420100"}), zones=frozenset({str(zone)}))
    assert scope.covers(["420000", "420100", "420102"])
    assert not scope.covers(["420000"])
    assert scope.covers(["430000"], zone)
    assert not scope.covers(["430000"], other)
    assert not NOWHERE.covers(["420000"], zone)
    assert EVERYWHERE.covers([])


def test_a_scope_survives_its_claims() -> None:
    for scope in (EVERYWHERE, NOWHERE, Scope(divisions=frozenset({"1", "2"}), zones=frozenset({"z"}))):
        assert Scope.from_claims(scope.claims()) == scope


def test_view_scope_is_not_write_scope() -> None:
    reader = ministry(write=Scope(divisions=frozenset({"420000"})))
    require_write(reader, ["420000", "420100"])
    with pytest.raises(Forbidden):
        require_write(reader, ["430000"])
    with pytest.raises(Forbidden):
        require_write_everywhere(reader)
    require_write_everywhere(ministry())
    with pytest.raises(Forbidden):
        require_write(ANONYMOUS, [])


@pytest.mark.anyio
async def test_a_peer_reads_what_it_was_granted_and_writes_nothing(probe: RunningService) -> None:
    token = probe.keys.signer("projects").own_token("registry")
    async with probe.client(token=token) as peer:
        assert (await peer.get("/api/v1/zones")).status_code == 200
        assert (await peer.get("/api/v1/changes")).status_code == 200
        problem_of(await peer.get("/api/v1/divisions"), 403)
        problem_of(await peer.post("/api/v1/zones", json={}), 403)


@pytest.mark.anyio
async def test_a_caller_with_a_permission_and_no_place_sees_nothing(probe: RunningService) -> None:
    async with probe.client(province("999999", view=NOWHERE, write=NOWHERE)) as client:
        assert (await client.get("/api/v1/zones")).json()["items"] == []
