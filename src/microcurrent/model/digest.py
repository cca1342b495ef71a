"""One digest for any noun: SHA-256 over its canonical JSON.

Canonical form 1: dataclasses become objects with their field names, tuples become arrays, keys are
sorted, no white space, floats in Python's shortest round-trip form, UTF-8. A field that a noun got
later is marked `LATER` and left out while it holds its default: nouns made before keep their digest.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

#: Metadata of a field that is left out while it holds its default.
LATER = {"later": True}


def plain(value: Any) -> Any:
    """Return `value` as plain JSON data: dictionaries, lists, text, numbers, true, false, null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: plain(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if not ("later" in f.metadata and getattr(value, f.name) == f.default)
        }
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> str:
    """Return the canonical JSON text of `value`; not-a-number and infinity are refused."""
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(value: Any) -> str:
    """Return the digest of `value` as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
