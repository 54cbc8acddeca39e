"""``jkn riwayat`` and ``jkn beda``: the issued versions of a page."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from jkn_analysis.cli.as_json import json_option, tell_json
from jkn_analysis.cli.language import echo
from jkn_analysis.errors import RunError

if TYPE_CHECKING:
    from jkn_analysis.config import Config
    from jkn_analysis.running.archive import Version

_NAMED = re.compile(r"(?:(\d{4}-\d\d)/)?(.+?)(?::(\d+|kini))?")


@click.command("riwayat")
@click.argument("wilayah")
@click.option("--periode", help="Only this month, as 2025-11.")
@click.option("--versi", type=click.IntRange(1), help="Only this version.")
@click.option("--bahasa", type=click.Choice(["id", "en"]), default="id")
@json_option
@click.pass_obj
def riwayat_command(
    config: Config,
    wilayah: str,
    periode: str | None,
    versi: int | None,
    bahasa: str,
    *,
    as_json: bool,
) -> None:
    r"""List the issued versions of a region's pages, and whom they went to.

    \b
    Example:
      jkn riwayat 82.71
      jkn riwayat 82.71 --periode 2025-11 --versi 1
    """
    from jkn_analysis.briefing.words import Words
    from jkn_analysis.cli.run import read_periode
    from jkn_analysis.running.archive import list_issued
    from jkn_analysis.running.revision import read_revision, say_revision

    stem = _stem(wilayah, bahasa)
    month = read_periode(periode)
    found = [
        one
        for one in list_issued(config.paths.reports, stem)
        if month in {None, one.periode} and versi in {None, one.nomor}
    ]
    if not found:
        raise RunError(
            f"{stem}: no issued version\n"
            "  → issue one: jkn run --terbit, or send it: jkn mail --really"
        )
    if as_json:
        tell_json([{**asdict(one), "html": one.path()} for one in found])
        return
    for one in found:
        echo(f"{one.periode} versi {one.nomor}: {one.path()}")
        for event in one.terbit:
            offices = ", ".join(event.get("kepada", []))
            echo(f"  {event['pada']} {event['cara']} {offices}".rstrip())
        told = read_revision(one.path(".json"))
        if told:
            lines = say_revision(told, Words(bahasa))
            echo("\n".join(f"  {line}" for line in lines))


def _stem(wilayah: str, bahasa: str) -> str:
    """Return the name of a region's page."""
    from jkn_analysis.briefing.page_file import page_stem
    from jkn_analysis.wilayah import find_wilayah

    return page_stem(find_wilayah(wilayah).kode, bahasa)


@click.command("beda")
@click.argument("satu")
@click.argument("dua")
@click.option("--bahasa", type=click.Choice(["id", "en"]), default="id")
@click.pass_obj
def beda_command(config: Config, satu: str, dua: str, bahasa: str) -> None:
    r"""Compare two pages figure by figure, named [MONTH/]REGION[:VERSION].

    Without a version, or with :kini, the page of now.

    \b
    Example:
      jkn beda 82.71:1 82.71:2
      jkn beda 2025-10/82.71:1 2025-11/82.71
    """
    from jkn_analysis.running.revision import compare_pages

    pages = [_read_named(config, text, bahasa) for text in (satu, dua)]
    changes = compare_pages(*pages, across=True)
    for one in changes:
        figure = {k: v for k, v in one["figure"].items() if k != "kode"}
        name = ", ".join(str(part) for part in figure.values())
        echo(f"{name}: {one['dari'] or '-'} → {one['ke'] or '-'}")
    echo(f"{len(changes)} figure(s) differ")


def _read_named(config: Config, text: str, bahasa: str) -> dict[str, Any]:
    """Read the page object a name stands for."""
    from jkn_analysis.running.plan import find_last_periode

    named = _NAMED.fullmatch(text)
    if named is None:
        raise RunError(f"{text}: not a page\n  → write it as 2025-11/82.71:1")
    month, region, version = named.groups()
    stem = _stem(region, bahasa)
    month = month or find_last_periode(config.paths.processed)
    if version in {None, "kini"}:
        return _read_present(config, month, stem)
    return _find_version(config, month, stem, int(version)).read_page()


def _read_present(config: Config, month: str, stem: str) -> dict[str, Any]:
    """Read the page object that lies among the reports."""
    from jkn_analysis.store import read_json

    path = config.paths.reports / month / f"{stem}.json"
    return read_json(path, remedy=f"make it: jkn run --month {month}")


def _find_version(config: Config, month: str, stem: str, number: int) -> Version:
    """Find one issued version."""
    from jkn_analysis.running.archive import list_versions

    known = list_versions(config.paths.reports, month, stem)
    for one in known:
        if one.nomor == number:
            return one
    raise RunError(
        f"{month}/{stem}:{number}: no such version ({len(known)} issued)\n"
        f"  → jkn riwayat {stem} lists them"
    )
