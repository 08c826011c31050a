"""`GET /api/v1/me`: who am I."""

from __future__ import annotations

from typing import Annotated

from chassis.identity.access import open_to_all
from chassis.identity.principal import ANONYMOUS, Principal
from chassis.problems import Unauthenticated
from chassis.routing import ResourceRouter, Transaction
from services.gateway.accounts import rules
from services.gateway.accounts.queries import find_account
from services.gateway.accounts.schemas import MeOut

router = ResourceRouter("accounts")


@router.get("/me", operation_id="get_me", summary="The caller's own account")
async def get_me(caller: Annotated[Principal, open_to_all()], session: Transaction) -> MeOut:
    """Needs no permission, but somebody: 401 without a token."""
    if caller == ANONYMOUS:
        raise Unauthenticated()
    account = await find_account(session, caller.subject.partition(":")[2])
    return MeOut(**rules.answered(account), permissions=sorted(caller.permissions))
