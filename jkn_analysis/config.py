"""Settings: defaults in the package, overridden by one TOML file, checked whole."""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import tomllib
from contextlib import contextmanager
from email.utils import parseaddr
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jkn_analysis.errors import ConfigError, StoreError
from jkn_analysis.personal import is_address
from jkn_analysis.texts import BAHASA, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


CONFIG_VARIABLE = "JKN_CONFIG"
SETTINGS = "jkn.toml"
"""File in the project folder that is read where no other is named."""
PADA_VARIABLE = "JKN_PADA"
"""A day: what was known then is built beside the present, in folders of its own."""


SECRETS = (
    "JKN_NIK_KEY",
    "JKN_SMTP_PASSWORD",
    "JKN_SMTP_CLIENT_SECRET",
    "JKN_SMTP_REFRESH_TOKEN",
)
"""Environment variables that no process we start may see."""


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child: all but the keys and passwords.

    Examples
    --------
    >>> without_secrets({"JKN_NIK_KEY": "x", "JKN_SMTP_HOST": "mail.go.id"})
    {'JKN_SMTP_HOST': 'mail.go.id'}
    """
    return {name: value for name, value in environ.items() if name not in SECRETS}


@contextmanager
def hide_secrets() -> Iterator[None]:
    """Keep keys and passwords from every process started meanwhile."""
    kept = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paths(_Section):
    """Folders, relative to the working directory unless absolute."""

    raw: Path
    processed: Path
    reports: Path
    notebooks: Path


class Numbers(_Section):
    """How ambiguous number cells are read."""

    locale: Literal["", "id", "en"]


class Build(_Section):
    """Reading deliveries."""

    contoh: Literal["auto", "ya", "tidak"]
    sumber_penduduk: str
    overlap: Literal["error", "later"]
    tiba: dict[str, dt.date] = Field(default_factory=dict)
    """Folder of a delivery to the day it came, if it lay there at the first build."""
    pada: dt.date | None = None
    """What was known on this day; set by ``jkn --as-of``."""
    numbers: Numbers


class Source(_Section):
    """What one table's deliveries call things."""

    headings: dict[str, str] = Field(default_factory=dict)
    locale: Literal["", "id", "en"] = ""
    kode_system: Literal["", "kemendagri", "bps"] = ""
    terima: tuple[str, ...] = ()
    """Suspicions that the office has confirmed, as the message named them."""
    judul: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Title lines that a file lacks, by its name: ``Bulan : Oktober 2025``."""


class Forecast(_Section):
    """Forecast horizon and intervals."""

    horizon_bulan: Annotated[int, Field(ge=1, le=60)]
    levels: tuple[Annotated[int, Field(ge=1, le=99)], ...]
    seed: Annotated[int, Field(ge=0)]
    tenggat_bulan: Annotated[int, Field(ge=1, le=12)]

    @field_validator("levels")
    @classmethod
    def _hold_what_pages_tell(cls, levels: tuple[int, ...]) -> tuple[int, ...]:
        """Ask for the intervals that pages tell, and for each one once."""
        if not {80, 95} <= set(levels) or len(set(levels)) < len(levels):
            raise ValueError("rentang")
        return levels


class Skenario(_Section):
    """Scenarios beside the suite's own."""

    berkas: str = ""
    """TOML or csv of an analyst, relative to the settings file; empty for none."""


class Report(_Section):
    """Language of the pages; GeoJSON of boundaries for maps, '' for none."""

    bahasa: Literal["id", "en"]
    batas: str = ""


class Run(_Section):
    """Limits of one report and how many at once."""

    workers: Annotated[int, Field(ge=1, le=256)]
    cell_timeout_s: Annotated[int, Field(ge=1)]
    report_timeout_s: Annotated[int, Field(ge=1)]
    memory_mb: Annotated[int, Field(ge=200)]


class Mail(_Section):
    """Who sends, who may receive. The password comes only from the environment."""

    pengirim: str
    balas_ke: str
    domain: tuple[str, ...]
    hari_sebelum: Annotated[int, Field(ge=0, le=365)]
    maks_penerima: Annotated[int, Field(ge=0)]
    """Copies in one run; 0 for twice the addresses of the table `penerima`."""
    per_menit: Annotated[int, Field(ge=0)]
    """Messages a minute; 0 for no limit."""
    operator: str
    """Who is told when a batch fails; "" for `balas_ke`."""
    lampiran: Annotated[tuple[Literal["html", "pdf"], ...], Field(min_length=1)]
    """How the report travels."""

    @field_validator("pengirim", "balas_ke", "operator")
    @classmethod
    def _check_sender(cls, value: str) -> str:
        """Refuse a line break in what becomes a header, and what is no address."""
        address = parseaddr(value)[1]
        if value and (not value.isprintable() or not is_address(address)):
            raise ValueError("alamat")
        return value


class Rekonsiliasi(_Section):
    """Thresholds of match probability: accept, review."""

    batas_terima: Annotated[float, Field(ge=0, le=1)]
    batas_tinjau: Annotated[float, Field(ge=0, le=1)]


class Config(_Section):
    """All settings."""

    paths: Paths
    build: Build
    sources: dict[str, Source]
    forecast: Forecast
    skenario: Skenario
    report: Report
    run: Run
    mail: Mail
    rekonsiliasi: Rekonsiliasi

    @property
    def dapur(self) -> Path:
        """Folder of the register of arrivals and of cleaned rows, on any day."""
        root = self.paths.processed
        return root if self.build.pada is None else root.parents[1]


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `base`, table by table."""
    merged = dict(base)
    for key, value in over.items():
        nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged


def _read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file or say what is wrong with it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise ConfigError(
            f"{path}: cannot be read ({exc.strerror})\n  → name a file: jkn --config …"
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise ConfigError(tell_broken(path, exc)) from exc


def tell_broken(path: Path | str, exc: Exception) -> str:
    """Say where a file is no TOML, without the words of the library that found it."""
    found = re.search(r"at line (\d+), column (\d+)", str(exc))
    spot = f"line {found[1]}, column {found[2]}" if found else "to its end"
    return f"{path}: not valid TOML: {spot}\n  → mend it, or move the file away"


def read_config(path: Path | None = None, *, root: Path | None = None) -> Config:
    """Read the settings, the defaults overridden by `path`.

    Parameters
    ----------
    path
        A TOML file; if None the one that ``JKN_CONFIG`` names (the command line sets
        it, so that notebooks it starts read the same settings), else ``jkn.toml`` in
        the folder where there is one, else the defaults alone.
    root
        Folder that relative paths start from; the working directory if None.

    Raises
    ------
    ConfigError
        Names every unknown or wrong key with its path.
    """
    text = resources.files("jkn_analysis").joinpath("defaults.toml").read_text("utf-8")
    settings = tomllib.loads(text)
    if path is None and os.environ.get(CONFIG_VARIABLE):
        path = Path(os.environ[CONFIG_VARIABLE])
    base = (root or Path.cwd()).resolve()
    if path is None and (base / SETTINGS).exists():
        path = base / SETTINGS
    if path is not None:
        settings = _merge(settings, _read_toml(path))
    try:
        config = Config.model_validate(settings)
    except ValidationError as exc:
        told = settings.get("report")
        chosen = told.get("bahasa") if isinstance(told, dict) else ""
        bahasa = chosen if chosen in BAHASA else "id"
        lines = [_tell(error, bahasa) for error in exc.errors()]
        raise refuse_settings(str(path or "defaults.toml"), lines, bahasa) from exc
    absolute = {name: base / value for name, value in config.paths.model_dump().items()}
    _refuse_paths(absolute, base)
    config = config.model_copy(update={"paths": Paths(**absolute)})
    pada = os.environ.get(PADA_VARIABLE)
    return config if not pada else look_back(config, pada)


_KINDS = {
    "extra_forbidden": "asing", "literal_error": "pilihan",
    "greater_than_equal": "terkecil", "less_than_equal": "terbesar",
    "too_short": "kosong", "tuple_type": "daftar", "model_type": "bagian",
    "dict_type": "bagian", "string_type": "teks", "path_type": "teks",
}  # fmt: skip
"""What pydantic calls a fault to our text of it, where its first word is not enough."""
_FAMILIES = {"int": "bulat", "float": "angka", "date": "tanggal"}


def _tell(error: Mapping[str, Any], bahasa: str) -> str:
    """Say one fault of a setting, with its place and its remedy."""
    kind, loc, given = error["type"], error["loc"], error["input"]
    context = error.get("ctx", {})
    key = _KINDS.get(kind, _FAMILIES.get(kind.split("_")[0], "lain"))
    values = {"nilai": repr(given)[:60], **context}
    values["expected"] = str(context.get("expected")).replace(" or ", ", ")
    if kind == "value_error":
        key = str(context["error"])
    said = read_catalogue(bahasa).say(f"pengaturan.{key}", values)
    near = suggest(str(loc[-1]), _keys_beside(loc), bahasa) if key == "asing" else ""
    return f"{'.'.join(map(str, loc))}: {said}{near}"


def _keys_beside(loc: tuple[int | str, ...]) -> Iterable[str]:
    """Name the settings of the section that a place lies in."""
    section: type[BaseModel] = Source if loc[0] == "sources" else Config
    for part in loc[:-1]:
        field = section.model_fields.get(str(part))
        if field is not None and isinstance(field.annotation, type):
            section = field.annotation
    return section.model_fields


def suggest(text: str, known: Iterable[str], bahasa: str) -> str:
    """Return the sentence that names what a misspelt name is likest, "" for none."""
    names = list(known)
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    key = "mungkin" if near else "dikenal"
    nama = ", ".join(near or names)
    return " " + read_catalogue(bahasa).say(f"pengaturan.{key}", {"nama": nama})


def refuse_settings(where: str, lines: Iterable[str], bahasa: str) -> ConfigError:
    """Make the one error of settings: all that is wrong with them, then what to do."""
    texts = read_catalogue(bahasa)
    head = texts.say("pengaturan.kepala", {"berkas": where})
    told = [head, *(f"  {line}" for line in lines)]
    return ConfigError("\n".join([*told, f"  → {texts.say('pengaturan.langkah')}"]))


def _refuse_paths(paths: Mapping[str, Path], base: Path) -> None:
    """Refuse folders to write in that hold the project, its deliveries or each other.

    What is written there is also swept there.
    """
    written = ("processed", "reports")
    # one that holds the project meets the others too: it is the one to name
    for name in sorted(written, key=lambda name: len(paths[name].parts)):
        place = paths[name]
        others = [paths[other] for other in paths if other != name]
        holds = place in {base, *base.parents}
        meets = any(
            place == one or place in one.parents or one in place.parents
            for one in others
        )
        if holds or meets:
            raise ConfigError(
                f"paths.{name} = {place}: holds, or lies in, another folder of the "
                "project\n  → give it a folder of its own, such as "
                f"{'data/' if name == 'processed' else ''}{name}"
            )


def look_back(config: Config, pada: str) -> Config:
    """Turn the settings to the folders of what was known on a day.

    Raises
    ------
    ConfigError
        If `pada` is no day as ``2025-12-10``.
    """
    try:
        day = dt.date.fromisoformat(pada)
    except ValueError as exc:
        raise ConfigError(
            f"--as-of {pada}: not a day\n  → write it as 2025-12-10"
        ) from exc
    paths = config.paths
    part = Path("pada", day.isoformat())
    places = {"processed": paths.processed / part, "reports": paths.reports / part}
    return config.model_copy(
        update={
            "paths": paths.model_copy(update=places),
            "build": config.build.model_copy(update={"pada": day}),
        }
    )


def require_project(config: Config) -> None:
    """Refuse a folder that is no project, before anything is written into it.

    Raises
    ------
    StoreError
        If it has neither deliveries nor settings nor stored tables.
    """
    paths = config.paths
    named = os.environ.get(CONFIG_VARIABLE)
    if named or paths.raw.is_dir() or paths.processed.is_dir():
        return
    here = find_root()
    if not (here / SETTINGS).is_file():
        raise StoreError(
            f"{here}: no project here\n"
            "  → go to the folder of one, or make one: jkn init"
        )


def find_root(start: Path | None = None) -> Path:
    """Find the project folder: the nearest ancestor with ``data/raw`` or settings.

    It is here where there is none. Notebooks run from ``notebooks/`` and from the top
    folder; both find the same.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "data" / "raw").is_dir() or (folder / SETTINGS).is_file():
            return folder
    return here
