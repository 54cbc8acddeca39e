"""The list of records in a json value, however portals wrap it."""

from __future__ import annotations

from typing import Any

from jkn_analysis.cleaning.values.cells import Cell

MAX_DEPTH = 4
KNOWN = ("records", "data", "rows", "result", "results", "items", "isi", "values")
"""Keys under which portals put their rows, looked at first."""
Records = list[dict[str, Any]]


def find_records(value: Cell) -> Records | None:
    """Return the one list of records that a json value holds, or None.

    A list of objects; a list of lists under a list of names; an object of columns; and
    any of these wrapped as open-data portals do (``{"result": {"records": […]}}``,
    ``{"data": [{"page": 1}, […]]}``). Where a value holds two lists and no known key
    tells which is meant, there is no answer.

    Examples
    --------
    >>> find_records({"success": True, "result": {"records": [{"kode": "82.71"}]}})
    [{'kode': '82.71'}]
    >>> find_records([["kode", "nama"], ["82.71", "Ternate"]])
    [{'kode': '82.71', 'nama': 'Ternate'}]
    >>> find_records({"a": [{"x": 1}], "b": [{"y": 2}]}) is None
    True
    """
    found = _search(value, MAX_DEPTH)
    if found is None and isinstance(value, dict) and _is_flat(value):
        return [value]
    return found


def _search(value: Cell, depth: int) -> Records | None:
    """Return the records in a value or in what it wraps."""
    direct = _direct(value)
    if direct is not None or depth == 0:
        return direct
    if isinstance(value, list):
        inner = [item for item in value if isinstance(item, list)]
        return _search(inner[0], depth - 1) if len(inner) == 1 else None
    if not isinstance(value, dict):
        return None
    for keys in ([key for key in KNOWN if key in value], value):
        held = [_search(value[key], depth - 1) for key in keys]
        lists = [found for found in held if found is not None]
        if lists:
            return lists[0] if len(lists) == 1 else None
    return None


def _direct(value: Cell) -> Records | None:
    """Return the records that a value is by itself."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            return value
        return _from_rows(value[0], value[1:]) if len(value) > 1 else None
    if not isinstance(value, dict):
        return None
    names = _field_names(value.get("fields") or value.get("columns"))
    for key in KNOWN:
        rows = value.get(key)
        if names and isinstance(rows, list):
            return _from_rows(names, rows) or _direct(rows)
    columns = list(value.values())
    if columns and all(isinstance(item, list) for item in columns):
        lengths = {len(item) for item in columns}
        plain = not any(isinstance(cell, list | dict) for c in columns for cell in c)
        if plain and len(lengths) == 1:
            return [
                dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)
            ]
    return None


def _field_names(fields: Cell) -> list[str]:
    """Return the names of a list of fields: texts, or objects with an id or name."""
    if not isinstance(fields, list):
        return []
    names = [
        item.get("id") or item.get("name") if isinstance(item, dict) else item
        for item in fields
    ]
    texts = [name for name in names if isinstance(name, str)]
    return texts if len(texts) == len(names) else []


def _from_rows(names: Cell, rows: list[Any]) -> Records | None:
    """Return rows given as lists as records, None where they do not fit the names."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    if len(set(names)) < len(names):
        return None
    if not rows or not all(isinstance(r, list) and len(r) == len(names) for r in rows):
        return None
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_flat(value: dict[str, Any]) -> bool:
    """Tell whether an object is one record."""
    return bool(value) and not any(isinstance(i, list | dict) for i in value.values())
