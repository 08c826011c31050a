"""The settings of the command, read once from the environment (`SDZ_…`)."""

from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sdz.trouble import Trouble

CHECKOUT: Final = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where the installation keeps its things and where its gateway listens."""

    model_config = SettingsConfigDict(env_prefix="SDZ_", env_ignore_empty=True, extra="ignore")

    data: Path = Field(CHECKOUT / "var", description="Data folder: secrets, logs, and the database of a user")
    database_folder: Path | None = Field(None, description="Where the embedded server's files go instead")
    postgres_bin: Path | None = Field(None, description="Folder with initdb and postgres, 15 or newer")
    gateway_host: str = Field("127.0.0.1", description="Address on which the gateway listens")
    gateway_port: int = Field(8000, ge=1, le=65535, description="Port on which the gateway listens")


def read_settings() -> Settings:
    """The settings of this process; `Trouble` names every variable that is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"SDZ_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise Trouble(f"a setting is not valid: {faults}", "correct the environment variable") from None
