"""The page as a file: one JSON object that every rendering reads and none computes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from jkn_analysis.briefing.model import Briefing

SCHEMA = 3
"""Raised where the same fields come to mean something else."""
MIME = "application/vnd.jkn.page+json"
"""Kind of the notebook output that carries the page beside its HTML."""
SUFFIX = ".json"
_HEAD = ("kode", "periode", "bahasa", "versi", "figures")


def page_stem(kode: str, bahasa: str) -> str:
    """Name the files of a page; English never lies over the Indonesian one.

    Examples
    --------
    >>> page_stem("82.71", "id"), page_stem("82.71", "en")
    ('82.71', '82.71.en')
    """
    return kode if bahasa == "id" else f"{kode}.{bahasa}"


def split_stem(stem: str) -> tuple[str, str]:
    """Return code and language of a page's files.

    Examples
    --------
    >>> split_stem("82.71"), split_stem("82.71.en"), split_stem("00.en")
    (('82.71', 'id'), ('82.71', 'en'), ('00', 'en'))
    """
    kode, _, bahasa = stem.rpartition(".")
    return (kode, bahasa) if bahasa.isalpha() else (stem, "id")


@cache
def find_schema() -> str:
    """Name what a page's file looks like: raised by itself where a field changes.

    Examples
    --------
    >>> find_schema().startswith("3.")
    True
    """
    from jkn_analysis.briefing import model

    kinds = [kind for kind in vars(model).values() if dataclasses.is_dataclass(kind)]
    shape = sorted(
        f"{kind.__name__}.{field.name}: {field.type}"  # type: ignore[union-attr]
        for kind in kinds
        for field in dataclasses.fields(kind)
    )
    return f"{SCHEMA}.{hashlib.sha256(repr(shape).encode()).hexdigest()[:8]}"


def to_plain(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Turn dataclasses, dates and missing numbers into what JSON holds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, dict):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(part) for part in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if isinstance(value, float) and math.isnan(value) else value


def describe_page(briefing: Briefing) -> dict[str, Any]:
    """Return a page as plain values: schema, figures, and what it says."""
    told = to_plain(briefing)
    head = {name: told.pop(name) for name in _HEAD}
    return {"schema": find_schema(), **head, "parts": told}


def write_page(told: dict[str, Any]) -> bytes:
    """Return the bytes of a page's file, equal for equal pages."""
    return (json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


@cache
def _reader() -> TypeAdapter[Briefing]:
    """Build the reader of a page once."""
    from pydantic import TypeAdapter

    from jkn_analysis.briefing.model import Briefing

    return TypeAdapter(Briefing)


def read_page(content: bytes) -> Briefing:
    """Read a page from the bytes of its file.

    Raises
    ------
    StoreError
        If they are no page, or one of another version of the suite.
    """
    try:
        told = json.loads(content)
        if told["schema"] != find_schema():
            raise StoreError(
                f"page of schema {told['schema']}, this suite reads {find_schema()}\n"
                "  → make it again: jkn run --force"
            )
        head = {name: told[name] for name in _HEAD}
        return _reader().validate_python({**told["parts"], **head})
    except (ValueError, KeyError, TypeError) as exc:
        raise StoreError(
            f"not a page ({type(exc).__name__})\n  → make it again: jkn run --force"
        ) from exc
