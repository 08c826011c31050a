"""Calls from one service to another: bounded pool, deadline, one retry of what is idempotent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx

from chassis.identity.tokens import Signer
from chassis.json_body import decode_json
from chassis.problems import DependencyUnavailable, Gone, MalformedRequest
from chassis.telemetry.spans import Traces, call_span
from chassis.tracing import TIMEOUT_HEADER, remaining_seconds, traceparent
from chassis.words import Words


class Peer:
    """One other service, spoken to with a token in this service's own name."""

    def __init__(
        self,
        name: str,
        base_url: str,
        signer: Signer,
        transport: httpx.AsyncBaseTransport | None = None,
        traces: Traces | None = None,
    ) -> None:
        self.name = name
        self._signer, self._traces = signer, traces
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            limits=httpx.Limits(max_connections=10, max_keepalive_connections=10),
            trust_env=False,
        )

    async def get_json(self, path: str, params: Mapping[str, str], timeout: float = 5.0) -> Any:
        """The decoded answer to a GET.

        Raises DependencyUnavailable (503) when the peer does not answer with 2xx in time, tried twice if the
        connection failed; Gone if it says 410.
        """
        for attempt in (1, 2):
            seconds = remaining_seconds(timeout)
            try:
                with call_span(self._traces, f"GET {self.name}", **{"peer.service": self.name}):
                    response = await self._get(path, params, seconds)
                break
            except httpx.RequestError as error:
                if attempt == 2 or not isinstance(
                    error, (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError)
                ):
                    raise self._unavailable(type(error).__name__) from error
        if response.status_code == 410:
            raise Gone()
        if response.status_code != 200:
            raise self._unavailable(f"HTTP {response.status_code}")
        try:
            return decode_json(response.content)
        except MalformedRequest as error:  # its fault, not our caller's
            raise self._unavailable("no JSON") from error

    async def _get(self, path: str, params: Mapping[str, str], seconds: float) -> httpx.Response:
        return await self._client.get(
            path,
            params=params,
            headers={
                "authorization": f"Bearer {self._signer.own_token(self.name)}",
                "traceparent": traceparent(),
                TIMEOUT_HEADER: str(int(seconds * 1000)),
            },
            timeout=httpx.Timeout(seconds, connect=min(seconds, 2.0), pool=min(seconds, 2.0)),
        )

    async def stream_lines(
        self, path: str, params: Mapping[str, str], silence: float = 30.0
    ) -> AsyncGenerator[bytes]:
        """The answer to a GET line by line, each with its line feed, however long the whole is.

        Raises DependencyUnavailable (503) when the peer does not answer 200, breaks off, or says nothing for
        `silence` seconds.
        """
        headers = {
            "authorization": f"Bearer {self._signer.own_token(self.name)}",
            "traceparent": traceparent(),
        }
        timeout = httpx.Timeout(silence, connect=2.0, pool=2.0)
        rest = b""
        try:
            async with self._client.stream(
                "GET", path, params=params, headers=headers, timeout=timeout
            ) as response:
                if response.status_code != 200:
                    raise self._unavailable(f"HTTP {response.status_code}")
                async for chunk in response.aiter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        yield line + b"\n"
        except httpx.RequestError as error:
            raise self._unavailable(type(error).__name__) from error
        if rest:
            yield rest

    def _unavailable(self, why: str) -> DependencyUnavailable:
        return DependencyUnavailable(
            Words(f"服务 {self.name} 未能应答 ({why})", f"The service {self.name} did not answer ({why})"),
            dependency=self.name,
        )

    async def close(self) -> None:
        await self._client.aclose()
