"""Addresses of databases in the environment."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from sdz.database_urls import (
    build_url,
    given_url,
    owner_variable,
    required_url,
    runtime_variable,
    sqlalchemy_url,
)
from sdz.trouble import Trouble

words = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20
)


@given(user=words, password=words, database=words)
def test_every_name_and_password_comes_back_as_it_was(user: str, password: str, database: str) -> None:
    url = build_url(user, password, "127.0.0.1", 5432, database)
    parts = urlsplit(url)
    assert unquote(parts.username or "") == user
    assert unquote(parts.password or "") == password
    assert (parts.hostname, parts.port) == ("127.0.0.1", 5432)
    assert make_url(sqlalchemy_url(url)).password == password


def test_names_of_the_variables() -> None:
    assert runtime_variable("registry") == "SDZ_REGISTRY_DATABASE_URL"
    assert owner_variable("registry") == "SDZ_REGISTRY_OWNER_DATABASE_URL"


def test_the_variable_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://from-file\n")
    environment = {"X_FILE": str(file)}
    assert given_url(environment, "X") == "postgresql://from-file"
    assert given_url({**environment, "X": "postgresql://direct"}, "X") == "postgresql://direct"
    assert given_url({"X": ""}, "X") is None


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(Trouble, match="X_FILE names /nowhere/url"):
        given_url({"X_FILE": "/nowhere/url"}, "X")


def test_an_address_that_is_needed_and_missing_names_its_variable() -> None:
    with pytest.raises(Trouble, match="X is not set"):
        required_url({}, "X")


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nothing", ""])
def test_another_scheme_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(Trouble, match="does not begin with postgresql://"):
        sqlalchemy_url(url)
