"""Scenarios from files: the suite's own, and an analyst's TOML or csv."""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from jkn_analysis.config import tell_broken
from jkn_analysis.errors import ScenarioError
from jkn_analysis.skenario.declaration import (
    DASAR,
    DatedChange,
    Skenario,
    find_faults,
    read_month,
)
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pandas as pd

BAWAAN = "skenario_bawaan.toml"
_UMUM = {"jenis", "mulai", "wilayah", "segmen", "sumber", "diketahui", "asumsi"}
_KEPALA = {"kode", "judul", "tindakan"}


@dataclass(frozen=True)
class _Row:
    """One change as written: its scenario, its keys, and the line of each key."""

    kode: str
    judul: str
    act: Mapping[str, Any]
    line: int
    lines: Mapping[str, int]


@dataclass(frozen=True)
class Scope:
    """What a file is checked against: the last month of data, the regions forecast."""

    cutoff: pd.Timestamp
    kode: Collection[str]


def read_skenario(
    path: Path | None = None, *, batas: Scope | None = None
) -> dict[str, Skenario]:
    """Read scenarios from a TOML or csv file; the suite's own if none is given.

    TOML: ``[[skenario]]`` with kode, judul and ``[[skenario.tindakan]]`` rows. csv:
    columns kode, judul, jenis, mulai, wilayah, segmen, sumber, diketahui, asumsi,
    and one per parameter; rows of one skenario are applied together.

    Parameters
    ----------
    path
        The file.
    batas
        Also refuse months the data have reached and regions that are not forecast.

    Raises
    ------
    ScenarioError
        Every fault of the file with its line and what to write instead.
    """
    if path is None:
        shipped = resources.files("jkn_analysis").joinpath("data", BAWAAN)
        text, name = shipped.read_text(encoding="utf-8"), BAWAAN
    else:
        text, name = _read_text(path), path.name
    rows = (
        _read_csv(text, name)
        if name.lower().endswith(".csv")
        else _read_toml(text, name)
    )
    faults = [fault for row in rows for fault in _list_faults(row, batas)]
    if faults:
        told = [f"{name}, line {line}: {text}" for line, text in sorted(faults)]
        raise ScenarioError("\n".join(told))
    found: dict[str, Skenario] = {}
    for row in rows:
        old = found.get(row.kode, Skenario(row.kode, row.judul))
        found[row.kode] = replace(old, tindakan=(*old.tindakan, _to_act(row.act)))
    return found


def _read_text(path: Path) -> str:
    """Read a file written by an analyst, with or without a mark of its encoding."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ScenarioError(f"{path}: cannot be read\n  → give a UTF-8 file") from exc


def _list_faults(row: _Row, batas: Scope | None) -> list[tuple[int, str]]:
    """List what is wrong with a row, with the line it stands on."""
    act = row.act
    missing = [name for name in ("jenis", "mulai") if not act.get(name)]
    if missing:
        told = f"'{row.kode}': {' and '.join(missing)} missing"
        return [(row.line, f"{told}\n  → every tindakan needs both")]
    kind, segmen = str(act["jenis"]), str(act.get("segmen", ""))
    faults = find_faults(kind, _sizes(act), segmen=segmen, asumsi=_read_asumsi(act))
    faults += _find_place_faults(act, batas)
    return [
        (row.lines.get(key, row.line), f"'{row.kode}', {kind}: {text}")
        for key, text in faults
    ]


def _find_place_faults(
    act: Mapping[str, Any], batas: Scope | None
) -> list[tuple[str, str]]:
    """Describe a month that cannot be read or is past, and an unknown region."""
    faults = []
    try:
        start = None if batas is None else read_month(str(act["mulai"]), batas.cutoff)
        if batas is None:
            read_month(str(act["mulai"]), None)
    except ScenarioError as exc:
        return [("mulai", str(exc))]
    if batas is None or start is None:
        return []
    if start <= batas.cutoff:
        faults.append(
            (
                "mulai",
                f"starts {start:%Y-%m}, but the data already reach {batas.cutoff:%Y-%m}"
                "\n  → give a later month, or record it in table peristiwa",
            )
        )
    where = str(act.get("wilayah", "") or NASIONAL)
    if where not in {NASIONAL, *batas.kode, *(name[:2] for name in batas.kode)}:
        faults.append(
            (
                "wilayah",
                f"region '{where}' is not among those forecast\n"
                "  → give 00, a province or a kabupaten/kota code such as 82.71",
            )
        )
    return faults


def _sizes(act: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a change: all keys that are not common ones."""
    return {key: value for key, value in act.items() if key not in _UMUM}


def _to_act(row: Mapping[str, Any]) -> DatedChange:
    """Make a change of a row without faults."""
    return DatedChange(
        str(row["jenis"]),
        str(row["mulai"]),
        _sizes(row),
        wilayah=str(row.get("wilayah", "") or NASIONAL),
        segmen=str(row.get("segmen", "")),
        sumber=str(row.get("sumber", "")),
        diketahui=str(row.get("diketahui", "")),
        asumsi=_read_asumsi(row),
    )


def _read_asumsi(row: Mapping[str, Any]) -> bool | tuple[str, ...]:
    """Read ya, tidak, or the names of the assumed parameters."""
    value = row.get("asumsi", "ya")
    if isinstance(value, list):
        return tuple(str(name) for name in value)
    text = str(value).strip().lower()
    if text in {"ya", "true", "1"}:
        return True
    return tuple(text.split()) if text not in {"tidak", "false", "0", ""} else False


def _refuse(name: str, line: int, text: str) -> ScenarioError:
    """Describe one fault that stops the reading."""
    return ScenarioError(f"{name}, line {line}: {text}")


def _read_toml(text: str, name: str) -> list[_Row]:
    """Read the TOML form; a scenario without changes is refused."""
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ScenarioError(tell_broken(name, exc)) from exc
    wrong = [key for key in told if key != "skenario"]
    if wrong or not isinstance(told.get("skenario", []), list):
        raise ScenarioError(
            f"{name}: '{(wrong or ['skenario'])[0]}' is not known here\n"
            "  → write [[skenario]] and below it [[skenario.tindakan]]"
        )
    heads = _find_lines(text, r"\[\[\s*skenario\s*\]\]")
    acts = iter(_find_lines(text, r"\[\[\s*skenario\s*\.\s*tindakan\s*\]\]"))
    rows: list[_Row] = []
    seen: set[str] = set()
    for at, one in enumerate(told.get("skenario", [])):
        line = heads[at] if at < len(heads) else 1
        kode = str(one.get("kode", ""))
        _check_head(one, seen, where=(name, line))
        seen.add(kode)
        judul = str(one.get("judul", kode))
        for act in one["tindakan"]:
            start = next(acts, line)
            rows.append(_Row(kode, judul, act, start, _find_keys(text, start)))
    return rows


def _check_head(
    one: Mapping[str, Any], seen: Collection[str], *, where: tuple[str, int]
) -> None:
    """Refuse scenarios without a name, named twice or like the baseline, or empty."""
    kode = str(one.get("kode", ""))
    if not kode or kode in seen or kode == DASAR:
        raise _refuse(
            *where,
            f"scenario kode '{kode}' is empty, '{DASAR}' or used twice\n"
            "  → give every scenario a name of its own",
        )
    unknown = sorted(set(one) - _KEPALA)
    if unknown:
        raise _refuse(
            *where,
            f"'{kode}': unknown key '{unknown[0]}'\n"
            "  → write kode, judul, and the rest below [[skenario.tindakan]]",
        )
    acts = one.get("tindakan", [])
    if not acts or not all(isinstance(act, dict) for act in acts):
        raise _refuse(
            *where,
            f"'{kode}': no tindakan\n"
            "  → add [[skenario.tindakan]] with jenis and mulai",
        )


def _find_lines(text: str, pattern: str) -> list[int]:
    """List the lines that begin with a pattern, from 1."""
    found = re.compile(rf"\s*{pattern}")
    lines = enumerate(text.splitlines(), start=1)
    return [number for number, line in lines if found.match(line)]


def _find_keys(text: str, start: int) -> dict[str, int]:
    """Find the line of each key between a heading and the next."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines()[start:], start=start + 1):
        if line.lstrip().startswith("["):
            break
        key = re.match(r"\s*\"?(\w+)\"?\s*=", line)
        if key:
            found.setdefault(key.group(1), number)
    return found


def _read_csv(text: str, name: str) -> list[_Row]:
    """Read the csv form, comma or semicolon; every key stands on the row's line."""
    lines = text.splitlines()
    kept = [(n, t) for n, t in enumerate(lines, 1) if t.strip() and t[0] != "#"]
    if not kept:
        return []
    delimiter = ";" if kept[0][1].count(";") > kept[0][1].count(",") else ","
    reader = csv.DictReader([t for _, t in kept], delimiter=delimiter)
    rows: list[_Row] = []
    for (line, _), row in zip(kept[1:], reader, strict=False):
        filled = {k: v.strip() for k, v in row.items() if k and v and v.strip()}
        named = filled.pop("skenario", "")
        kode = filled.pop("kode", named)
        judul = filled.pop("judul", kode)
        if not kode or kode == DASAR:
            raise _refuse(
                name,
                line,
                f"scenario kode '{kode}' is empty or '{DASAR}'\n"
                "  → give every scenario a name of its own in column kode",
            )
        act = {
            key: value if key in _UMUM else _number(value, (name, line))
            for key, value in filled.items()
        }
        rows.append(_Row(kode, judul, act, line, {}))
    return rows


def _number(text: str, where: tuple[str, int]) -> float:
    """Read a number written with a comma or a point."""
    try:
        return float(text.replace(",", "."))
    except ValueError as exc:
        raise _refuse(*where, f"'{text}' is not a number\n  → write 10 or 2,5") from exc
