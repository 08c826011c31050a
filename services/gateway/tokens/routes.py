"""`POST /api/v1/tokens`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from chassis.audit.recording import record
from chassis.identity.access import open_to_all
from chassis.identity.principal import Principal
from chassis.routing import ResourceRouter, Transaction
from chassis.runtime import Runtime
from chassis.schemas import In, Out
from chassis.words import Words
from services.gateway.state import gateway_of
from services.gateway.tokens import access_tokens
from services.gateway.tokens.sign_in import machine_with, person_with

router = ResourceRouter("tokens")
Login = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class TokenRequest(In):
    """Credentials of a person (`password`) or of a machine (`client_credentials`), after RFC 6749 §4."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"grant_type": "password", "username": "li.na", "password": "correct horse battery"},
                {
                    "grant_type": "client_credentials",
                    "client_id": "zhejiang-system",
                    "client_secret": "the secret that was shown once",
                },
            ]
        }
    )

    grant_type: Literal["password", "client_credentials"]
    username: Login | None = None
    password: Secret | None = None
    client_id: Login | None = None
    client_secret: Secret | None = None

    @model_validator(mode="after")
    def _members_of_its_grant(self) -> TokenRequest:
        person = self.username is not None and self.password is not None
        machine = self.client_id is not None and self.client_secret is not None
        given = self.model_fields_set - {"grant_type"}
        if len(given) != 2 or not (person if self.grant_type == "password" else machine):
            words = Words(
                "password 需要 username 和 password, client_credentials 需要 client_id 和 client_secret",
                "password takes username and password, client_credentials takes client_id and client_secret",
            )
            raise PydanticCustomError("members_of_its_grant", words.en, {"words": words})
        return self


class TokenOut(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"access_token": "eyJhbGciOi…", "token_type": "Bearer", "expires_in": 900}]
        }
    )

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # RFC 6750's name, not a secret
    expires_in: int = access_tokens.LIFETIME_SECONDS


@router.post("/tokens", operation_id="create_token", summary="Get an access token")
async def create_token(
    request: Request,
    response: Response,
    _anyone: Annotated[Principal, open_to_all()],
    given: TokenRequest,
    session: Transaction,
) -> TokenOut:
    """A token for 15 minutes. 401 for wrong credentials, 429 after five failures in a minute.

    Nothing of this is kept under an Idempotency-Key: to ask twice does no harm.
    """
    runtime: Runtime = request.app.state.runtime
    if given.username is not None and given.password is not None:
        passwords = gateway_of(request).passwords
        account = await person_with(
            runtime.database, passwords, given.username, given.password.get_secret_value()
        )
    else:
        assert given.client_id is not None
        assert given.client_secret is not None
        account = await machine_with(
            runtime.database, given.client_id, given.client_secret.get_secret_value()
        )
    record(session, actor=f"{account.kind}:{account.id}", details={"grant_type": given.grant_type})
    response.headers["cache-control"] = "no-store"
    return TokenOut(access_token=access_tokens.issue(runtime.signer, account.id))
