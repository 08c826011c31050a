"""A canonical digest of all that an evaluation reads."""

import hashlib
import struct
from dataclasses import fields, is_dataclass
from fractions import Fraction

import numpy as np

from services.evaluation.engine.matrix import Matrix
from services.evaluation.engine.method import Method
from services.evaluation.engine.tree import Tree

FORMAT = "sdz-evaluation-input/1"
"""Named inside the digest; changes with the encoding below."""


def input_digest(matrix: Matrix, tree: Tree, method: Method) -> str:
    """SHA-256, in hexadecimal, of values, mask, framework and settings.

    The encoding is explicit (UTF-8 with lengths, little-endian 64-bit numbers), so that processor and
    library do not enter; units, indicators and nodes are sorted by code, so that their order does not.
    Every field of every setting enters by its name: a new setting cannot be forgotten here.
    """
    rows = sorted(range(len(matrix.units)), key=lambda i: matrix.units[i])
    columns = sorted(range(len(matrix.indicators)), key=lambda i: matrix.indicators[i])
    grid = np.ix_(rows, columns)
    parts = [
        _encoded(FORMAT),
        _encoded(tuple(matrix.units[i] for i in rows)),
        _encoded(tuple(matrix.indicators[i] for i in columns)),
        np.ascontiguousarray(matrix.values[grid], dtype="<f8").tobytes(),
        np.ascontiguousarray(matrix.present[grid], dtype="u1").tobytes(),
        _encoded(tuple(sorted(tree.branches, key=lambda node: node.code))),
        _encoded(tuple(sorted(tree.leaves, key=lambda node: node.code))),
        _encoded(method),
    ]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _encoded(value: object) -> bytes:
    """A tag for the kind, then the value; anything that has a length is preceded by it.

    Raises TypeError for a kind that has no encoding.
    """
    if value is None:
        return b"n"
    if isinstance(value, str):  # the enumerations of settings are strings too
        text = str(value).encode()
        return b"s" + struct.pack("<Q", len(text)) + text
    if isinstance(value, float):
        return b"f" + struct.pack("<d", value)
    if isinstance(value, Fraction):
        return b"q" + _encoded(str(value.numerator)) + _encoded(str(value.denominator))
    if isinstance(value, tuple):
        return b"t" + struct.pack("<Q", len(value)) + b"".join(_encoded(item) for item in value)
    if is_dataclass(value):
        named = tuple((field.name, getattr(value, field.name)) for field in fields(value))
        return b"d" + _encoded(type(value).__name__) + _encoded(named)
    raise TypeError(f"no canonical encoding of {type(value).__name__}")
