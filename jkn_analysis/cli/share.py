"""`jkn share`: a card for the phone, slides for the room, a text for the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo, translate
from jkn_analysis.errors import RunError

if TYPE_CHECKING:
    from jkn_analysis.config import Config


@click.command("share")
@click.argument("wilayah", nargs=-1)
@click.option("--periode", help="Month as 2025-11. Default: the last with data.")
@click.option("--bahasa", type=click.Choice(["id", "en"]), help="Language.")
@click.pass_obj
def share_command(
    config: Config, wilayah: tuple[str, ...], periode: str | None, bahasa: str | None
) -> None:
    r"""Write card, slides, text and a named copy of the page of some regions.

    Pages that are not up to date are made anew first; nothing is computed here.

    \b
    Examples:
      jkn share "Kota Ternate" Taliabu
      jkn share "Maluku Utara" --periode 2025-11
    """
    from jkn_analysis.briefing.page_file import page_stem
    from jkn_analysis.cli.run import read_month, refresh_reports
    from jkn_analysis.running.report import read_report
    from jkn_analysis.sharing.share import FOLDER, share_page
    from jkn_analysis.wilayah import find_wilayah

    if not wilayah:
        raise click.UsageError(translate('name a region: jkn share "Kota Ternate"'))
    month = read_month(config, periode)
    language = bahasa or config.report.bahasa
    codes = [find_wilayah(name).kode for name in wilayah]
    failed = refresh_reports(config, codes, month, language)
    folder = config.paths.reports / month
    for kode in codes:
        if kode in failed:
            continue
        briefing = read_report(folder, kode, bahasa=language)
        page = folder / f"{page_stem(kode, language)}.html"
        for path in share_page(briefing, page, folder=folder / FOLDER):
            echo(f"{path} ({path.stat().st_size // 1024} KB)")
    if failed:
        shown = "\n".join(f"  {kode}: {why}" for kode, why in failed.items())
        raise RunError(f"{len(failed)} page(s) not made\n{shown}")
