"""``jkn init``: a working folder anywhere: deliveries, notebooks, settings."""

from __future__ import annotations

import shutil
import sysconfig
from importlib import resources
from pathlib import Path

import click

from jkn_analysis.cli.language import echo
from jkn_analysis.config import SETTINGS
from jkn_analysis.errors import InputError
from jkn_analysis.store import write_text

_SHARED = Path("share") / "jkn-analysis" / "notebooks"


def find_notebooks() -> Path:
    """Find the notebooks: those of the checkout, else those of the installed wheel.

    Raises
    ------
    InputError
        If neither is there.
    """
    checkout = Path(__file__).resolve().parents[2] / "notebooks"
    installed = Path(sysconfig.get_path("data")) / _SHARED
    for folder in (checkout, installed):
        if any(folder.glob("briefing_*.ipynb")):
            return folder
    raise InputError(f"{installed}: no notebooks there\n  → install the package anew")


def build_settings() -> str:
    """Return the settings file of a new folder: every default, commented out."""
    text = resources.files("jkn_analysis").joinpath("defaults.toml").read_text("utf-8")
    head = "# Hapus tanda # di depan judul dan baris yang Anda ubah.\n"
    lines = text.splitlines()
    told = [line if not line or line[0] == "#" else f"# {line}" for line in lines[1:]]
    return head + "\n".join(told) + "\n"


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--contoh", is_flag=True, help="With the labelled synthetic deliveries.")
def init_command(folder: Path, *, contoh: bool) -> None:
    r"""Make a working folder: data/raw for deliveries, notebooks, jkn.toml.

    What is there already stays as it is.

    \b
    Examples:
      jkn init meja-kerja
      jkn init meja-kerja --contoh && cd meja-kerja && jkn build
    """
    for name in ("data/raw", "data/processed", "reports", "notebooks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in sorted(find_notebooks().glob("*.ipynb")):
        if not (folder / "notebooks" / path.name).exists():
            shutil.copyfile(path, folder / "notebooks" / path.name)
    if not (folder / SETTINGS).exists():
        write_text(folder / SETTINGS, build_settings())
    if contoh:
        from jkn_sample import SEED, write_deliveries

        write_deliveries(folder / "data" / "raw" / "contoh", seed=SEED)
    echo(f"{folder}: put deliveries into data/raw, then: jkn build")
