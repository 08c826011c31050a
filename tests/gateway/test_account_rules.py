"""Rules of accounts, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.problems import Conflict, ValidationFailed
from services.gateway.accounts import rules
from services.gateway.accounts.credentials import (
    Passwords,
    is_client_secret,
    new_client_secret,
    secret_digest,
)
from services.gateway.accounts.models import Account
from services.gateway.accounts.schemas import AccountSettings
from services.gateway.tokens.throttle import login_digest, seconds_to_wait
from tests.service_app import ministry

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
ID = UUID("0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01")


def account(**changes: object) -> Account:
    values = {
        "kind": "person",
        "login": "li.na",
        "name": "李娜",
        "roles": ["expert"],
        "view": {"everywhere": False, "divisions": ["330000"], "zones": []},
        "write": {"everywhere": False, "divisions": [], "zones": []},
        "active": True,
    }
    return Account(**(values | changes))


@pytest.mark.parametrize(
    "roles",
    [
        ["system_administrator", "audit_administrator"],
        ["security_administrator", "audit_administrator"],
        ["expert", "system_administrator", "security_administrator"],
    ],
)
def test_administrators_exclude_each_other(roles: list[str]) -> None:
    with pytest.raises(rules.MutuallyExclusiveRoles) as refused:
        rules.check_roles(roles)
    assert refused.value.status == 422
    assert refused.value.issues[0].pointer == "#/roles"


def test_an_administrator_may_have_other_roles() -> None:
    rules.check_roles(["system_administrator", "department"])


def test_nobody_locks_themselves_out() -> None:
    me = ministry(subject=f"person:{ID}")
    kept = AccountSettings(name="x", roles=["system_administrator"])
    rules.check_own_account(me, ID, kept)
    rules.check_own_account(ministry(), ID, kept.model_copy(update={"active": False}))
    for lost in ({"active": False}, {"roles": ["expert"]}):
        with pytest.raises(Conflict):
            rules.check_own_account(me, ID, kept.model_copy(update=lost))


def test_merge_patch_as_in_rfc_7396() -> None:
    assert rules.merge_patch({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {
        "a": "z",
        "c": {"d": "e"},
    }
    assert rules.merge_patch(["a"], {"a": 1}) == {"a": 1}
    assert rules.merge_patch({"a": [1]}, {"a": [2]}) == {"a": [2]}


def test_a_patch_changes_what_it_names() -> None:
    changed = rules.patched(account(), {"view": {"everywhere": True}, "roles": ["expert", "department"]})
    assert changed.view.divisions == ["330000"]
    assert changed.view.everywhere is True
    assert changed.roles == ["department", "expert"]
    assert changed.name == "李娜"


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "#/name"),
        ({"roles": ["king"]}, "#/roles/0"),
        ({"view": {"planet": 1}}, "#/view/planet"),
    ],
)
def test_a_patch_that_leaves_something_invalid_is_refused(patch: dict[str, object], pointer: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        rules.patched(account(), patch)
    assert [issue.pointer for issue in refused.value.issues] == [pointer]


def test_validity_ends_at_its_instant() -> None:
    assert rules.may_sign_in(True, None, AT)
    assert rules.may_sign_in(True, AT + timedelta(microseconds=1), AT)
    assert not rules.may_sign_in(True, AT, AT)
    assert not rules.may_sign_in(False, None, AT)


def test_an_old_secret_is_good_within_the_overlap_only() -> None:
    old, new = new_client_secret(), new_client_secret()
    digests = secret_digest(new), secret_digest(old)
    until = AT + timedelta(hours=1)
    assert is_client_secret(new, *digests, until, AT)
    assert is_client_secret(old, *digests, until, AT)
    assert not is_client_secret(old, *digests, until, until)
    assert not is_client_secret(old, *digests, None, AT)
    assert not is_client_secret("", None, None, None, AT)


async def test_passwords_are_argon2id_and_independent_of_the_keyboard() -> None:
    passwords = Passwords()
    stored = await passwords.hash("caf\u00e9 correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.matches(stored, "cafe\u0301 correct horse")
    assert not await passwords.matches(stored, "cafe correct horse")
    assert not await passwords.matches(None, "anything")


async def test_no_more_than_two_hash_at_once() -> None:
    passwords = Passwords()
    async with passwords.slot(), passwords.slot():
        assert passwords._slots.locked()
    assert not passwords._slots.locked()


def test_how_long_to_wait() -> None:
    assert seconds_to_wait(AT, AT + timedelta(seconds=20)) == 40
    assert seconds_to_wait(AT, AT + timedelta(seconds=59.9)) == 1
    assert seconds_to_wait(AT, AT + timedelta(seconds=61)) == 1
    assert login_digest("person", "Admin") == login_digest("person", "admin")
    assert login_digest("person", "admin") != login_digest("machine", "admin")
