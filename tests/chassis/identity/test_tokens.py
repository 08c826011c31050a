"""Which tokens are believed, and how much of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from chassis.identity import tokens
from chassis.identity.principal import EVERYWHERE, NOWHERE
from chassis.identity.tokens import Keys, Signer, Verifier
from chassis.problems import Unauthenticated
from tests.service_app import KeyRing, ministry, province

PEERS = {"projects": frozenset({"feed.read"})}
CLAIMS = {"sub": "person:1", "permissions": ["zone.read"], "view": {"everywhere": True}, "write": {}}


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(tokens, "time", stopped)
    return stopped


@pytest.fixture
def verifier(keys: KeyRing) -> Verifier:
    return Verifier("registry", Keys(keys.folder / "public"), PEERS)


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims_now(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {**CLAIMS, "iss": "gateway", "aud": "registry", "iat": now, "exp": now + 60, **more}


def key_id(keys: KeyRing, issuer: str) -> str:
    return str(json.loads(base64.urlsafe_b64decode(head(keys.signer(issuer).sign("x", {})) + "=="))["kid"])


def head(token: str) -> str:
    return token.split(".", maxsplit=1)[0]


def refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.principal(token)


def test_a_token_says_who_what_and_where(keys: KeyRing, verifier: Verifier) -> None:
    office = province("420000", roles=frozenset({"provincial_office"}))
    assert verifier.principal(keys.signer("gateway").sign_for("registry", office)) == office


def test_a_token_ends_when_it_says_so_though_it_was_seen_before(
    keys: KeyRing, verifier: Verifier, clock: Clock
) -> None:
    token = keys.signer("gateway").sign("registry", CLAIMS, lifetime=30)
    verifier.principal(token)
    clock.now += 29.9
    verifier.principal(token)
    clock.now += 0.2
    refused(verifier, token)


def test_an_internal_token_that_lives_long_is_not_believed(keys: KeyRing, verifier: Verifier) -> None:
    refused(verifier, keys.signer("gateway").sign("registry", CLAIMS, lifetime=61))


def test_a_token_is_not_believed_before_its_time(keys: KeyRing, verifier: Verifier, clock: Clock) -> None:
    clock.now += 100
    token = keys.signer("gateway").sign("registry", CLAIMS)
    clock.now -= 100
    refused(verifier, token)
    clock.now += 96  # clocks of two machines may differ by five seconds
    verifier.principal(token)


def test_a_token_for_another_service_is_refused(keys: KeyRing, verifier: Verifier) -> None:
    refused(verifier, keys.signer("gateway").sign_for("projects", ministry()))


def test_a_token_of_another_key_is_refused(keys: KeyRing, verifier: Verifier, tmp_path: Path) -> None:
    stranger = KeyRing.make(tmp_path / "stranger")
    refused(verifier, stranger.signer("gateway").sign_for("registry", ministry()))


def test_a_signature_is_of_these_claims_only(keys: KeyRing, verifier: Verifier) -> None:
    header, _, signature = keys.signer("gateway").sign_for("registry", province("420000")).split(".")
    refused(verifier, f"{header}.{encoded(claims_now())}.{signature}")
    refused(verifier, f"{header}.{encoded(claims_now())}.")


def _unsigned(keys: KeyRing) -> str:
    header = {"alg": "none", "typ": "JWT", "kid": key_id(keys, "gateway")}
    return f"{encoded(header)}.{encoded(claims_now())}."


def _hmac_with_public_key(keys: KeyRing) -> str:
    header = {"alg": "HS256", "typ": "JWT", "kid": key_id(keys, "gateway")}
    content = f"{encoded(header)}.{encoded(claims_now())}"
    secret = (keys.folder / "public" / "gateway.pem").read_bytes()
    return f"{content}.{encoded(hmac.digest(secret, content.encode(), hashlib.sha256))}"


def _without_key_id(keys: KeyRing) -> str:
    return signed(keys, "gateway", {"alg": "Ed25519", "typ": "JWT"}, claims_now())


def _peer_in_the_gateways_name(keys: KeyRing) -> str:
    header = {"alg": "Ed25519", "kid": key_id(keys, "projects")}
    return signed(keys, "projects", header, claims_now(iss="gateway"))


def _peer_for_a_person(keys: KeyRing) -> str:
    return keys.signer("projects").sign("registry", CLAIMS)


def _peer_for_another_peer(keys: KeyRing) -> str:
    return keys.signer("projects").sign("registry", {"sub": "service:evaluation"})


def _service_that_is_no_peer(keys: KeyRing) -> str:
    return keys.signer("evaluation").sign("registry", {"sub": "service:evaluation"})


def signed(keys: KeyRing, issuer: str, header: dict[str, Any], claims: Any) -> str:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key((keys.folder / f"{issuer}.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    content = f"{encoded(header)}.{encoded(claims)}"
    return f"{content}.{encoded(key.sign(content.encode()))}"


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _hmac_with_public_key,
        _without_key_id,
        _peer_in_the_gateways_name,
        _peer_for_a_person,
        _peer_for_another_peer,
        _service_that_is_no_peer,
    ],
)
def test_a_forged_token_is_refused(
    keys: KeyRing, verifier: Verifier, forge: Callable[[KeyRing], str]
) -> None:
    refused(verifier, forge(keys))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": 9e15 + 0.5},
        {"iat": None},
        {"iat": "0"},
        {"sub": None},
        {"sub": ["person:1"]},
        {"aud": None},
        {"aud": ["projects"]},
        {"iss": None},
        {"iss": ["gateway"]},
    ],
)
def test_the_gateways_own_token_must_be_whole(
    keys: KeyRing, verifier: Verifier, changes: dict[str, Any]
) -> None:
    header = {"alg": "Ed25519", "typ": "JWT", "kid": key_id(keys, "gateway")}
    verifier.principal(signed(keys, "gateway", header, claims_now()))
    refused(verifier, signed(keys, "gateway", header, claims_now(**changes)))


def test_a_peer_has_the_rights_of_the_configuration_whatever_it_claims(
    keys: KeyRing, verifier: Verifier
) -> None:
    claimed = {"sub": "service:projects", "permissions": ["zone.write"], "write": {"everywhere": True}}
    peer = verifier.principal(keys.signer("projects").sign("registry", claimed))
    assert (peer.permissions, peer.view, peer.write) == (PEERS["projects"], EVERYWHERE, NOWHERE)


@pytest.mark.parametrize(
    "scope",
    [
        None,
        True,
        "everywhere",
        [],
        {"everywhere": "true"},
        {"everywhere": 1},
        {"everywhere": ["x"]},
        {"divisions": "420000"},
        {"divisions": {"420000": True}},
        {"divisions": [420000, None]},
        {"zones": 7},
    ],
)
def test_what_is_no_scope_is_the_empty_one(keys: KeyRing, verifier: Verifier, scope: Any) -> None:
    claims = {"sub": "person:1", "permissions": "zone.write", "roles": {}, "view": scope, "write": scope}
    caller = verifier.principal(keys.signer("gateway").sign("registry", claims))
    assert (caller.view, caller.write) == (NOWHERE, NOWHERE)
    assert caller.permissions == caller.roles == frozenset()


json_parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]), json_parts),
    claims=json_parts,
)
def test_no_header_and_no_claims_break_the_verifier(
    tmp_path_factory: pytest.TempPathFactory, header: dict[str, Any], claims: Any
) -> None:
    keys = _ring(tmp_path_factory)
    verifier = Verifier("registry", Keys(keys.folder / "public"), PEERS)
    known = {"alg": "Ed25519", "kid": key_id(keys, "gateway")}
    refused(verifier, signed(keys, "gateway", header, claims))
    refused(verifier, signed(keys, "gateway", {**known, **header}, claims))
    refused(verifier, signed(keys, "gateway", known, claims))


_rings: list[KeyRing] = []


def _ring(factory: pytest.TempPathFactory) -> KeyRing:
    if not _rings:
        _rings.append(KeyRing.make(factory.mktemp("ring") / "keys"))
    return _rings[0]


@pytest.mark.parametrize("depth", [500, 1_000, 1_500, 3_000, 5_000, 50_000])
def test_a_deep_token_is_refused(keys: KeyRing, verifier: Verifier, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    nested = b'{"kid":' * depth + b"1" + b"}" * depth
    known = {"alg": "Ed25519", "kid": key_id(keys, "gateway")}
    for token in (
        f"{encoded(deep)}.{encoded(claims_now())}.e30",
        f"{encoded(nested)}.{encoded(claims_now())}.e30",
        signed(keys, "gateway", known, deep),
    ):
        refused(verifier, token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "é",
        "\ud800",
        "x" * 100_000,
        f"{base64.urlsafe_b64encode(b'[' * 50_000).decode()}.e30.e30",
        f"{base64.urlsafe_b64encode(b'{}').decode()}.{base64.urlsafe_b64encode(b'[' * 50_000).decode()}.",
        "e30.e30.e30.e30.e30",
        "e30=.e30=.e30=",
    ],
    ids=lambda text: repr(text[:10]),
)
def test_rubbish_is_refused(verifier: Verifier, token: str) -> None:
    refused(verifier, token)


def _publish(keys: KeyRing, name: str) -> Signer:
    key = Ed25519PrivateKey.generate()
    private = keys.folder / f"{name}.private"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (keys.folder / "public" / f"{name}.pem").write_bytes(public)
    return Signer("gateway", private)


def test_keys_rotate_with_overlap(keys: KeyRing, verifier: Verifier, clock: Clock) -> None:
    old = keys.signer("gateway")
    verifier.principal(old.sign_for("registry", ministry()))
    new = _publish(keys, "gateway.2")
    refused(verifier, new.sign_for("registry", ministry()))  # the folder was read a moment ago
    clock.now += 6
    verifier.principal(new.sign_for("registry", ministry()))
    verifier.principal(old.sign_for("registry", ministry(subject="person:other")))
    (keys.folder / "public" / "gateway.pem").unlink()
    clock.now += 61
    verifier.principal(new.sign_for("registry", ministry()))
    refused(verifier, old.sign_for("registry", ministry()))


def test_a_file_that_is_no_key_locks_nobody_out(keys: KeyRing, verifier: Verifier) -> None:
    (keys.folder / "public" / "projects.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\nhalf")
    verifier.principal(keys.signer("gateway").sign_for("registry", ministry()))


def test_a_second_key_of_one_issuer_speaks_for_no_other(keys: KeyRing, verifier: Verifier) -> None:
    _publish(keys, "projects.2")
    private = keys.folder / "projects.2.private"
    refused(verifier, Signer("gateway", private).sign("registry", CLAIMS))
    peer = Signer("projects", private).sign("registry", {"sub": "service:projects"})
    assert verifier.principal(peer).subject == "service:projects"


def test_a_service_renews_its_own_token_before_it_ends(
    keys: KeyRing, verifier: Verifier, clock: Clock
) -> None:
    signer = keys.signer("projects")
    first = signer.own_token("registry")
    clock.now += 49
    assert signer.own_token("registry") == first
    clock.now += 2
    second = signer.own_token("registry")
    assert second != first
    assert verifier.principal(second).subject == "service:projects"
    assert signer.own_token("evaluation") != second
