"""Writing a generation: files, then its manifest, then the pointer, in one step."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import LockedError, StoreError
from jkn_analysis.store.files import dump_json, hash_file, read_json, write_bytes
from jkn_analysis.store.generation import (
    CONTENT,
    GENERATIONS,
    NAME_CHARACTERS,
    PASSING,
    POINTER,
    REMEDY,
    SCHEMA,
    Generation,
    Pointer,
    hash_content,
    load_generation,
    read_pointer,
    recover_pointer,
)
from jkn_analysis.store.lock import hold_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

KEPT_CUTOFFS = 36
"""Data months whose last generation stays; measured 24 months of 514 regions."""
PATHS_KEPT = 2
"""Data months whose joint paths stay; two thirds of a month's size."""
FACTS = "wilayah"
PRIVATE = frozenset({"penerima"})
"""Tables with addresses: their files are for their owner alone."""
OWN = frozenset({"skema", "contoh", "cutoff", "tables"})
"""What a draft itself puts into its manifest."""


class Draft:
    """A generation in the making; nothing of it is read before it is switched to."""

    def __init__(self, root: Path, base: Generation | None, *, contoh: bool) -> None:
        self.root = root
        self.contoh = contoh
        told = base.manifest if base is not None and base.contoh == contoh else {}
        self.tables: dict[str, Mapping[str, Any]] = dict(told.get("tables", {}))
        self.told = {name: told[name] for name in told.keys() - OWN}

    @property
    def cutoff(self) -> str | None:
        """The last month with participants among what is drafted."""
        return self.tables.get("kepesertaan", {}).get("sampai")

    def tell(self, **fields: object) -> None:
        """Put facts into the manifest: deliveries, ids, digests."""
        self.told.update(fields)

    def digests(self, name: str) -> dict[str, str]:
        """Return the digests of a drafted table's rows per region."""
        path = self.root / CONTENT / self.tables[name]["sidik"]["file"]
        return read_json(path, remedy=REMEDY)

    def paths(self, name: str) -> list[Path]:
        """List the files of a drafted table."""
        return [self.root / CONTENT / part["file"] for part in self.tables[name]["isi"]]

    def sign(self) -> None:
        """Name the build after what was delivered: equal deliveries, equal name."""
        parts = {
            name: [part["sha256"] for part in entry["isi"]]
            for name, entry in self.tables.items()
            if not is_computed(name)
        }
        self.tell(dibuat=hash_content(dump_json(parts)))

    def drop(self, name: str) -> None:
        """Leave a table out."""
        self.tables.pop(name, None)

    def put(self, frame: pd.DataFrame, name: str) -> None:
        """Check a canonical table and write its files, sorted by its key.

        Raises
        ------
        InputError
            If it breaks a rule of its table.
        StoreError
            If it cannot be written.
        """
        from jkn_analysis.store.parquet import hash_regions, split_years
        from jkn_analysis.store.read import require_table
        from jkn_analysis.tables import TABLES, check, conform

        require_table(name)
        frame = check(conform(frame, name), name)
        frame = frame.sort_values(
            list(TABLES[name].key), kind="stable", ignore_index=True
        )
        stamp = {"cutoff": self.cutoff, "dibuat": self.told.get("dibuat", "")}
        stamp = stamp if is_computed(name) else {}
        entry: dict[str, Any] = {"rows": len(frame), **stamp}
        if "periode" in frame and len(frame):
            entry["sampai"] = f"{frame['periode'].max():%Y-%m}"
        entry["isi"] = [
            self._put_part(part, name, year, stamp) for year, part in split_years(frame)
        ]
        digests = dump_json(hash_regions(frame))
        entry["sidik"] = self._put_file(digests, name, "sidik.json")
        self.tables[name] = entry

    def _put_part(
        self, frame: pd.DataFrame, name: str, year: str, stamp: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write one file under the name its content gives it."""
        from jkn_analysis.store.parquet import encode_parquet, hash_footer

        # A split table's years stay the same bytes from month to month.
        mark = {"contoh": self.contoh, "tabel": name, **({} if year else stamp)}
        stem = f"{name}.{year}" if year else name
        content = encode_parquet(frame, mark=mark)
        told = self._put_file(content, stem, "parquet")
        return {**told, "ekor": hash_footer(content)}

    def _put_file(self, content: bytes, stem: str, suffix: str) -> dict[str, Any]:
        """Write a file under its digest; what lies there whole is left."""
        digest = hashlib.sha256(content).hexdigest()
        file = f"{stem}.{digest[:NAME_CHARACTERS]}.{suffix}"
        path = self.root / CONTENT / file
        if not path.is_file() or hash_file(path) != digest:
            write_bytes(path, content, mode=0o600 if stem in PRIVATE else 0o644)
        return {"file": file, "sha256": digest, "size": len(content)}

    def close(self) -> dict[str, Any]:
        """Return the manifest; figures computed for another month are left out."""
        cutoff = self.cutoff
        for name in list(self.tables):
            if is_computed(name) and self.tables[name].get("cutoff") != cutoff:
                self.drop(name)
        return {
            **self.told,
            "skema": SCHEMA,
            "contoh": self.contoh,
            "cutoff": cutoff,
            "tables": self.tables,
        }


def is_computed(name: str) -> bool:
    """Tell whether a table is computed for a data month, not delivered."""
    from jkn_analysis.tables import DELIVERED

    return name != FACTS and name not in DELIVERED


@contextmanager
def write_generation(
    root: Path, *, by: str, contoh: bool | None = None, cutoff: str | None = None
) -> Iterator[Draft]:
    """Draft a generation from the one before; it is switched to where no error is.

    Parameters
    ----------
    root
        The folder of processed tables.
    by
        What writes, for the lock and the pointer.
    contoh
        Whether the figures are synthetic; as the generation before if None. Tables
        of the other kind are left out.
    cutoff
        Draft from what is kept of this data month, and keep the result for it
        without reading it as the newest.

    Raises
    ------
    StoreError
        If it cannot be written, or nothing says whether the figures are samples.
    LockedError
        If another process holds the project, or has stored since this began.
    """
    with hold_project(root, holder=by):
        before = _read_before(root)
        base = _find_base(root, before, cutoff)
        if contoh is None:
            if base is None:
                raise StoreError(
                    f"{root}: nothing is built that says whether the figures are "
                    "samples\n  → run: jkn build"
                )
            contoh = base.contoh
        draft = Draft(root, base, contoh=contoh)
        yield draft
        manifest = draft.close()
        if base is not None and manifest == dict(base.manifest):
            _mend_pointer(root, before)
            return
        if _read_before(root) != before:
            raise LockedError(
                f"{root}: something else has stored since this began\n  → run it again"
            )
        aside = cutoff is not None and before is not None
        aside = aside and (base is None or base.name != before.current)  # type: ignore[union-attr]
        _switch(root, manifest, before=before, by=by, aside=aside)


def _read_before(root: Path) -> Pointer | None:
    """Read the pointer; where it cannot be read, make it of whole manifests."""
    try:
        pointer = read_pointer(root)
        if pointer is not None:
            load_generation(root, pointer.current)
    except StoreError:
        return recover_pointer(root)
    return pointer


def _mend_pointer(root: Path, pointer: Pointer | None) -> None:
    """Write the pointer again where it was damaged and nothing else has changed."""
    with suppress(StoreError):
        if read_pointer(root) == pointer:
            return
    if pointer is not None:
        write_bytes(root / POINTER, dump_json(pointer.to_dict()))


def _find_base(
    root: Path, before: Pointer | None, cutoff: str | None
) -> Generation | None:
    """Return the generation to draft from."""
    if before is None:
        return None
    name = before.current if cutoff is None else before.cutoffs.get(cutoff)
    return None if name is None else load_generation(root, name)


def _switch(
    root: Path,
    manifest: dict[str, Any],
    *,
    before: Pointer | None,
    by: str,
    aside: bool,
) -> None:
    """Write the manifest, then replace the pointer, then clean up."""
    content = dump_json(manifest)
    name = f"{_next_number(root):06d}-{hash_content(content)}"
    write_bytes(root / GENERATIONS / f"{name}.json", content)
    cutoffs = dict(before.cutoffs) if before else {}
    if manifest["cutoff"] is not None:
        cutoffs[manifest["cutoff"]] = name
    cutoffs = {month: cutoffs[month] for month in sorted(cutoffs)[-KEPT_CUTOFFS:]}
    last = before.current if before else ""
    pointer = Pointer(last if aside else name, cutoffs, last, by)
    write_bytes(root / POINTER, dump_json(pointer.to_dict()))
    _sweep(root, pointer)


def _next_number(root: Path) -> int:
    """Return the number after the highest that was ever written."""
    heads = [path.name.partition("-")[0] for path in (root / GENERATIONS).glob("*-*")]
    return max((int(head) for head in heads if head.isdecimal()), default=0) + 1


def _sweep(root: Path, pointer: Pointer) -> None:
    """Remove what no kept generation names, and what older versions left."""
    wanted: set[Path] = set()
    newest = {pointer.cutoffs[month] for month in sorted(pointer.cutoffs)[-PATHS_KEPT:]}
    whole = newest | {pointer.current, pointer.before}
    for name in pointer.kept:
        with suppress(StoreError):
            passing = () if name in whole else PASSING
            wanted |= load_generation(root, name).named_files(without=passing)
    old = [root / "manifest.json", root / "ramalan.json", *root.glob("*.parquet")]
    old += [*root.glob(".*.tmp"), *root.glob("*/.*.tmp")]
    found = [*(root / CONTENT).glob("*"), *(root / GENERATIONS).glob("*")]
    for path in (*old, *(path for path in found if path not in wanted)):
        path.unlink(missing_ok=True)


def write_table(
    frame: pd.DataFrame, name: str, *, root: Path, contoh: bool | None = None
) -> None:
    """Store one table beside the others; see `write_generation`.

    Parameters
    ----------
    frame
        The typed table.
    name
        A key of ``tables.TABLES``.
    root
        The folder of processed tables.
    contoh
        Whether the figures are synthetic; as the store says if None.
    """
    write_tables({name: frame}, root=root, contoh=contoh)


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    *,
    root: Path,
    contoh: bool | None = None,
    by: str = "jkn",
) -> None:
    """Store some tables beside the others in one step; see `write_generation`."""
    with write_generation(root, by=by, contoh=contoh) as draft:
        for name in sorted(tables, key=is_computed):
            draft.put(tables[name], name)
