"""``jkn papan``: the boards for offices without Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from jkn_analysis.cli.lab import become
from jkn_analysis.cli.language import echo
from jkn_analysis.config import Config, find_root
from jkn_analysis.errors import ConfigError


@click.command("papan")
@click.argument("wilayah", required=False)
@click.option(
    "--html",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the board of WILAYAH as one offline HTML file into this folder.",
)
@click.option("--layani", is_flag=True, help="Serve the boards on this machine.")
@click.option("--port", default=8866, show_default=True, help="Port on loopback.")
@click.pass_obj
def papan_command(
    config: Config, wilayah: str | None, folder: Path | None, *, layani: bool, port: int
) -> None:
    r"""Give the boards to offices without Python.

    \b
    Example:
      jkn papan "Maluku Utara" --html keluaran
      jkn papan --layani
    """
    if layani:
        _serve(port)
    if wilayah is None or folder is None:
        raise click.UsageError(
            'sebut wilayah dan folder (jkn papan "Maluku Utara" --html keluaran) '
            "atau pakai --layani"
        )
    from jkn_analysis.jelajah.offline import build_board_html
    from jkn_analysis.store import write_text
    from jkn_analysis.wilayah import fix_kode

    path = folder / f"papan-{fix_kode(wilayah)}.html"
    write_text(path, build_board_html(wilayah, root=config.paths.processed))
    echo(f"{path} ({path.stat().st_size // 1024} KB)")


def _serve(port: int) -> NoReturn:
    """Serve the boards through Voila on loopback, behind a token of its own."""
    import importlib.util

    if importlib.util.find_spec("voila") is None:
        raise ConfigError(
            "voila belum terpasang\n  → pip install 'jkn-analysis[papan]'"
        )
    root = find_root()
    command = [
        *(sys.executable, "-m", "voila", str(root / "notebooks")),
        *(f"--port={port}", "--Voila.ip=127.0.0.1", "--token"),
        "--VoilaConfiguration.file_allowlist=[]",
    ]
    become(command)
