"""The manifest beside a report: all it depends on and all it consists of, by hash."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError
from jkn_analysis.store import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 3
SUFFIX = ".manifest.json"


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def hash_values(values: object) -> str:
    """Return the SHA-256 of plain values, independent of the order of keys."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return hash_bytes(text.encode())


def build_manifest(
    inputs: Mapping[str, Any],
    *,
    outputs: Mapping[str, str],
) -> bytes:
    """Return the bytes of a manifest; equal reports have equal ones, so no time.

    Parameters
    ----------
    inputs
        What the report depends on.
    outputs
        File name to SHA-256.
    """
    told = {
        "format": FORMAT,
        "key": hash_values(inputs),
        "inputs": inputs,
        "outputs": outputs,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def read_report_manifest(folder: Path, stem: str) -> dict[str, Any] | None:
    """Read the manifest of a report; None when there is none that can be read."""
    try:
        told = read_json(folder / f"{stem}{SUFFIX}", remedy="jkn run")
    except StoreError:
        return None
    whole = isinstance(told.get("inputs"), dict) and isinstance(
        told.get("outputs"), dict
    )
    return told if whole and told.get("format") == FORMAT else None


def find_changed_outputs(folder: Path, outputs: Mapping[str, str]) -> list[str]:
    """Name the files of a report that are missing or not the bytes it says."""
    changed = []
    for name, told in sorted(outputs.items()):
        path = folder / name
        if not path.is_file() or hash_bytes(path.read_bytes()) != told:
            changed.append(name)
    return changed


def compare_inputs(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """Say in words which inputs differ between two manifests.

    Returns
    -------
    list of str
        Such as ``data: kepesertaan, ukuran`` or ``library``; empty if all agree.
    """
    words = []
    for name in sorted({*now, *then}):
        here, there = now.get(name), then.get(name)
        if here == there:
            continue
        if isinstance(here, dict) and isinstance(there, dict):
            keys = {*here, *there}
            parts = sorted(k for k in keys if here.get(k) != there.get(k))
            words.append(f"{name}: {', '.join(parts)}")
        else:
            words.append(name)
    return words
