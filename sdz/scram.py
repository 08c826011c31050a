"""The form in which PostgreSQL stores a password (RFC 5802, RFC 7677), computed on our side.

Sent so, a password never reaches the server's log, its statistics of statements or a process list.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

ITERATIONS: Final = 4096  # the server's own default, scram_iterations


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """`SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` of a printable ASCII password.

    `ValueError` for any other password: it would need SASLprep (RFC 4013) to mean the same to every client.
    """
    if not password or not (password.isascii() and password.isprintable()):
        raise ValueError("a database password must be printable ASCII and not empty")
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(_sign(salted, b"Client Key")).digest()
    server = _sign(salted, b"Server Key")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _sign(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
