"""``jkn sample``: write the labelled synthetic deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo, translate

if TYPE_CHECKING:
    from jkn_analysis.config import Config


@click.command("sample")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the delivery; default: contoh under the folder of raw data.",
)
@click.option("--seed", type=int, help="Start of all chance; default: the committed.")
@click.option(
    "--nasional",
    is_flag=True,
    help="All 514 kabupaten/kota and 60 months as plain text; needs --out.",
)
@click.option(
    "--register",
    "people",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead: registers of N invented persons (BPJS, Dukcapil, Dinsos).",
)
@click.pass_obj
def sample_command(
    config: Config,
    out: Path | None,
    seed: int | None,
    nasional: bool,  # noqa: FBT001 - a flag of the command line
    people: int | None,
) -> None:
    r"""Write the labelled synthetic deliveries (DATA CONTOH).

    \b
    Examples:
      jkn sample
      jkn sample --nasional --out data/raw/nasional
      jkn sample --register 10000 --out data/raw/register
    """
    from jkn_sample import SEED, write_deliveries, write_nasional

    if out is None and (nasional or people):
        raise click.UsageError(translate("--nasional and --register need --out"))
    folder = out or config.paths.raw / "contoh"
    start = SEED if seed is None else seed
    if people:
        from jkn_sample.registers import write_registers

        write_registers(folder, n=people, seed=start)
    elif nasional:
        write_nasional(folder, seed=start)
    else:
        write_deliveries(folder, seed=start)
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    echo(f"{len(files)} files, {size:.1f} MB in {folder} (DATA CONTOH)")
