"""Redraw time of the exploration boards on a panel of the whole country."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
MOVES = 30


def build_national(folder: Path) -> Path:
    """Write, build and forecast the national sample; return its processed folder."""
    config = folder / "nasional.toml"
    paths = {name: folder / name for name in ("raw", "processed", "reports")}
    lines = "".join(f'{name} = "{path}"\n' for name, path in paths.items())
    config.write_text(f"[paths]\n{lines}", encoding="utf-8")
    jkn = [sys.executable, "-m", "jkn_analysis", "--config", str(config)]
    out = str(paths["raw"] / "nasional")
    for command in (["sample", "--nasional", "--out", out], ["build"], ["forecast"]):
        subprocess.run([*jkn, *command], cwd=TOP, check=True)
    return paths["processed"]


def measure_board(board: object, codes: list[str]) -> list[float]:
    """Move a board from region to region; return seconds a redraw."""
    from jkn_analysis.jelajah.boards import label_wilayah

    taken = []
    for kode in codes:
        board.wilayah.value = label_wilayah(kode)  # type: ignore[attr-defined]
        taken.append(board.detik_gambar)  # type: ignore[attr-defined]
    return taken


def main() -> None:
    """Print median and worst redraw of both boards; argument: a processed folder."""
    from jkn_analysis.jelajah.age import PilihanTunggakan
    from jkn_analysis.jelajah.keaktifan import PapanKeaktifan
    from jkn_analysis.jelajah.tunggakan import PapanTunggakan
    from jkn_analysis.jelajah.views import Pilihan

    with tempfile.TemporaryDirectory() as scratch:
        given = sys.argv[1:]
        root = Path(given[0]) if given else build_national(Path(scratch))
        boards = {
            "keaktifan": PapanKeaktifan(Pilihan("82.71"), root=root),
            "tunggakan": PapanTunggakan(PilihanTunggakan("82.71"), root=root),
        }
        print(f"{'board':12}{'regions':>9}{'moves':>7}{'median s':>10}{'worst s':>9}")
        for name, board in boards.items():
            codes = random.Random(1).sample(board.kode_semua, min(MOVES, 28))
            taken = measure_board(board, codes)
            middle = statistics.median(taken)
            row = f"{name:12}{len(board.kode_semua):9d}{len(taken):7d}"
            print(f"{row}{middle:10.3f}{max(taken):9.3f}")


if __name__ == "__main__":
    main()
