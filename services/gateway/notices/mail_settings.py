"""How e-mail is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True)
class MailSettings:
    """The server that takes our mail, who sends it, and the address of the platform that links begin with."""

    host: str
    port: int
    security: Security
    sender: str
    username: str
    password: str
    public_url: str
