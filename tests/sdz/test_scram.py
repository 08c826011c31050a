"""The stored form of a password, checked against the example of RFC 7677."""

import base64
import hashlib
import hmac

import pytest

from sdz.scram import scram_verifier

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
# RFC 7677, section 3: user "user", password "pencil".
EXCHANGE = (
    b"n=user,r=rOprNGfwEbeRWgbNEkqO,"
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
)
CLIENT_PROOF = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
SERVER_SIGNATURE = base64.b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def test_it_accepts_the_proof_of_the_rfc_and_signs_as_its_server_does() -> None:
    head, _, keys = scram_verifier("pencil", SALT).rpartition("$")
    stored, server = (base64.b64decode(key) for key in keys.split(":"))
    assert head == "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    mask = hmac.new(stored, EXCHANGE, hashlib.sha256).digest()
    client_key = bytes(a ^ b for a, b in zip(CLIENT_PROOF, mask, strict=True))
    assert hashlib.sha256(client_key).digest() == stored
    assert hmac.new(server, EXCHANGE, hashlib.sha256).digest() == SERVER_SIGNATURE


def test_the_salt_is_new_each_time() -> None:
    assert scram_verifier("pencil") != scram_verifier("pencil")


@pytest.mark.parametrize("password", ["", "密码", "tab\t", "line\n"])
def test_a_password_that_clients_may_read_differently_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        scram_verifier(password)
