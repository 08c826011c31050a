"""Settings of the gateway alone; what every service has is in `chassis.settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import SettingsError


class GatewaySettings(BaseSettings):
    """`SDZ_GATEWAY_…`: the secrets of the first start, and the limits of forwarding."""

    model_config = SettingsConfigDict(env_prefix="SDZ_GATEWAY_", extra="ignore")

    admin_password_file: Path | None = None
    demo_secret_file: Path | None = None
    max_forwarded_bytes: int = Field(default=110_000_000, ge=1_000)
    upstream_connections: int = Field(default=100, ge=1, le=10_000)

    @classmethod
    def read(cls) -> Self:
        """Raises SettingsError naming the variable that is wrong or names no file."""
        try:
            settings = cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"SDZ_GATEWAY_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()
            )
            raise SettingsError(wrong) from error
        for name in ("admin_password_file", "demo_secret_file"):
            path = getattr(settings, name)
            if path is not None and not path.exists():
                raise SettingsError(f"SDZ_GATEWAY_{name.upper()}={path} does not exist")
        return settings
