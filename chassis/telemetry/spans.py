"""Spans of OpenTelemetry, started only where a trace is sampled: nothing else pays for them.

The provider is ours alone. A global one would turn on the framework's own spans, which halve the throughput.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from sqlalchemy.ext.asyncio import AsyncEngine

_span: ContextVar[Span | None] = ContextVar("span", default=None)
_trace_id: ContextVar[int] = ContextVar("span_trace_id", default=0)


def current_span() -> Span | None:
    return _span.get()


def span_id_of(span: Span) -> str:
    return f"{span.get_span_context().span_id:016x}"


class Traces:
    """Makes the spans of one process; `ratio` of the traces that begin here are sampled."""

    def __init__(self, service: str, endpoint: str, ratio: float) -> None:
        # late: a process that traces nothing need not load it
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        class Ids(RandomIdGenerator):
            """A trace that begins here carries the id that its answer and its log lines show."""

            def generate_trace_id(self) -> int:
                return _trace_id.get() or super().generate_trace_id()

        self._ratio = ratio
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": f"sdz-{service}"}), id_generator=Ids()
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5)))
        self._tracer = self._provider.get_tracer("sdz")

    def draws(self) -> bool:
        """Whether a trace that begins here is sampled."""
        return random.random() < self._ratio  # noqa: S311  # a sample, no secret

    @contextmanager
    def request(self, trace_id: str, parent_id: str | None, method: str) -> Iterator[Span]:
        """The span of a request that is sampled; spans made inside hang below it."""
        from opentelemetry.context import Context
        from opentelemetry.trace import (
            NonRecordingSpan,
            SpanContext,
            SpanKind,
            TraceFlags,
            set_span_in_context,
        )

        context = Context()
        if parent_id is not None:
            parent = SpanContext(int(trace_id, 16), int(parent_id, 16), True, TraceFlags(TraceFlags.SAMPLED))
            context = set_span_in_context(NonRecordingSpan(parent), context)
        _trace_id.set(int(trace_id, 16))
        span = self._tracer.start_span(method, context=context, kind=SpanKind.SERVER)
        token = _span.set(span)
        try:
            yield span
        finally:
            _span.reset(token)
            span.end()

    def start_below(self, parent: Span, name: str, attributes: dict[str, Any]) -> Span:
        from opentelemetry.trace import SpanKind, set_span_in_context

        return self._tracer.start_span(
            name, context=set_span_in_context(parent), kind=SpanKind.CLIENT, attributes=attributes
        )

    def watch(self, engine: AsyncEngine) -> None:
        """A span for each statement of a sampled request; what it reads and writes is not told."""

        def before(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if (parent := _span.get()) is not None:
                connection.info["span"] = self.start_below(
                    parent, _verb(statement), {"db.query.text": statement}
                )

        def after(connection: Any, *_rest: Any) -> None:
            if (span := connection.info.pop("span", None)) is not None:
                span.end()

        def failed(context: Any) -> None:
            if context.connection is not None:
                after(context.connection)

        event.listen(engine.sync_engine, "before_cursor_execute", before)
        event.listen(engine.sync_engine, "after_cursor_execute", after)
        event.listen(engine.sync_engine, "handle_error", failed)

    def close(self) -> None:
        """Hand over what has not been exported yet; may take seconds."""
        self._provider.shutdown()


@contextmanager
def call_span(traces: Traces | None, name: str, **attributes: Any) -> Iterator[None]:
    """The span of a call that leaves the process, if the request is sampled; the next hop hangs below it."""
    parent = _span.get()
    if traces is None or parent is None:
        yield
        return
    span = traces.start_below(parent, name, attributes)
    token = _span.set(span)
    try:
        yield
    finally:
        _span.reset(token)
        span.end()


def _verb(statement: str) -> str:
    return statement.lstrip().split(None, 1)[0].upper() if statement.strip() else "SQL"
