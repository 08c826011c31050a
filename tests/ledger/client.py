"""A client from outside: it retries what was not answered, and notes what was."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Sign = Callable[[], str]
_RETRIED = {429, 502, 503, 504}


@dataclass
class Ledger:
    """What was answered with 2xx: by zone its id and each note that was accepted, and the projects."""

    zones: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    unexpected: list[str] = field(default_factory=list)


class Client:
    """Writes until told to stop, to its own objects only: so it knows what they hold."""

    def __init__(self, url: str, sign: Sign, stop: threading.Event) -> None:
        self.ledger = Ledger()
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self._sign, self._stop = sign, stop

    def run(self) -> None:
        """A zone, a project of it, then notes on the zone; again and again."""
        with self._http:
            self._http.headers["authorization"] = self._sign()
            while not self._stop.is_set():
                self._one_zone()

    def _one_zone(self) -> None:
        code = f"L-{uuid.uuid4().hex[:10]}"
        zone = self._create(
            "/api/v1/zones",
            {
                "code": code,
                "names": {"zh-Hans": f"账本{code}"},
                "division": {"code": "330282", "edition": "202609"},
                "opening_state": "candidate",
            },
        )
        if zone is None:
            return
        self.ledger.zones[code] = zone["id"]
        project = self._create("/api/v1/projects", {"code": code, "title": "账本", "zone": zone["id"]})
        if project is not None:
            self.ledger.projects[code] = project["id"]
        for number in range(3):
            self._note(code, zone["id"], f"{code} {number}")

    def _create(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to a creation that is repeated under one key until it is answered; None at the end."""
        key = {"idempotency-key": str(uuid.uuid4())}
        answer = self._until_answered(lambda: self._http.post(path, json=body, headers=key))
        if answer is None:
            return None
        if answer.status_code != 201:
            self.ledger.unexpected.append(f"{path} {answer.status_code} {answer.text[:300]}")
            return None
        return answer.json()

    def _note(self, code: str, zone_id: str, note: str) -> None:
        """A change with If-Match. 412 after a lost answer means that the change had been made."""
        path = f"/api/v1/zones/{zone_id}"
        before = self._until_answered(lambda: self._http.get(path))
        if before is None or before.json()["note"] == note:
            return
        headers = {"if-match": before.headers["etag"], "content-type": "application/merge-patch+json"}
        answer = self._until_answered(lambda: self._http.patch(path, json={"note": note}, headers=headers))
        if answer is None:
            return
        made = answer.status_code == 200 or (
            answer.status_code == 412 and answer.json()["current"]["note"] == note
        )
        if made:
            self.ledger.notes.setdefault(code, []).append(note)
        else:
            self.ledger.unexpected.append(f"PATCH {answer.status_code} {answer.text[:300]}")

    def _until_answered(self, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        """The first answer that is final; None once the client is told to stop, which leaves no promise."""
        while True:
            try:
                answer = send()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 401:
                self._sign_again()
            elif answer is not None and not self._to_be_repeated(answer):
                return answer
            self.ledger.retries += 1
            if self._stop.wait(0.05):
                return None

    def _to_be_repeated(self, answer: httpx.Response) -> bool:
        in_progress = answer.status_code == 409 and answer.json().get("code") == "idempotency_in_progress"
        return answer.status_code in _RETRIED or in_progress

    def _sign_again(self) -> None:
        try:
            self._http.headers["authorization"] = self._sign()
        except (AssertionError, httpx.TransportError):
            self.ledger.retries += 1
