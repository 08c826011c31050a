"""Settings of the gateway alone; what every service has is in `chassis.settings`."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import SettingsError
from services.gateway.notices.mail_settings import MailSettings, Security


class GatewaySettings(BaseSettings):
    """`SDZ_GATEWAY_…`: the secrets of the first start, and the limits of forwarding."""

    model_config = SettingsConfigDict(env_prefix="SDZ_GATEWAY_", extra="ignore")

    admin_password_file: Path | None = None
    demo_secret_file: Path | None = None
    max_forwarded_bytes: int = Field(default=110_000_000, ge=1_000)
    upstream_connections: int = Field(default=100, ge=1, le=10_000)
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: Security = "starttls"
    smtp_sender: str = ""
    smtp_username: str = ""
    smtp_password_file: Path | None = None
    public_url: str = "http://127.0.0.1:8000"

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_host and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", self.smtp_sender):
            raise ValueError("SDZ_GATEWAY_SMTP_SENDER must be an e-mail address where SMTP_HOST is set")
        return self

    @cached_property
    def mail(self) -> MailSettings | None:
        """How e-mail is sent; None where it is not."""
        if not self.smtp_host:
            return None
        return MailSettings(
            self.smtp_host,
            self.smtp_port,
            self.smtp_security,
            self.smtp_sender,
            self.smtp_username,
            self.smtp_password_file.read_text().strip() if self.smtp_password_file else "",
            self.public_url.rstrip("/"),
        )

    @classmethod
    def read(cls) -> Self:
        """Raises SettingsError naming the variable that is wrong or names no file."""
        try:
            settings = cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"SDZ_GATEWAY_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
                for item in error.errors()
            )
            raise SettingsError(wrong) from error
        for name in ("admin_password_file", "demo_secret_file", "smtp_password_file"):
            path = getattr(settings, name)
            if path is not None and not path.exists():
                raise SettingsError(f"SDZ_GATEWAY_{name.upper()}={path} does not exist")
        return settings
