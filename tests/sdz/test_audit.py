"""`sdz audit verify` and `sdz audit export`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey
from typer.testing import CliRunner, Result

from chassis.audit.chain import canonical
from chassis.audit.heads import Head
from sdz.audit import exporting
from sdz.cli import app
from sdz.trouble import Trouble
from tests.chassis.audit import trail

ACTORS = [f"person:{i}" for i in range(7)]


def sdz(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The public key of what `trail` signs, under its true thumbprint."""
    pem = trail.KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    monkeypatch.setattr(trail, "KEY_ID", OKPKey.import_key(pem).thumbprint())
    file = tmp_path / "registry.pem"
    file.write_bytes(pem)
    return file


def written(folder: Path, lines: list[bytes]) -> str:
    file = folder / "export.ndjson"
    file.write_bytes(b"".join(lines))
    return str(file)


def test_a_range_that_fits_is_said_to(tmp_path: Path, key: Path) -> None:
    answer = sdz("verify", written(tmp_path, trail.export_lines(ACTORS)), "--key", str(key))
    assert answer.exit_code == 0, answer.output
    assert "registry 1–7" in answer.output
    assert "7 held, 0 erased" in answer.output


def test_the_first_record_that_does_not_fit_is_named(tmp_path: Path, key: Path) -> None:
    lines = trail.export_lines(ACTORS)
    lines[3] = lines[3].replace(b"person:2", b"person:9")
    answer = sdz("verify", written(tmp_path, lines), "--key", str(key))
    assert answer.exit_code == 1
    assert "line 4, record 3" in answer.stderr


def test_a_kept_head_must_be_met(tmp_path: Path, key: Path) -> None:
    lines = trail.export_lines(ACTORS, heads=(3,))
    head = tmp_path / "head.json"
    head.write_bytes(msgspec.json.encode(asdict(msgspec.json.decode(lines[4], type=Head))))
    file = written(tmp_path, lines)
    assert sdz("verify", file, "--key", str(key), "--head", str(head)).exit_code == 0
    other = written(tmp_path, trail.export_lines(["x", *ACTORS[1:]]))
    assert sdz("verify", other, "--key", str(key), "--head", str(head)).exit_code == 1


def test_what_is_missing_is_said_in_one_line(tmp_path: Path, key: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("x")
    for arguments in (
        ("verify", str(tmp_path / "none"), "--key", str(key)),
        ("verify", str(key), "--key", str(tmp_path / "none")),
        ("verify", str(key), "--key", str(rubbish)),
        ("verify", str(key), "--key", str(key), "--head", str(rubbish)),
        ("export", "--source", "registry", "--out", str(tmp_path / "out")),
    ):
        assert isinstance(sdz(*arguments).exception, Trouble), arguments


class Gateway(httpx.BaseTransport):
    """Answers as the gateway does, from a list of lines, in parts as asked for."""

    def __init__(self, actors: list[str]) -> None:
        self.actors, self.lines = actors, trail.export_lines(actors)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, json={"number": len(self.actors)})
        first, last = int(request.url.params["from"]), int(request.url.params["to"])
        whole = [line for line in self.lines if b'"type":"record"}' in line]
        begin = msgspec.json.decode(self.lines[0]) | {"from": first, "to": last}
        heads = [self.lines[-1]] if last == len(self.actors) else []
        return httpx.Response(
            200, content=b"".join([canonical(begin) + b"\n", *whole[first - 1 : last], *heads])
        )


@pytest.fixture
def client(key: Path) -> Iterator[httpx.Client]:
    assert key.exists()
    with httpx.Client(transport=Gateway(ACTORS), base_url="http://gateway") as client:
        yield client


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 100])
def test_parts_make_one_file_that_fits(
    tmp_path: Path, key: Path, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(exporting, "RECORDS_A_REQUEST", at_once)
    out = tmp_path / "whole.ndjson"
    assert exporting.export(client, "registry", out, 1, personal=False) == 7
    assert out.read_bytes() == b"".join(trail.export_lines(ACTORS))
    assert sdz("verify", str(out), "--key", str(key)).exit_code == 0
    assert {file.name for file in tmp_path.iterdir()} == {"registry.pem", "whole.ndjson"}


def test_a_range_behind_the_end_leaves_no_file(tmp_path: Path, client: httpx.Client) -> None:
    out = tmp_path / "whole.ndjson"
    with pytest.raises(Trouble, match="the last record of registry is 7"):
        exporting.export(client, "registry", out, 8, personal=False)
    assert not out.exists()
