"""Requests made from the contract, and whether their answers keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy, one_of
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.prepared import Prepared
from tests.contract.recipes import Operation
from tests.end_to_end.platform_under_test import key

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What a client says besides the contract's parameters.
_OWN_HEADERS = {"accept-language": "en"}


@dataclass
class Fuzzer:
    """Sends to the platform at `url` what its contract allows and what it does not."""

    url: str
    schema: Any
    sent: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str, document: Mapping[str, Any]) -> Fuzzer:
        return cls(url, schemathesis.openapi.from_dict(dict(document)))

    def send_valid(self, operation: Operation, prepared: Prepared, token: str | None) -> None:
        """The answer to a request that was made by hand keeps the contract too."""
        described = self.schema[operation.template][operation.method]
        with requests.Session() as session:
            session.trust_env = False
            given = {"json": prepared.json} if prepared.json is not None else {"data": prepared.content}
            answer = session.request(
                prepared.method,
                self.url + prepared.path,
                headers={**key(), **prepared.headers, **_bearer(token)},
                timeout=30,
                **given,
            )
        self._judge(
            described.Case(path_parameters=_path_parameters(operation.template, prepared.path)),
            answer,
            operation.name,
        )

    def send_generated(
        self, operation: Operation, found: Prepared, token: str | None, examples: int, seed: int
    ) -> None:
        """`examples` requests, valid and invalid by the schema, at invented places and at the one of `found`.

        Fails with a request that is answered by 5xx or otherwise than the contract says.
        """
        described = self.schema[operation.template][operation.method]
        with requests.Session() as session:
            session.trust_env = False

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=one_of(list(_strategies(described, operation.template, found))))
            def send(case: Case[Any]) -> None:
                headers = {**_OWN_HEADERS, **found.headers, **_bearer(token)}
                answer = case.call(base_url=self.url, session=session, headers=headers, timeout=30)
                self._judge(case, answer, operation.name)

            hypothesis.seed(seed)(send)()

    def _judge(self, case: Case[Any], answer: Any, name: str) -> None:
        case.validate_response(answer, checks=_CHECKS)
        self.sent += 1
        self.statuses.setdefault(name, set()).add(answer.status_code)


def _strategies(described: Any, template: str, found: Prepared) -> Iterator[SearchStrategy[Case[Any]]]:
    real = _path_parameters(template, found.path)
    for mode in GenerationMode:
        yield described.as_strategy(generation_mode=mode)
        if real:
            yield described.as_strategy(generation_mode=mode, path_parameters=real)


def _path_parameters(template: str, path: str) -> dict[str, str]:
    """The values at the places of the template."""
    pattern = re.sub(r"\\\{([a-z_]+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
    matched = re.fullmatch(pattern, urlsplit(path).path)
    assert matched is not None, (template, path)
    return {name: unquote(value) for name, value in matched.groupdict().items()}


def _bearer(token: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}
