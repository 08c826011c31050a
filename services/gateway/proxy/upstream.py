"""The one place that speaks HTTP to the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import NetworkError, RequestError
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from chassis.problems import DependencyUnavailable, MalformedRequest
from chassis.words import Words

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
_CONNECT_SECONDS = 2
# below the five seconds after which a service closes an idle connection: a request must not meet its end
_IDLE_SECONDS = 4


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer, the body as it came over the wire."""

    status: int
    headers: Sequence[tuple[str, str]]
    response: Response

    def length(self) -> int | None:
        """Bytes of the body as the service declares them; None for a body that ends when it ends."""
        declared = [value for name, value in self.headers if name.lower() == "content-length"]
        return int(declared[0]) if len(declared) == 1 and declared[0].isdecimal() else None

    async def chunks(self) -> AsyncIterator[bytes]:
        while (chunk := await self.response.body_reader.read_chunk()) is not None:
            yield bytes(chunk)


class Upstream:
    """Services by name, each with a pool of its own: one that hangs uses up its own connections only."""

    def __init__(self, urls: Mapping[str, str], connections: int) -> None:
        self._services = {service: (url, _client(connections)) for service, url in urls.items()}

    @asynccontextmanager
    async def send(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        seconds: float,
        body: bytes | AsyncIterator[bytes] = b"",
        body_seconds: float = 60.0,
    ) -> AsyncIterator[Answer]:
        """Send a request; `target` is the encoded path and query.

        Reading is tried a second time if the connection failed. Raises DependencyUnavailable (503) when the
        service cannot be reached or gives no answer within `seconds` (its body may take `body_seconds`
        more), MalformedRequest (400) for headers that HTTP does not allow; what the body's stream raises
        passes.
        """
        # a task that is cancelled leaves its request on the wire: the client's own limit takes it off
        limit = timedelta(seconds=seconds + body_seconds)
        tries = 2 if method in _IDEMPOTENT and not body else 1
        try:
            async with asyncio.timeout(seconds):
                while True:
                    tries -= 1
                    request = self._build(service, method, target, headers, limit, body)
                    try:
                        response = await request.__aenter__()
                        break
                    except NetworkError:
                        if not tries:
                            raise
        except (TimeoutError, RequestError) as error:
            raise unavailable(service, type(error).__name__) from error
        try:
            yield Answer(response.status, list(response.headers.items()), response)
        finally:
            await request.__aexit__(None, None, None)

    async def get_json(
        self, service: str, target: str, headers: Sequence[tuple[str, str]], seconds: float
    ) -> tuple[int, Any]:
        """Status and decoded body (None if it is no JSON) of a GET, all of it within `seconds`."""
        try:
            async with (
                asyncio.timeout(seconds),
                self.send(service, "GET", target, headers, seconds, body_seconds=0) as answer,
            ):
                content = b"".join([chunk async for chunk in answer.chunks()])
        except (TimeoutError, RequestError) as error:
            raise unavailable(service, type(error).__name__) from error
        try:
            return answer.status, msgspec.json.decode(content)
        except msgspec.DecodeError:
            return answer.status, None

    def _build(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        limit: timedelta,
        body: bytes | AsyncIterator[bytes],
    ) -> StreamRequest:
        url, client = self._services[service]
        try:
            builder = client.request(method, url + target).headers(headers).timeout(limit)
            if not isinstance(body, bytes):
                builder = builder.body_stream(body)
            elif body:
                builder = builder.body_bytes(body)
            # nothing is read ahead: the first byte goes on when it comes
            return builder.streamed_read_buffer_limit(0).build_streamed()
        except ValueError as error:
            raise MalformedRequest() from error

    async def close(self) -> None:
        for _, client in self._services.values():
            await client.close()


def unavailable(service: str, why: str) -> DependencyUnavailable:
    return DependencyUnavailable(
        Words(f"服务 {service} 未能应答 ({why})", f"The service {service} did not answer ({why})"),
        dependency=service,
    )


def _client(connections: int) -> Client:
    """A client that hands on what it is given: it decodes, follows, remembers and looks up nothing."""
    return (
        ClientBuilder()
        .http1_lower_case_headers()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .max_connections(connections)
        .pool_timeout(timedelta(seconds=_CONNECT_SECONDS))
        .connect_timeout(timedelta(seconds=_CONNECT_SECONDS))
        .pool_idle_timeout(timedelta(seconds=_IDLE_SECONDS))
        .user_agent("sdz-gateway")
        .build()
    )
