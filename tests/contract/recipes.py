"""For each operation of the contract a request that is valid in every respect, made anew each time.

A GET that needs no more than its path, or the id of an object of its collection, has no recipe of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.gateway.proxy.routing_table import owner_of
from tests.contract.prepared import Prepared, delete, patch, sheet
from tests.contract.world import DIVISION, OBSERVATION_HEADER, World

Recipe = Callable[[World], Prepared]
_METHODS = ("get", "post", "put", "patch", "delete")
RECIPES: dict[str, Recipe] = {}


@dataclass(frozen=True)
class Operation:
    """One operation of the merged document."""

    name: str
    method: str
    template: str

    def owner(self) -> str:
        """The service that answers; the registry where the recipes name it as the source."""
        shown = self.template.replace("{name}", "zones.programme")
        shown = shown.replace("/operations/{ref}", "/operations/evaluation-")
        return owner_of(shown, b"source=registry")

    def prepare(self, world: World) -> Prepared:
        """A valid request; AssertionError for an operation of which nobody said how it is called."""
        if self.name in RECIPES:
            return RECIPES[self.name](world)
        assert self.method == "GET", f"{self.name} has no recipe"
        collection = self.template.removeprefix("/api/v1/").partition("/")[0]
        named = re.fullmatch(rf"/api/v1/{collection}/\{{[a-z_]+\}}", self.template)
        if named is None:
            assert "{" not in self.template, f"{self.name} has no recipe"
            return Prepared("GET", self.template)
        return Prepared("GET", f"/api/v1/{collection}/{one_of(collection, world)}")


def operations(world: World) -> Iterator[Operation]:
    """Every operation of the merged document that the platform serves."""
    document = world.get("/openapi.json")
    assert "x-missing" not in document["info"]
    yield from operations_of(document)


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation below `/api/`."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if path.startswith("/api/") and method in item:
                yield Operation(item[method]["operationId"], method.upper(), path)


def one_of(collection: str, world: World) -> str:
    """The id of an object of the collection, of the world's own zone where there is such a one."""
    zone = world.zone["id"]
    at_zone = {"projects", "achievements", "observations"}
    query = f"?zone={zone}" if collection in at_zone else f"?id={zone}" if collection == "zones" else ""
    found: str = world.first(f"/api/v1/{collection}{query}")["id"]
    return found


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    def add(function: Recipe) -> Recipe:
        RECIPES[name] = function
        return function

    return add


def source_is_registry(path: str) -> Recipe:
    return lambda world: Prepared("GET", f"{path}?source=registry")


RECIPES["mark_notices_read"] = lambda _world: Prepared(
    "POST", "/api/v1/notices/read-marks", json={"up_to": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01"}
)


@recipe("change_notice_settings")
def _(_world: World) -> Prepared:
    # each caller has settings of its own, which nobody has set yet and this leaves as they are
    return patch("/api/v1/notices/settings", '"0.x"', {"channels": {"zone_registered": None}})


RECIPES["list_changes"] = source_is_registry("/api/v1/changes")
RECIPES["snapshot_changes"] = source_is_registry("/api/v1/changes/snapshot")
RECIPES["digest_changes"] = lambda world: Prepared("GET", "/api/v1/changes/digest?source=registry&type=zone")
RECIPES["list_schedules"] = source_is_registry("/api/v1/schedules")
RECIPES["get_vocabulary"] = lambda world: Prepared("GET", "/api/v1/vocabularies/zones.programme")


RECIPES["list_zone_transitions"] = lambda world: Prepared(
    "GET", f"/api/v1/zones/{world.zone['id']}/transitions"
)
RECIPES["list_zone_versions"] = lambda world: Prepared("GET", f"/api/v1/zones/{world.zone['id']}/timeline")
RECIPES["list_division_versions"] = lambda world: Prepared(
    "GET", f"/api/v1/divisions/{one_of('divisions', world)}/timeline"
)


@recipe("put_vocabulary_term")
def _(world: World) -> Prepared:
    vocabulary = world.get("/api/v1/vocabularies/zones.programme")
    labels = {"labels": {"zh-Hans": "矩阵", "en": "Matrix"}}
    path = f"/api/v1/vocabularies/zones.programme/terms/{world.code('T')}"
    return Prepared("PUT", path, {"if-match": vocabulary["etag"]}, json=labels)


@recipe("retire_vocabulary_term")
def _(world: World) -> Prepared:
    term = RECIPES["put_vocabulary_term"](world)
    made = world.made(world.admin, term)
    return delete(term.path, made["etag"])


@recipe("create_zone")
def _(world: World) -> Prepared:
    return Prepared("POST", "/api/v1/zones", json=world.zone_body())


@recipe("change_zone")
def _(world: World) -> Prepared:
    zone = world.new_zone()
    return patch(f"/api/v1/zones/{zone['id']}", zone["etag"], {"note": "changed"})


@recipe("delete_zone")
def _(world: World) -> Prepared:
    zone = world.new_zone()
    return delete(f"/api/v1/zones/{zone['id']}", zone["etag"])


@recipe("transition_zone")
def _(world: World) -> Prepared:
    zone = world.new_zone()
    body = {"action": "exit", "reason": "withdrawn", "comment": "matrix"}
    return Prepared("POST", f"/api/v1/zones/{zone['id']}/transitions", {"if-match": zone["etag"]}, json=body)


@recipe("import_zones")
def _(world: World) -> Prepared:
    header = "code,name_zh,state,division_code,division_edition"
    row = f"{world.code('Z')},矩阵,candidate,{DIVISION['code']},{DIVISION['edition']}"
    return sheet("/api/v1/zones/imports", f"{header}\n{row}\n")


@recipe("import_divisions")
def _(world: World) -> Prepared:
    return sheet(
        "/api/v1/divisions/imports",
        "system,code,name,first_edition,gone_by_edition\ngbt2260,999999,矩阵,198012,198112\n",
    )


def _record_recipes(one: str, collection: str) -> None:
    path = f"/api/v1/{collection}"

    def create(world: World) -> Prepared:
        return Prepared("POST", path, json=world.record_body())

    def change(world: World) -> Prepared:
        made = world.new_record(collection)
        return patch(f"{path}/{made['id']}", made["etag"], {"note": "changed"})

    def remove(world: World) -> Prepared:
        made = world.new_record(collection)
        return delete(f"{path}/{made['id']}", made["etag"])

    def take(world: World) -> Prepared:
        row = f"{world.code('R')},矩阵,{world.zone['code']}"
        return sheet(f"{path}/imports", f"code,title,zone\n{row}\n")

    RECIPES[f"create_{one}"], RECIPES[f"change_{one}"] = create, change
    RECIPES[f"delete_{one}"], RECIPES[f"import_{collection}"] = remove, take


_record_recipes("project", "projects")
_record_recipes("achievement", "achievements")


def _document_recipes(one: str, collection: str, parent: Callable[[World], str]) -> None:
    def upload(world: World) -> Prepared:
        headers = {"content-disposition": "attachment; filename=evidence.txt", "content-type": "text/plain"}
        content = f"evidence {world.code('D')}".encode()
        return Prepared("POST", f"/api/v1/{collection}/{parent(world)}/documents", headers, content=content)

    def made(world: World) -> tuple[str, str]:
        document = world.made(world.office, upload(world))
        return document["content_url"].removesuffix("/content"), document["etag"]

    RECIPES[f"upload_{one}_document"] = upload
    RECIPES[f"list_{one}_documents"] = lambda world: Prepared(
        "GET", f"/api/v1/{collection}/{parent(world)}/documents"
    )
    RECIPES[f"get_{one}_document"] = lambda world: Prepared("GET", made(world)[0])
    RECIPES[f"download_{one}_document"] = lambda world: Prepared("GET", made(world)[0] + "/content")
    RECIPES[f"change_{one}_document"] = lambda world: patch(*made(world), {"description": "changed"})
    RECIPES[f"delete_{one}_document"] = lambda world: delete(*made(world))


_document_recipes("zone", "zones", lambda world: str(world.zone["id"]))
_document_recipes("project", "projects", lambda world: str(world.new_record("projects")["id"]))


@recipe("import_sources")
def _(world: World) -> Prepared:
    return sheet("/api/v1/sources/imports", f"code,title\n{world.code('S')},矩阵\n")


@recipe("create_framework")
def _(world: World) -> Prepared:
    return Prepared("POST", "/api/v1/frameworks", json=world.framework_body())


@recipe("change_framework")
def _(world: World) -> Prepared:
    made = world.new_framework()
    return patch(f"/api/v1/frameworks/{made['id']}", made["etag"], {"note": "changed"})


@recipe("delete_framework")
def _(world: World) -> Prepared:
    made = world.new_framework()
    return delete(f"/api/v1/frameworks/{made['id']}", made["etag"])


@recipe("create_cycle")
def _(world: World) -> Prepared:
    return Prepared("POST", "/api/v1/cycles", json=world.cycle_body())


@recipe("change_cycle")
def _(world: World) -> Prepared:
    made = world.new_cycle()
    return patch(f"/api/v1/cycles/{made['id']}", made["etag"], {"period": "2013"})


@recipe("delete_cycle")
def _(world: World) -> Prepared:
    made = world.new_cycle()
    return delete(f"/api/v1/cycles/{made['id']}", made["etag"])


@recipe("correct_observation")
def _(world: World) -> Prepared:
    found = world.get(f"/api/v1/observations/{one_of('observations', world)}")
    return patch(f"/api/v1/observations/{found['id']}", found["etag"], {"note": world.code("note")})


@recipe("import_observations")
def _(world: World) -> Prepared:
    row = f"{world.zone['code']},{world.indicator_of(world.framework)},2013,reported,60"
    return sheet("/api/v1/observations/imports", f"{OBSERVATION_HEADER}\n{row}\n")


@recipe("create_run")
def _(world: World) -> Prepared:
    method = world.get(f"/api/v1/runs/{world.whole.run_id}")["method"]
    return Prepared("POST", "/api/v1/runs", json={"cycle": "code:DEMO-2012", "method": method})


def _operation(world: World) -> str:
    run = RECIPES["create_run"](world)
    slow = Prepared("POST", run.path, {"prefer": "respond-async"}, json=run.json)
    return f"/api/v1/operations/{world.made(world.office, slow)['id']}"


@recipe("get_operation")
def _(world: World) -> Prepared:
    return Prepared("GET", _operation(world))


@recipe("cancel_operation")
def _(world: World) -> Prepared:
    return Prepared("POST", f"{_operation(world)}/cancel")


@recipe("get_run")
def _(world: World) -> Prepared:
    return Prepared("GET", f"/api/v1/runs/{world.whole.run_id}")


@recipe("explain_score")
def _(world: World) -> Prepared:
    score = world.first(f"/api/v1/scores?run={world.whole.run_id}&within=330000")
    return Prepared("GET", f"/api/v1/runs/{world.whole.run_id}/scores/{score['zone']['id']}")


@recipe("create_account")
def _(world: World) -> Prepared:
    return Prepared("POST", "/api/v1/accounts", json=world.account_body())


@recipe("get_account")
def _(world: World) -> Prepared:
    return Prepared("GET", f"/api/v1/accounts/{world.new_account()['id']}")


@recipe("update_account")
def _(world: World) -> Prepared:
    made = world.new_account()
    return patch(f"/api/v1/accounts/{made['id']}", made["etag"], {"name": "changed"})


@recipe("rotate_secret")
def _(world: World) -> Prepared:
    return Prepared("POST", f"/api/v1/accounts/{world.new_account()['id']}/rotations", json={})


@recipe("create_token")
def _(world: World) -> Prepared:
    made = world.new_account()
    grant = {
        "grant_type": "client_credentials",
        "client_id": made["client_id"],
        "client_secret": made["secret"],
    }
    return Prepared("POST", "/api/v1/tokens", json=grant)


@recipe("view_zone")
def _(world: World) -> Prepared:
    return Prepared("GET", f"/api/v1/views/zones/{world.zone['id']}")


def _plan_recipes(collection: str) -> None:
    """What is done with a plan, which a nationwide writer has made."""

    def made(world: World) -> str:
        once = RECIPES[f"import_{collection}"](world)
        plan = world.made(world.office, replace(once, path=once.path.removesuffix("?commit=true")))
        return f"/api/v1/{collection}/imports/{plan['id']}"

    RECIPES[f"get_{collection}_import"] = lambda world: Prepared("GET", made(world))
    RECIPES[f"list_{collection}_import_rows"] = lambda world: Prepared("GET", f"{made(world)}/rows")
    RECIPES[f"annotate_{collection}_import"] = lambda world: Prepared("GET", f"{made(world)}/annotated.xlsx")
    RECIPES[f"commit_{collection}_import"] = lambda world: Prepared("POST", f"{made(world)}/commit")


for _collection in ("zones", "divisions", "projects", "achievements", "sources", "observations"):
    _plan_recipes(_collection)


AUDIT = "/api/v1/audit"
RECIPES["list_audit_records"] = source_is_registry(AUDIT)
RECIPES["list_audit_heads"] = source_is_registry(f"{AUDIT}/heads")
RECIPES["sign_audit_head"] = lambda world: Prepared("POST", f"{AUDIT}/heads?source=registry")


@recipe("export_audit")
def _(world: World) -> Prepared:
    with world.holding("audit_administrator") as auditor:
        head = world.made(auditor, RECIPES["sign_audit_head"](world))
    return Prepared("GET", f"{AUDIT}/export?source=registry&from={head['number']}")


@recipe("erase_personal_data")
def _(world: World) -> Prepared:
    body = {"about": f"machine:{world.new_account()['id']}", "comment": "matrix"}
    return Prepared("POST", f"{AUDIT}/erasures?source=registry", json=body)
