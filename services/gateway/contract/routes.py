"""`/openapi.json`: what `/docs` and `/redoc` show."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from services.gateway.contract.collect import Contract

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def get_contract(request: Request) -> Response:
    """One document of all services."""
    contract: Contract = request.app.state.contract
    document = await contract.document(request.app.openapi())
    complete = "x-missing" not in document["info"]
    return Response(
        msgspec.json.encode(document),
        media_type="application/json",
        headers={"cache-control": "public, max-age=60" if complete else "no-store"},
    )


def serve_merged_contract(app: FastAPI, contract: Contract) -> None:
    """Answer `/openapi.json` with the whole in place of the gateway's own part."""
    app.state.contract = contract
    own: list[Any] = [route for route in app.router.routes if getattr(route, "path", "") == "/openapi.json"]
    for route in own:
        app.router.routes.remove(route)
    app.include_router(router)
