"""The declared contract: examples that work as printed, and tables as the migrations make them."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.resource import Base
from services.projects.app import SERVICE
from tests.postgres import ServiceDatabases
from tests.projects.conftest import TwoServices
from tests.registry.builders import zone
from tests.service_app import ministry

pytestmark = pytest.mark.anyio
TABLES = ("project", "achievement")


@pytest.mark.parametrize("kind", ["Project", "Achievement"])
async def test_the_examples_work_as_printed(services: TwoServices, kind: str) -> None:
    document = services.projects.app.openapi()
    schemas = document["components"]["schemas"]
    entry, patch, shown = (schemas[f"{kind}{part}"]["examples"][0] for part in ("Entry", "Patch", "Out"))
    path = f"/api/v1/{kind.lower()}s"
    async with services.registry.client(ministry()) as office:
        assert (await office.post("/api/v1/zones", json=zone("SDZ-0012"))).status_code == 201
    async with services.client(ministry()) as office:
        made = await office.post(path, json=entry)
        etag = made.headers["etag"]
        patched = await office.patch(made.headers["location"], json=patch, headers={"if-match": etag})
    assert (made.status_code, patched.status_code) == (201, 200)
    assert set(shown) <= set(made.json())  # the document leaves null members out
    assert {name: patched.json()[name] for name in patch} == patch


async def test_every_operation_says_what_it_is_and_whom_it_lets_in(services: TwoServices) -> None:
    paths: dict[str, dict[str, Any]] = services.projects.app.openapi()["paths"]
    operations = {
        operation["operationId"]: operation["x-permission"]
        for path, methods in paths.items()
        if path.startswith(("/api/v1/projects", "/api/v1/achievements"))
        for operation in methods.values()
        if operation["summary"] and operation["description"]
    }
    assert operations == {
        f"{act}_{kind}{'s' if act in {'list', 'import'} else ''}": f"{kind}.{right}"
        for kind in TABLES
        for act, right in {
            "list": "read",
            "get": "read",
            "create": "write",
            "change": "write",
            "delete": "write",
            "import": "write",
        }.items()
    } | {
        "upload_project_document": "document.write",
        "list_project_documents": "project.read",
        "get_project_document": "project.read",
        "download_project_document": "project.read",
        "change_project_document": "document.write",
        "delete_project_document": "document.write",
    } | {
        operation: f"{kind}.{right}"
        for kind in TABLES
        for operation, right in (
            (f"export_{kind}s", "read"),
            (f"get_{kind}s_import", "write"),
            (f"list_{kind}s_import_rows", "write"),
            (f"annotate_{kind}s_import", "write"),
            (f"commit_{kind}s_import", "write"),
        )
    }


async def test_other_services_may_read_the_feed_and_nothing_else() -> None:
    assert SERVICE.peers == {name: frozenset({"feed.read"}) for name in ("gateway", "registry", "evaluation")}


async def test_the_tables_are_as_the_models_say(service_databases: ServiceDatabases) -> None:
    url = service_databases.owner_url("projects").replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, connect_args={"server_settings": {"search_path": "projects"}})

    def differences(connection: Any) -> list[Any]:
        def ours(item: Any, name: str | None, kind: str, *_rest: Any) -> bool:
            return kind != "table" or name in TABLES

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, Base.metadata))

    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()
