"""A generation: what one write left as the whole, and where it is found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError
from jkn_analysis.store.files import hash_file, read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

POINTER = "terkini.json"
GENERATIONS = "generasi"
CONTENT = "isi"
SCHEMA = 3
"""Version of the store's shape; another one is built anew, never guessed at."""
REMEDY = "run: jkn build, jkn forecast"
NAME_CHARACTERS = 16
PASSING = frozenset({"masa_depan"})
"""Tables no page reads, kept of the newest data months only: the joint paths."""


@dataclass(frozen=True)
class Pointer:
    """Which generation is read, and which is kept of each data month."""

    current: str
    """Number and digest of a manifest: ``000012-3f9a…``, the stem of its file."""
    cutoffs: Mapping[str, str]
    """Data month (``2025-11``) to the last generation made for it."""
    before: str = ""
    """The generation read until the last write; it stays for readers of the moment."""
    by: str = ""
    """What wrote last, such as ``jkn build``."""

    @property
    def kept(self) -> set[str]:
        """Every generation that stays."""
        return {self.current, *self.cutoffs.values(), self.before} - {""}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "skema": SCHEMA,
            "terkini": self.current,
            "sebelum": self.before,
            "cutoff": dict(self.cutoffs),
            "oleh": self.by,
        }


@dataclass(frozen=True)
class Generation:
    """One whole of tables, with the manifest that names their files by hash."""

    root: Path
    name: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def contoh(self) -> bool:
        """Tell whether the figures are synthetic; never a guess.

        Raises
        ------
        StoreError
            If the generation carries no mark that can be read.
        """
        mark = self.manifest.get("contoh")
        if not isinstance(mark, bool):
            raise StoreError(
                f"{self.path}: does not say whether its figures are samples\n"
                f"  → {REMEDY}"
            )
        return mark

    @property
    def cutoff(self) -> str | None:
        """The last month with participants, ``2025-11``; None without any."""
        return self.manifest.get("cutoff")

    @property
    def dibuat(self) -> str:
        """The id of the build its deliveries come from."""
        return str(self.manifest.get("dibuat", ""))

    @property
    def path(self) -> Path:
        """The manifest's file."""
        return _manifest_path(self.root, self.name)

    def parts(self, name: str) -> dict[Path, str]:
        """Return the files of a stored table with the digests of their footers.

        Raises
        ------
        StoreError
            If the table is not in this generation, or one of its files is missing
            or of another size than was written.
        """
        if name not in self.tables:
            raise StoreError(f"{self.root}: table '{name}' is not built\n  → {REMEDY}")
        found = {}
        for part in self.tables[name]["isi"]:
            path = self.root / CONTENT / part["file"]
            if not path.is_file() or path.stat().st_size != part["size"]:
                raise torn(path, "missing or cut short")
            found[path] = part["ekor"]
        return found

    def digests(self, name: str) -> dict[str, str]:
        """Return the digests of a table's rows per region, ``*`` without regions."""
        return read_json(self._digest_path(name), remedy=REMEDY)

    def _digest_path(self, name: str) -> Path:
        """Return the file that holds the digests of a table's regions."""
        return self.root / CONTENT / self.tables[name]["sidik"]["file"]

    def named_files(self, *, without: Collection[str] = ()) -> set[Path]:
        """Return every file a reader needs, whether it is there or not."""
        parts = [
            part
            for name, entry in self.tables.items()
            for part in (*entry["isi"], entry["sidik"])
            if name not in without
        ]
        return {self.path, *(self.root / CONTENT / part["file"] for part in parts)}

    def verify(self) -> None:
        """Read every file and compare it with its hash.

        Raises
        ------
        StoreError
            Names the first file that is not what was written.
        """
        for name, entry in self.tables.items():
            for part in (*entry["isi"], entry["sidik"]):
                path = self.root / CONTENT / part["file"]
                if not path.is_file() or hash_file(path) != part["sha256"]:
                    raise torn(path, f"not what was written of table '{name}'")


def torn(path: Path, why: str) -> StoreError:
    """Say that a file of the store is damaged."""
    return StoreError(f"{path}: {why}\n  → {REMEDY}")


def _manifest_path(root: Path, name: str) -> Path:
    """Return where a generation's manifest lies."""
    return root / GENERATIONS / f"{name}.json"


def read_pointer(root: Path) -> Pointer | None:
    """Read which generations there are; None where nothing was ever built.

    Raises
    ------
    StoreError
        If there is a store whose pointer is missing, damaged or of another version.
    """
    path = root / POINTER
    if not path.exists():
        if (root / GENERATIONS).is_dir() or (root / "manifest.json").is_file():
            raise StoreError(
                f"{path}: missing, or stored by an older version\n  → {REMEDY}"
            )
        return None
    told = read_json(path, remedy=REMEDY)
    if told.get("skema") != SCHEMA:
        raise torn(path, "stored by another version of this program")
    current, before, by = (told.get(name) for name in ("terkini", "sebelum", "oleh"))
    cutoffs = told.get("cutoff")
    texts = [current, before, by]
    texts += cutoffs.values() if isinstance(cutoffs, dict) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise torn(path, "damaged: not the shape of a store")
    return Pointer(current, cutoffs, before, by)  # type: ignore[arg-type]


def recover_pointer(root: Path) -> Pointer | None:
    """Make a pointer of the manifests that are whole; None where there is none.

    For a writer only: a reader of a torn store refuses.
    """
    cutoffs: dict[str, str] = {}
    current = ""
    for path in sorted((root / GENERATIONS).glob("*-*.json")):
        try:
            found = load_generation(root, path.stem)
        except StoreError:
            continue
        current = path.stem
        if found.cutoff is not None:
            cutoffs[found.cutoff] = current
    return Pointer(current, cutoffs) if current else None


def find_generation(root: Path, *, cutoff: str | None = None) -> Generation | None:
    """Take a generation, its manifest checked; None where nothing was ever built.

    Parameters
    ----------
    root
        The folder of processed tables.
    cutoff
        Data month, ``2025-11``: what was last stored for it. A month after the
        newest is the newest (its deliveries have not come); None is the newest.

    Raises
    ------
    StoreError
        If the store is torn, or holds nothing of an earlier month: figures of two
        months are never mixed.
    """
    pointer = read_pointer(root)
    if pointer is None:
        return None
    own = load_generation(root, pointer.current)
    if cutoff is None or own.cutoff in {None, cutoff}:
        return own
    if cutoff in pointer.cutoffs:
        return load_generation(root, pointer.cutoffs[cutoff])
    if cutoff > str(own.cutoff):
        return own
    stored = ", ".join(sorted(pointer.cutoffs))
    raise StoreError(
        f"{root}: no figures are stored of data month {cutoff} (stored: {stored})\n"
        f"  → run: jkn build --until {cutoff}, jkn forecast --month {cutoff}"
    )


def open_generation(root: Path, *, cutoff: str | None = None) -> Generation:
    """Take a generation, which must be there; see `find_generation`.

    Raises
    ------
    StoreError
        If nothing was built, or the store is torn.
    """
    found = find_generation(root, cutoff=cutoff)
    if found is not None:
        return found
    if not root.parent.is_dir():
        raise StoreError(
            f"{root}: no project here\n"
            "  → go to the folder of one, or make one: jkn init"
        )
    raise StoreError(f"{root}: nothing is built\n  → {REMEDY}")


def list_shipped(root: Path, *, cutoff: str | None = None) -> list[Path]:
    """List the files that a reader of one data month needs on another machine."""
    found = open_generation(root, cutoff=cutoff)
    own = open_generation(root)
    return sorted({root / POINTER, own.path, *found.named_files()})


def list_cutoffs(root: Path) -> list[str]:
    """List the data months of which figures are stored, oldest first."""
    pointer = read_pointer(root)
    return [] if pointer is None else sorted(pointer.cutoffs)


def load_generation(root: Path, name: str) -> Generation:
    """Read a manifest, which must be the bytes its name tells.

    Raises
    ------
    StoreError
        If it is missing, damaged or of another version.
    """
    if not _manifest_path(root, name).is_file():
        raise torn(_manifest_path(root, name), "missing")
    return _load(root, name)


@lru_cache(maxsize=64)
def _load(root: Path, name: str) -> Generation:
    """Read a manifest once."""
    path = _manifest_path(root, name)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise torn(path, f"cannot be read ({exc.strerror})") from exc
    if hash_content(content) != name.partition("-")[2]:
        raise torn(path, "not the manifest that was written")
    told = json.loads(content)
    if told.get("skema") != SCHEMA:
        raise torn(path, "stored by another version of this program")
    tables = {
        table: entry
        for table, entry in told["tables"].items()
        if table not in PASSING or _is_there(root, entry)
    }
    return Generation(root, name, told, tables)


def _is_there(root: Path, entry: Mapping[str, Any]) -> bool:
    """Tell whether a passing table was not yet put away."""
    return all((root / CONTENT / part["file"]).exists() for part in entry["isi"])


def hash_content(content: bytes) -> str:
    """Return the digest that stands in the names of files."""
    return hashlib.sha256(content).hexdigest()[:NAME_CHARACTERS]
