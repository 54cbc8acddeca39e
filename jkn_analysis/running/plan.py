"""The plan: which reports, from which inputs, and why each would run or not."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import RunError, StoreError
from jkn_analysis.running.archive import is_behind
from jkn_analysis.running.kernel import STOCK_KERNEL, WARM_KERNEL, can_fork
from jkn_analysis.running.ledger import ledger_path, read_last_outcomes
from jkn_analysis.running.manifest import (
    SUFFIX,
    compare_inputs,
    find_changed_outputs,
    hash_values,
    read_report_manifest,
)
from jkn_analysis.running.notebook import hash_notebook, read_notebook
from jkn_analysis.running.parameters import read_parameters, validate_parameters
from jkn_analysis.running.report import PAGE, Job, Limits
from jkn_analysis.running.slices import read_slices, select_slices
from jkn_analysis.store import list_refused
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jkn_analysis.config import Config
    from jkn_analysis.store import Refused

NOTEBOOK_OF = {
    "nasional": "briefing_nasional.ipynb",
    "provinsi": "briefing_provinsi.ipynb",
    "kabupaten": "briefing_kabupaten.ipynb",
}
"""Level of a region to its notebook; a level without its notebook has no reports."""

UPSTREAM = ("cli", "delivery", "sample", "__pycache__")
"""Parts of the package that no report runs."""

PACKAGES = (
    "babel",
    "ipykernel",
    "ipython",
    "jinja2",
    "matplotlib",
    "matplotlib-inline",
    "nbclient",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "pillow",
    "pyarrow",
    "scipy",
    "seaborn",
    "statsmodels",
)
"""Packages whose version may change a page."""

SETTINGS = ("build", "forecast", "report")
"""Sections of the settings that may change a page."""


@dataclass(frozen=True)
class Choice:
    """What the caller asks for."""

    periode: str
    kode: tuple[str, ...] | None = None
    """Regions; None for all with data."""
    bahasa: str = "id"
    only_failed: bool = False
    forced: bool = False
    stock: bool = False


@dataclass(frozen=True)
class Planned:
    """One report and the reasons to make it; without reasons it is up to date."""

    job: Job
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Code:
    """Hashes of everything but data and parameters."""

    library: str
    template: str
    versions: dict[str, str]
    settings: dict[str, str]
    notebooks: dict[str, str] = field(default_factory=dict)
    deliveries: str = ""
    """What a page says of the deliveries: file names, whether they are samples."""


def find_level(kode: str) -> str:
    """Return ``nasional``, ``provinsi`` or ``kabupaten``."""
    if kode == NASIONAL:
        return "nasional"
    return "kabupaten" if "." in kode else "provinsi"


def find_last_periode(root: Path) -> str:
    """Return the last month with participants, as ``2025-11``.

    Raises
    ------
    StoreError
        If nothing was built.
    """
    from jkn_analysis.store import open_generation

    cutoff = open_generation(root).cutoff
    if cutoff is None:
        raise StoreError(
            f"{root}: table 'kepesertaan' is not built\n  → run: jkn build"
        )
    return cutoff


def list_stored_regions(root: Path) -> list[str]:
    """List the regions with participants, with their provinces and the country."""
    from jkn_analysis.store import open_generation

    generation = open_generation(root)
    known = "kepesertaan" in generation.tables
    own = generation.digests("kepesertaan") if known else {}
    return list_regions({"kepesertaan": own})


def list_regions(slices: Mapping[str, Mapping[str, str]]) -> list[str]:
    """List the regions with participants, with their provinces and the country."""
    own = {kode for kode in slices.get("kepesertaan", {}) if "." in kode}
    if not own:
        raise StoreError("table 'kepesertaan' is not built\n  → run: jkn build")
    return sorted({NASIONAL, *(kode[:2] for kode in own), *own})


def hash_code(config: Config, *, cutoff: str | None = None) -> Code:
    """Hash the library, the template, the packages, the settings and the deliveries.

    The deliveries are those of the data month `cutoff`, the newest if None.
    """
    package = Path(__file__).resolve().parents[1]
    templates = package / "reporting" / "templates"
    sources = [
        path
        for path in package.rglob("*")
        if path.is_file() and not set(path.relative_to(package).parts) & {*UPSTREAM}
    ]
    settings = config.model_dump(mode="json", include=set(SETTINGS))
    return Code(
        library=_hash_files(
            (p for p in sources if templates not in p.parents), package
        ),
        template=_hash_files((p for p in sources if templates in p.parents), package),
        versions=_list_versions(),
        settings={name: hash_values(values) for name, values in settings.items()},
        notebooks={
            level: hash_notebook(config.paths.notebooks / name)
            for level, name in NOTEBOOK_OF.items()
            if (config.paths.notebooks / name).is_file()
        },
        deliveries=_hash_deliveries(config.paths.processed, cutoff),
    )


def _hash_deliveries(root: Path, cutoff: str | None) -> str:
    """Hash what the manifest of the build tells a page, its digests apart.

    What is in the files reaches a page through the tables, region by region.
    """
    from jkn_analysis.store import read_manifest

    told = read_manifest(root, cutoff=cutoff)
    files = {
        name: [file["file"] for file in entries]
        for name, entries in told.get("kiriman", {}).items()
    }
    return hash_values([told["contoh"], files])


def _hash_files(paths: Iterable[Path], base: Path) -> str:
    """Hash names and bytes of files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        name = path.relative_to(base).as_posix()
        digest.update(
            f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def _list_versions() -> dict[str, str]:
    """Return the installed versions of `PACKAGES` and of Python."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def build_plan(choice: Choice, config: Config) -> list[Planned]:
    """Decide for every report asked for whether it would run, and why.

    Returns
    -------
    list of Planned
        The country, provinces, then kabupaten/kota, each in the order of codes.

    Raises
    ------
    StoreError
        If nothing was built.
    RunError
        If there is no notebook for any region asked for, or a parameter does not
        fit its notebook.
    """
    slices = read_slices(config.paths.processed, cutoff=choice.periode)
    refused = list_refused(config.paths.processed, cutoff=choice.periode)
    code = hash_code(config, cutoff=choice.periode)
    known = list_regions(slices)
    _require_data(choice, known, newest=find_last_periode(config.paths.processed))
    asked = choice.kode or tuple(known)
    regions = [kode for kode in asked if find_level(kode) in code.notebooks]
    _require_notebooks(asked, regions, config)
    folder = config.paths.reports / choice.periode
    last = read_last_outcomes(ledger_path(config.paths.reports, choice.periode))
    declared = {
        level: read_parameters(
            read_notebook(config.paths.notebooks / NOTEBOOK_OF[level])
        )
        for level in code.notebooks
    }
    planned = []
    for kode in sorted(regions, key=lambda kode: ("." in kode, kode)):
        job = _build_job(kode, choice, config, declared[find_level(kode)])
        inputs = _build_inputs(job, code, select_slices(slices, kode), refused)
        job = Job(**{**job.__dict__, "inputs": inputs})
        failed = not last.get(job.stem, {"ok": True})["ok"]
        if choice.only_failed and not failed:
            continue
        reasons = find_reasons(job, folder=folder, failed=failed)
        if choice.forced:
            reasons = (*reasons, "asked for")
        planned.append(Planned(job, reasons))
    return planned


def _require_data(choice: Choice, known: Sequence[str], *, newest: str) -> None:
    """Refuse a month after the data and regions that sent nothing.

    Raises
    ------
    RunError
        A page of nothing would be asked nothing and say nothing.
    """
    if choice.periode > newest:
        raise RunError(
            f"{choice.periode}: no data of this month yet (the newest: {newest})\n"
            f"  → put its deliveries into data/raw, or --periode {newest}"
        )
    silent = sorted(set(choice.kode or ()) - set(known))
    if silent:
        raise RunError(
            f"{', '.join(silent)}: sent no participants, so there is no page to make\n"
            "  → put its kepesertaan into data/raw, or choose a region with data: "
            "jkn plan"
        )


def _require_notebooks(
    asked: tuple[str, ...], regions: list[str], config: Config
) -> None:
    """Refuse a choice of regions none of which has a notebook."""
    if regions:
        return
    names = sorted({NOTEBOOK_OF[find_level(kode)] for kode in asked})
    raise RunError(
        f"{config.paths.notebooks}: no notebook for what was asked "
        f"({', '.join(names)})\n  → add it, or choose kabupaten/kota"
    )


def _build_job(
    kode: str, choice: Choice, config: Config, declared: dict[str, Any]
) -> Job:
    """Build a job without its inputs."""
    given = {"kode": kode, "periode": choice.periode, "bahasa": choice.bahasa}
    return Job(
        kode=kode,
        periode=choice.periode,
        notebook=str(config.paths.notebooks / NOTEBOOK_OF[find_level(kode)]),
        parameters=validate_parameters(given, declared=declared),
        root=str(config.paths.notebooks.parent),
        folder=str(config.paths.reports / choice.periode),
        processed=str(config.paths.processed),
        kernel=STOCK_KERNEL if choice.stock or not can_fork() else WARM_KERNEL,
        limits=Limits(
            cell_timeout_s=config.run.cell_timeout_s,
            report_timeout_s=config.run.report_timeout_s,
            memory_mb=config.run.memory_mb,
        ),
    )


def _build_inputs(
    job: Job, code: Code, data: dict[str, str], refused: Sequence[Refused]
) -> dict[str, Any]:
    """Return everything a report depends on."""
    own = [asdict(one) for one in refused if one.touches(job.kode)]
    return {
        "deliveries": code.deliveries,
        "refused": hash_values(own),
        "notebook": code.notebooks[find_level(job.kode)],
        "library": code.library,
        "template": code.template,
        "versions": code.versions,
        "settings": code.settings,
        "parameters": job.parameters,
        "data": data,
    }


def find_reasons(job: Job, *, folder: Path, failed: bool) -> tuple[str, ...]:
    """Return why a report must be made; nothing if it is up to date."""
    told = read_report_manifest(folder, job.stem)
    if told is None:
        return ("failed before" if failed else "new",)
    reasons = compare_inputs(job.inputs, told["inputs"])
    if failed:
        reasons.append("failed before")
    if is_behind(folder, job.stem, told):
        reasons.append("another version was issued since")
    changed = find_changed_outputs(folder, told["outputs"])
    if changed:
        reasons.append(f"output missing or changed: {', '.join(changed)}")
    return tuple(reasons)


def verify_report(report: Path, config: Config) -> list[str]:
    """Recompute what a report depends on; list what differs from its manifest.

    Parameters
    ----------
    report
        The page or its manifest.

    Raises
    ------
    RunError
        If the report has no manifest.
    """
    stem = report.name.removesuffix(SUFFIX).removesuffix(".html").removesuffix(PAGE)
    told = read_report_manifest(report.parent, stem)
    if told is None or not isinstance(told["inputs"].get("parameters"), dict):
        raise RunError(
            f"{report.parent / stem}{SUFFIX}: no manifest that can be read\n"
            "  → make the report: jkn run"
        )
    parameters = told["inputs"]["parameters"]
    choice = Choice(
        parameters["periode"], (parameters["kode"],), bahasa=parameters["bahasa"]
    )
    job = build_plan(choice, config)[0].job
    own_key = hash_values(told["inputs"]) == told["key"]
    return [
        *([] if own_key else ["the manifest's key is not the hash of its inputs"]),
        *compare_inputs(job.inputs, told["inputs"]),
        *(
            f"output missing or changed: {name}"
            for name in find_changed_outputs(report.parent, told["outputs"])
        ),
    ]
