"""A small made-up project to run: tables of a few regions and any notebook."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import pandas as pd

from jkn_analysis.config import Config, read_config
from jkn_analysis.store import write_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REGIONS = ("82.71", "82.03", "82.72", "81.71")
PARAMETERS = """kode = "82.71"
periode = "2025-11"
rapat = ""
bahasa = "id"
"""
CELLS = (
    "import pandas as pd\n"
    "from jkn_analysis.config import find_root\n"
    "from jkn_analysis.store import read_table\n"
    "rows = read_table('kepesertaan', root=find_root() / 'data/processed', kode=kode)",
    "rows.groupby('periode')['aktif_jiwa'].sum()",
)
FIGURE = "rows.plot(x='periode', y='aktif_jiwa', title=kode);"


def build_notebook(
    cells: Sequence[str] = CELLS, *, parameters: str = PARAMETERS
) -> nbformat.NotebookNode:
    """Build a notebook of code cells after a parameters cell."""
    head = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": spec})
    notebook.cells = [head, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"c{number}"
    return notebook


def build_kepesertaan(regions: Sequence[str] = REGIONS) -> pd.DataFrame:
    """Build half a year of one segmen for each region."""
    months = pd.date_range("2025-06-01", "2025-11-01", freq="MS")
    rows = []
    for kode in regions:
        size = int(hashlib.sha256(kode.encode()).hexdigest()[:4], 16)
        rows += [
            [kode, month, "PBPU", size + 100 + n, size + n]
            for n, month in enumerate(months)
        ]
    names = ["kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"]
    return pd.DataFrame(rows, columns=names)


def build_peristiwa(kode: str = "00") -> pd.DataFrame:
    """Build one event."""
    row = ["p1", pd.Timestamp("2025-06-01"), kode, None, "sk", np.nan, np.nan]
    names = ["id_peristiwa", "tanggal", "kode", "segmen", "jenis"]
    names += ["dampak_jiwa", "dampak_rate", "status", "keterangan", "sumber"]
    return pd.DataFrame([[*row, "pasti", "SK", "contoh"]], columns=names)


def make_project(
    root: Path,
    *,
    regions: Sequence[str] = REGIONS,
    cells: Sequence[str] = CELLS,
    settings: str = "",
) -> Config:
    """Write a project below `root`; return its settings."""
    for part in ("data/raw", "data/processed", "notebooks", "reports"):
        (root / part).mkdir(parents=True, exist_ok=True)
    processed = root / "data/processed"
    write_tables(
        {"kepesertaan": build_kepesertaan(regions), "peristiwa": build_peristiwa()},
        root=processed,
        contoh=True,
    )
    path = root / "notebooks/briefing_kabupaten.ipynb"
    nbformat.write(build_notebook(cells), path)
    (root / "jkn.toml").write_text(settings, encoding="utf-8")
    return read_config(root / "jkn.toml", root=root)
