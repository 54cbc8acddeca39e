"""Issued pages: each kept under its version, with whom it went to and what changed.

``reports/arsip/<month>/<page>/`` holds every issued content under its digest and a
register of issues that is only added to. A page whose content is not the one last
issued carries its revision: what changed, from what to what, and why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import SUFFIX as PAGE
from jkn_analysis.briefing.page_file import split_stem
from jkn_analysis.cleaning.corrections import count_corrections, list_corrections
from jkn_analysis.errors import RunError
from jkn_analysis.running.manifest import SUFFIX, hash_bytes
from jkn_analysis.running.revision import build_revision, lay_revision, read_revision
from jkn_analysis.store import append_lines, read_lines, write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.config import Config

ARCHIVE = "arsip"
REGISTER = "terbit.jsonl"
ENDS = (".html", PAGE, SUFFIX)
NAME_CHARACTERS = 16
FACTS = {"versi": int, "sha256": str, "asal": str, "koreksi": int, "pada": str,
         "cara": str, "kepada": list}  # fmt: skip
"""What a line of the register must say; one without is passed over."""


@dataclass(frozen=True)
class Version:
    """One content of a page that was issued."""

    folder: Path
    periode: str
    stem: str
    nomor: int
    sha256: str
    """Of the HTML."""
    asal: str
    """Digest of the page before its revision was laid into it."""
    koreksi: int
    """Lines of the register of corrections known when it was first issued."""
    terbit: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    """Each issue: ``pada``, ``cara`` (terbit, surat), ``kepada``."""

    def path(self, end: str = ".html") -> Path:
        """Return the file of this version with one ending."""
        return self.folder / f"{self.sha256[:NAME_CHARACTERS]}{end}"

    def read_page(self) -> dict[str, Any]:
        """Read its page object; empty where it has none."""
        try:
            told = json.loads(self.path(PAGE).read_bytes())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


def archive_folder(reports: Path, periode: str, stem: str) -> Path:
    """Return where the issued contents of a page lie."""
    return reports / ARCHIVE / periode / stem


def list_versions(reports: Path, periode: str, stem: str) -> list[Version]:
    """List the issued versions of a page, oldest first."""
    folder = archive_folder(reports, periode, stem)
    events: dict[int, list[dict[str, Any]]] = {}
    for line in read_lines(folder / REGISTER):
        if {name: type(line.get(name)) for name in FACTS} == FACTS:
            events.setdefault(line["versi"], []).append(line)
    return [
        Version(
            folder,
            periode,
            stem,
            number,
            lines[0]["sha256"],
            lines[0]["asal"],
            lines[0]["koreksi"],
            tuple(lines),
        )
        for number, lines in sorted(events.items())
    ]


def list_issued(reports: Path, stem: str) -> list[Version]:
    """List the issued versions of a page in every month, oldest first."""
    months = sorted((reports / ARCHIVE).glob(f"*/{stem}/{REGISTER}"))
    return [
        version
        for path in months
        for version in list_versions(reports, path.parents[1].name, stem)
    ]


def find_last(reports: Path, periode: str, stem: str) -> Version | None:
    """Return the version last issued; None where none was."""
    return next(reversed(list_versions(reports, periode, stem)), None)


def lay_aside(reports: Path, periode: str, stem: str) -> str:
    """Keep the present content of a page, to be issued; return its digest.

    Raises
    ------
    RunError
        If there is no such page.
    """
    base = reports / periode
    try:
        contents = {end: (base / f"{stem}{end}").read_bytes() for end in ENDS[:1]}
    except OSError as exc:
        raise RunError(
            f"{base / stem}.html: no page ({exc.strerror})\n  → make it: jkn run"
        ) from exc
    for end in ENDS[1:]:
        path = base / f"{stem}{end}"
        if path.is_file():
            contents[end] = path.read_bytes()
    digest = hash_bytes(contents[".html"])
    folder = archive_folder(reports, periode, stem)
    for end, content in contents.items():
        path = folder / f"{digest[:NAME_CHARACTERS]}{end}"
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)
    return digest


def find_laid_aside(reports: Path, kode: str, sha256: str) -> tuple[str, str] | None:
    """Find month and page of a content that was laid aside; None if it was not."""
    name = f"{sha256[:NAME_CHARACTERS]}.html"
    for path in sorted((reports / ARCHIVE).glob(f"*/{kode}*/{name}")):
        if split_stem(path.parent.name)[0] == kode:
            return path.parents[1].name, path.parent.name
    return None


def issue(
    config: Config,
    periode: str,
    stem: str,
    *,
    sha256: str | None = None,
    pada: str,
    cara: str,
    kepada: Sequence[str] = (),
) -> Version:
    """Record that a page was issued: as its last version, or as a new one.

    Parameters
    ----------
    config
        Folders.
    periode, stem
        Month and page (``82.71``, ``82.71.en``).
    sha256
        Content that was laid aside; the present page if None.
    pada
        When, as text.
    cara
        How: ``terbit`` or ``surat``.
    kepada
        Whom it went to: offices, never addresses.

    Raises
    ------
    RunError
        If there is no such content.
    """
    reports = config.paths.reports
    digest = sha256 or lay_aside(reports, periode, stem)
    last = find_last(reports, periode, stem)
    folder = archive_folder(reports, periode, stem)
    page = folder / f"{digest[:NAME_CHARACTERS]}.html"
    if not page.is_file():
        raise RunError(f"{page}: the issued content is not there\n  → jkn run --terbit")
    same = [
        one for one in list_versions(reports, periode, stem) if one.sha256 == digest
    ]
    number = same[0].nomor if same else (last.nomor if last else 0) + 1
    told = read_revision(page.with_suffix(PAGE))
    line = {
        "versi": number,
        "sha256": digest,
        "asal": told.get("asal") or digest,
        "koreksi": count_corrections(config.paths.processed),
        "pada": pada,
        "cara": cara,
        "kepada": sorted(kepada),
    }
    append_lines(folder / REGISTER, [line])
    return next(
        one for one in list_versions(reports, periode, stem) if one.nomor == number
    )


def settle_version(
    files: dict[str, bytes], *, folder: Path, processed: Path | None = None
) -> dict[str, bytes]:
    """Give a page that was made anew its version.

    A page never issued stays as it is; one made just as it was last issued is that
    version, byte for byte; any other carries its revision.

    Parameters
    ----------
    files
        Name to content of one page, with its manifest.
    folder
        The period's folder below the reports.
    processed
        The folder of processed tables, for the corrections; none are named if None.
    """
    names = [name for name in files if name.endswith(SUFFIX)]
    if not names:
        return files
    stem = names[0].removesuffix(SUFFIX)
    last = find_last(folder.parent, folder.name, stem)
    html = files.get(f"{stem}.html")
    if last is None or html is None:
        return files
    settled = dict(files)
    if hash_bytes(html) == last.asal:
        for end in ENDS[:2]:
            if last.path(end).is_file():
                settled[f"{stem}{end}"] = last.path(end).read_bytes()
    else:
        page = json.loads(files.get(f"{stem}{PAGE}", b"{}"))
        causes = _list_causes(processed, last)
        told = build_revision(last, page, asal=hash_bytes(html), causes=causes)
        settled |= lay_revision(stem, html, page, told)
    settled[f"{stem}{SUFFIX}"] = _vouch(files[f"{stem}{SUFFIX}"], settled, last)
    return settled


def _list_causes(processed: Path | None, last: Version) -> list[dict[str, Any]]:
    """List what was corrected since a version was issued, up to its month."""
    if processed is None:
        return []
    kode, _ = split_stem(last.stem)
    found: dict[str, dict[str, Any]] = {}
    for one in list_corrections(processed, kode, after=last.koreksi):
        told = {k: v for k, v in one.items() if k not in {"dibuat", "pada"}}
        if str(told.get("kunci", {}).get("periode", "")) <= last.periode:
            same = json.dumps({**told, "baris": None}, sort_keys=True)
            found.setdefault(same, told)
    return list(found.values())


def _vouch(manifest: bytes, files: Mapping[str, bytes], last: Version) -> bytes:
    """Return a page's manifest with the digests of what is written, and its base."""
    told = json.loads(manifest)
    for name in told["outputs"]:
        told["outputs"][name] = hash_bytes(files[name])
    told["terbit"] = last.sha256
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def is_behind(folder: Path, stem: str, told: Mapping[str, Any]) -> bool:
    """Tell whether something else than this page, or its base, was issued last."""
    last = find_last(folder.parent, folder.name, stem)
    if last is None:
        return False
    own = told["outputs"].get(f"{stem}.html")
    return last.sha256 not in {own, told.get("terbit")}
