"""`/api/v1/accounts`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import any_, literal, select

from chassis.etag import IfMatch, check_version
from chassis.idempotency import show_once
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.listing import EXACT, TEXT, Facet, Filter, Listing, ListQuery, fetch_page
from chassis.problems import Issue, ValidationFailed
from chassis.resource import revise, touch
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.words import Words
from services.gateway.accounts import rules
from services.gateway.accounts.credentials import new_client_secret, new_password, secret_digest
from services.gateway.accounts.events import emit_account, grants
from services.gateway.accounts.expanding import EXPAND
from services.gateway.accounts.models import Account
from services.gateway.accounts.queries import find_account, lock_account
from services.gateway.accounts.schemas import (
    OUT_EXAMPLE,
    AccountOut,
    AccountPatch,
    AccountWithSecret,
    NewAccount,
    Rotation,
)
from services.gateway.roles.table import ROLES
from services.gateway.state import gateway_of
from services.gateway.vocabularies import ACCOUNT_KIND

router = ResourceRouter("accounts")
CanManage = Annotated[Principal, require(rules.MANAGE)]

ACCOUNTS = Listing(
    filters={
        "id": Filter(Account.id, "uuid"),
        "kind": Filter(Account.kind, "enum", EXACT, ("person", "machine")),
        "username": Filter(
            kind="code", condition=lambda value: (Account.kind == "person") & (Account.login == value.lower())
        ),
        "client_id": Filter(
            kind="code",
            condition=lambda value: (Account.kind == "machine") & (Account.login == value.lower()),
        ),
        "name": Filter(Account.name, "text", TEXT),
        "expires_at": Filter(Account.expires_at, "instant", ("lt", "lte", "gt", "gte", "isnull")),
        "role": Filter(
            kind="enum", values=tuple(ROLES), condition=lambda value: literal(value) == any_(Account.roles)
        ),
        "active": Filter(Account.active, "boolean", ("eq",)),
    },
    sorts={
        "login": (Account.login, str),
        "created_at": (Account.created_at, datetime),
        "updated_at": (Account.updated_at, datetime),
    },
    default_sort="login",
    id_column=Account.id,
    searched=Account,
    facets={
        "kind": Facet(Account.kind, ACCOUNT_KIND),
        "active": Facet(Account.active),
    },
)
_PAGE_EXAMPLE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "example": {
                    "items": [OUT_EXAMPLE],
                    "page": {
                        "limit": 50,
                        "next_cursor": None,
                        "has_more": False,
                        "total": None,
                        "total_kind": "none",
                    },
                }
            }
        }
    }
}


@router.post("/accounts", status_code=201, operation_id="create_account", summary="Create an account")
async def create_account(
    request: Request, response: Response, actor: CanManage, new: NewAccount, session: Transaction
) -> AccountWithSecret:
    """A person or a machine client; the secret that was made is answered this once."""
    rules.check_roles(new.roles)
    account = Account(
        **rules.columns(new),
        kind=new.kind,
        login=new.login,
        created_by=actor.subject,
        updated_by=actor.subject,
    )
    given = new.password.get_secret_value() if new.password else None
    secret = await _set_secret(request, account, given)
    session.add(account)
    await session.flush()
    await session.refresh(account)
    await emit_account(session, actor.subject, account, "created", rules.columns(new))
    response.headers["location"] = f"/api/v1/accounts/{account.id}"
    return AccountWithSecret(**rules.answered(account), secret=secret)


@router.get(
    "/accounts",
    operation_id="list_accounts",
    summary="List accounts",
    responses=_PAGE_EXAMPLE,
    dependencies=[EXPAND],
)
async def list_accounts(
    _actor: CanManage, query: Annotated[ListQuery, Depends(ACCOUNTS)], session: Transaction
) -> Page[AccountOut]:
    """People and machine clients."""
    rows, page = await fetch_page(session, select(Account).where(Account.deleted_at.is_(None)), query)
    return Page(items=[AccountOut(**rules.answered(row[0])) for row in rows], page=page)


@router.get("/accounts/{ref}", operation_id="get_account", summary="Get one account", dependencies=[EXPAND])
async def get_account(_actor: CanManage, ref: str, session: Transaction) -> AccountOut:
    """By id."""
    return AccountOut(**rules.answered(await find_account(session, ref)))


@router.patch("/accounts/{ref}", operation_id="update_account", summary="Change an account")
async def update_account(
    request: Request, actor: CanManage, ref: str, patch: AccountPatch, expected: IfMatch, session: Transaction
) -> AccountOut:
    """Name, roles, scopes, activity and expiry, as a merge patch; takes effect at once."""
    account = await lock_account(session, ref)
    await check_version(session, account, expected, AccountOut(**rules.answered(account)))
    settings = rules.patched(account, patch.model_dump(exclude_unset=True))
    rules.check_roles(settings.roles)
    rules.check_own_account(actor, account.id, settings)
    before = grants(account)
    changed = revise(account, rules.columns(settings), actor.subject)
    if changed:
        await emit_account(session, actor.subject, account, "updated", changed, before)
        gateway_of(request).accounts.forget_after_commit(session, account.id)
    return AccountOut(**rules.answered(account))


@router.post("/accounts/{ref}/rotations", operation_id="rotate_secret", summary="Give a new secret")
async def rotate_secret(
    request: Request, actor: CanManage, ref: str, rotation: Rotation, session: Transaction
) -> AccountWithSecret:
    """A new password or client secret; a machine's old one stays valid for the overlap that is asked for."""
    account = await lock_account(session, ref)
    given = rotation.password.get_secret_value() if rotation.password else None
    person = account.kind == "person"
    if (person and rotation.overlap_seconds) or (not person and given is not None):
        words = Words(
            "人员的密码没有重叠期, 机器客户端的密钥由平台生成",
            "A password has no overlap, and the secret of a machine is made by the platform",
        )
        raise ValidationFailed(words, issues=[Issue("rotation_of_its_kind", words, pointer="#")])
    before = grants(account)
    until = datetime.now(UTC) + timedelta(seconds=rotation.overlap_seconds)
    account.previous_secret_digest = account.secret_digest if rotation.overlap_seconds else None
    account.previous_secret_until = until if rotation.overlap_seconds else None
    secret = await _set_secret(request, account, given)
    touch(account, actor.subject)
    await emit_account(session, actor.subject, account, "updated", ["secret"], before)
    return AccountWithSecret(**rules.answered(account), secret=secret)


async def _set_secret(request: Request, account: Account, given: str | None) -> str | None:
    """Keep the hash of the given or of a new secret; the new one is returned, to be shown once."""
    show_once(request, "secret")
    if account.kind == "machine":
        made = new_client_secret()
        account.secret_digest = secret_digest(made)
        return made
    made = given or new_password()
    account.password_hash = await gateway_of(request).passwords.hash(made)
    return None if given else made
