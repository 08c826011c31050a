"""Secrets: made once, whole, for their owner only."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sdz.secrets import ensure_secrets, read_secret, role_passwords, secret_names, write_url_files
from sdz.services import SERVICES
from sdz.trouble import Trouble


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert ensure_secrets(tmp_path / "secrets", tmp_path / "public") == frozenset(secret_names())
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_only_their_owner_reads_them(made: Path) -> None:
    assert (made / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (made / "secrets").iterdir()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (made / "public").iterdir()} == {0o644}


def test_no_two_are_the_same_and_none_is_short(made: Path) -> None:
    values = list(contents(made / "secrets").values())
    assert len(set(values)) == len(values) == len(secret_names())
    assert min(len(value) for value in values) >= 32
    assert len(bytes.fromhex(read_secret(made / "secrets", "cursor_key"))) == 32


def test_another_start_keeps_them(made: Path) -> None:
    before = contents(made / "secrets") | contents(made / "public")
    assert ensure_secrets(made / "secrets", made / "public") == frozenset()
    assert contents(made / "secrets") | contents(made / "public") == before


@pytest.mark.parametrize("service", SERVICES)
def test_the_public_key_is_the_other_half_of_the_private_one(made: Path, service: str) -> None:
    private = load_pem_private_key((made / "secrets" / f"{service}_signing_key.pem").read_bytes(), None)
    public = load_pem_public_key((made / "public" / f"{service}.pem").read_bytes())
    assert isinstance(private, Ed25519PrivateKey)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(private.sign(b"text"), b"text")


def test_an_interrupted_first_start_is_completed(made: Path) -> None:
    before = contents(made / "secrets")
    (made / "secrets" / "cursor_key").unlink()
    (made / "secrets" / ".gateway_password.0a1b2c3d.draft").write_text("hal")
    (made / "public" / "projects.pem").unlink()
    assert ensure_secrets(made / "secrets", made / "public") == {"cursor_key"}
    after = contents(made / "secrets")
    assert after.pop("cursor_key") != before.pop("cursor_key")
    assert after == before
    assert (made / "public" / "projects.pem").exists()


def test_a_write_that_fails_leaves_nothing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (made / "secrets" / "cursor_key").unlink()
    monkeypatch.setattr("sdz.atomic_files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ensure_secrets(made / "secrets", made / "public")
    assert {path.name for path in (made / "secrets").iterdir()} == {*secret_names()} - {"cursor_key"}


def test_a_key_that_is_damaged_is_named(made: Path) -> None:
    (made / "secrets" / "registry_signing_key.pem").write_text("nonsense")
    with pytest.raises(Trouble, match=r"registry_signing_key.pem is not a PEM private key"):
        ensure_secrets(made / "secrets", made / "public")


def test_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"cannot read the secret .*cursor_key"):
        read_secret(tmp_path, "cursor_key")


def test_the_address_files_hold_the_passwords_of_the_roles(made: Path) -> None:
    write_url_files(made / "secrets", "database", 5432, "sdz")
    passwords = role_passwords(made / "secrets")
    url = read_secret(made / "secrets", "registry_owner_database_url")
    assert url == f"postgresql://sdz_registry_owner:{passwords['registry_owner']}@database:5432/sdz"
    assert (made / "secrets" / "admin_database_url").stat().st_mode & 0o777 == 0o600
