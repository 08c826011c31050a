"""How long a body may be, whatever its length says."""

from __future__ import annotations

import pytest

from tests.chassis.answers import raw_request
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, ministry, running

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}
CSV = {"content-type": "text/csv"}


async def test_a_body_over_the_limit_is_413_with_and_without_its_length(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    async with running(PROBE, service_databases, keys, max_body_bytes=2000) as service:
        token = {"authorization": f"Bearer {service.token(ministry())}", **JSON}
        announced = await raw_request(
            service.app, "POST", "/api/v1/zones", headers={**token, "content-length": "2001"}
        )
        endless = tuple(b"x" * 500 for _ in range(1000))
        streamed = await raw_request(service.app, "POST", "/api/v1/zones", headers=token, chunks=endless)
        within = await raw_request(service.app, "POST", "/api/v1/zones", headers=token, chunks=(b" " * 2000,))
    assert (announced.status, announced.code) == (413, "payload_too_large")
    assert (streamed.status, streamed.code) == (413, "payload_too_large")
    assert (within.status, within.code) == (400, "malformed_request")


async def test_a_sheet_has_a_limit_of_its_own(service_databases: ServiceDatabases, keys: KeyRing) -> None:
    async with running(PROBE, service_databases, keys, max_body_bytes=1000, max_import_bytes=2000) as service:
        token = {"authorization": f"Bearer {service.token(ministry())}", **CSV}
        sizes = {
            size: await raw_request(
                service.app, "POST", "/api/v1/zones/imports", headers=token, chunks=(b"a" * size,)
            )
            for size in (1500, 2001)
        }
    assert (sizes[1500].status, sizes[2001].status) == (201, 413)


@pytest.mark.parametrize("length", ["²", "-1", "1e9", "9" * 5000, ""], ids=lambda text: text[:4])
async def test_a_length_that_is_no_number_breaks_nothing(
    service_databases: ServiceDatabases, keys: KeyRing, length: str
) -> None:
    async with running(PROBE, service_databases, keys) as service:
        token = {"authorization": f"Bearer {service.token(ministry())}", **JSON, "content-length": length}
        answer = await raw_request(service.app, "POST", "/api/v1/zones", headers=token, chunks=(b"{}",))
    assert answer.status in {413, 422}
