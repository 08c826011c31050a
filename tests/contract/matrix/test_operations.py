"""Every operation of the contract has its line in the table and a way to be called."""

from __future__ import annotations

import importlib
from pathlib import Path

from chassis.app import create_app
from sdz.services import SERVICES
from services.gateway.contract.collect import combine
from tests.contract.matrix.table import read_table
from tests.contract.recipes import RECIPES, operations_of
from tests.service_app import KeyRing


def test_each_operation_is_in_the_table_and_no_other(tmp_path: Path) -> None:
    keys = KeyRing.make(tmp_path / "keys")
    documents = {}
    for name in SERVICES:
        service = importlib.import_module(f"services.{name}.app").SERVICE
        app = create_app(service, keys.settings(name, "postgresql://nobody@127.0.0.1/none"))
        documents[name] = app.openapi()
    named = {operation.name for operation in operations_of(combine(documents.pop("gateway"), documents))}
    assert set(read_table()) == named
    assert set(RECIPES) <= named
