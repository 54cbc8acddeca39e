"""One report by five routes, on the same notebook and regions.

(a) papermill and nbconvert command lines; (b) papermill's API with fresh kernels and
nbconvert in one process; (c1), (c2) ours with one and two workers; (d) a plain
function that makes the same figures and tables without any notebook.

Costs are marginal: two runs of different length, the difference divided by the
difference of reports; the fixed part is told apart. The machine may be slow in one
minute and fast in the next: so (c) and (d) are run in turn, in rounds, a cost is the
median of the rounds, and a ratio to (d) that of the rounds' own ratios.

    python -m benchmarks.batch --json batch.json
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jkn_analysis.briefing.model import Briefing

Costs = dict[str, float]
TOP = Path(__file__).resolve().parents[1]
NOTEBOOK = "briefing_kabupaten.ipynb"
PERIODE = "2025-11"
ALL_REPORTS = 553
LENGTHS = {"a": (0, 2), "b": (1, 4), "c1": (2, 22), "c2": (2, 22), "d": (2, 22)}
ROUNDS = 5
ONCE = ("a", "b")
"""Routes of the first round only: nothing hangs on a tenth of their cost."""
SAMPLE_EVERY_S = 0.2
SHELL = "@judul@"
ROUTES = {
    "a": "papermill + nbconvert command lines",
    "b": "papermill API, fresh kernels",
    "c1": "jkn run, 1 worker",
    "c2": "jkn run, 2 workers",
    "d": "plain function, no notebook",
}


def make_project(root: Path) -> None:
    """Write the sample's tables and forecast below `root`."""
    from jkn_analysis.config import read_config
    from jkn_analysis.store import write_tables
    from jkn_sample import build_tables

    (root / "data/raw").mkdir(parents=True)
    (root / "notebooks").symlink_to(TOP / "notebooks")
    processed = read_config(root=root).paths.processed
    write_tables(build_tables(), root=processed, contoh=True)
    command = [sys.executable, "-m", "jkn_analysis", "forecast"]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)


def choose_regions(root: Path, count: int) -> list[str]:
    """Return the first regions of the sample."""
    from jkn_analysis.store import read_table

    rows = read_table("kepesertaan", root=root / "data/processed", columns=["kode"])
    return sorted(rows["kode"].unique())[:count]


def run_a(root: Path, regions: list[str]) -> None:
    """Run both command lines per region."""
    for kode in regions:
        made = f"a/{kode}.ipynb"
        (root / "a").mkdir(exist_ok=True)
        execute = ["papermill", f"notebooks/{NOTEBOOK}", made, "-k", "python3"]
        given = ["-r", "kode", kode, "-r", "periode", PERIODE, "--no-progress-bar"]
        convert = ["nbconvert", "--to", "html", "--no-input", made]
        for part in ([*execute, *given], convert):
            command = [sys.executable, "-m", *part]
            subprocess.run(command, cwd=root, check=True, stderr=subprocess.DEVNULL)


def run_b(root: Path, regions: list[str]) -> None:
    """Run papermill's API and nbconvert's exporter in this process."""
    import papermill
    from nbconvert import HTMLExporter

    os.chdir(root)
    for kode in regions:
        (root / "b").mkdir(exist_ok=True)
        made = papermill.execute_notebook(
            f"notebooks/{NOTEBOOK}",
            f"b/{kode}.ipynb",
            parameters={"kode": kode, "periode": PERIODE},
            kernel_name="python3",
            progress_bar=False,
        )
        page, _ = HTMLExporter(exclude_input=True).from_notebook_node(made)
        (root / "b" / f"{kode}.html").write_text(page, encoding="utf-8")


def run_c(root: Path, regions: list[str], *, workers: int) -> None:
    """Run our command."""
    chosen = [word for kode in regions for word in ("--wilayah", kode)]
    command = [sys.executable, "-m", "jkn_analysis", "run", "--force", *chosen]
    subprocess.run(
        [*command, "--workers", str(workers)],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def run_d(root: Path, regions: list[str]) -> None:
    """Make the same pages, byte for byte, checked, with manifests: plain calls."""
    from jkn_analysis.briefing import build_briefing
    from jkn_analysis.briefing.page_file import describe_page, write_page
    from jkn_analysis.config import read_config
    from jkn_analysis.reporting.render import refuse_remote
    from jkn_analysis.running.manifest import build_manifest, hash_bytes
    from jkn_analysis.running.report import publish

    before, after = split_shell()
    parts = list_parts()
    for kode in regions:
        config = read_config(root=root)
        briefing = build_briefing(
            kode,
            PERIODE,
            root=config.paths.processed,
            tenggat_bulan=config.forecast.tenggat_bulan,
        )
        title = f"{briefing.nama}: {briefing.periode:%Y-%m}"
        body = "".join(f"{part}\n" for part in draw_pieces(briefing, parts))
        text = f"{before.replace(SHELL, title)}{body}{after}"
        refuse_remote(text)
        files = {
            f"{kode}.html": text.encode(),
            f"{kode}.json": write_page(describe_page(briefing)),
        }
        outputs = {name: hash_bytes(content) for name, content in files.items()}
        inputs = {"kode": kode, "periode": PERIODE}
        told = build_manifest(inputs, outputs=outputs)
        publish({**files, f"{kode}.manifest.json": told}, folder=root / "d")


def draw_pieces(briefing: Briefing, parts: list[str]) -> list[str]:
    """Draw and lay out all pieces of a page, as the notebook's cells do."""
    from jkn_analysis.reporting import pieces

    return [
        pieces.render_head(briefing),
        *(pieces.render_group(briefing, name) for name in parts),
        pieces.render_foot(briefing),
    ]


@cache
def split_shell() -> tuple[str, str]:
    """Return what stands before and after the pieces of every page of the sample."""
    import nbformat

    from jkn_analysis.reporting.render import render_notebook

    empty = nbformat.v4.new_notebook()
    shell = render_notebook(empty, meta={"judul": SHELL, "contoh": True})
    before, mark, after = shell.partition("<main>\n")
    return before + mark, after


def list_parts() -> list[str]:
    """Read from the notebook which groups of parts it shows."""
    cells = json.loads((TOP / "notebooks" / NOTEBOOK).read_text("utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [
        word.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "show_parts"
        for word in call.args
        if isinstance(word, ast.Constant)
    ]


RUNNERS = {
    "a": run_a,
    "b": run_b,
    "c1": lambda root, regions: run_c(root, regions, workers=1),
    "c2": lambda root, regions: run_c(root, regions, workers=2),
    "d": run_d,
}


def read_pss_mb(pid: int) -> float:
    """Sum the proportional memory of a process and its descendants."""
    import psutil

    total = 0.0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            told = Path(f"/proc/{member.pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next(
            (int(x.split()[1]) for x in told.splitlines() if x.startswith("Pss:")), 0
        )
    return total / 1024


def measure(route: str, root: Path, regions: list[str]) -> Costs:
    """Run one route in a process of its own; return CPU, wall and peak memory."""
    command = [sys.executable, "-m", "benchmarks.batch", "--route", route]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = {**os.environ, "PYTHONPATH": str(TOP)}
    process = subprocess.Popen([*command, "--root", str(root), *regions], env=env)
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_EVERY_S):
            peak[0] = max(peak[0], read_pss_mb(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    wall_s = time.perf_counter() - began
    ended.set()
    watcher.join()
    if code:
        sys.exit(f"route {route} failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu_s, "wall_s": wall_s, "pss_mb": peak[0]}


def compare(root: Path, routes: list[str], rounds: int) -> list[dict[str, Costs]]:
    """Measure the routes in turn; return their costs per report, round by round."""
    found = []
    for number in range(rounds):
        chosen = [route for route in routes if number == 0 or route not in ONCE]
        found.append({route: take_margin(route, root) for route in chosen})
    return found


def take_margin(route: str, root: Path) -> Costs:
    """Divide the difference of two runs by their difference of reports."""
    few, many = LENGTHS[route]
    short = measure(route, root, choose_regions(root, few)) if few else {}
    long = measure(route, root, choose_regions(root, many))
    told = {
        key: (long[key] - short.get(key, 0.0)) / (many - few)
        for key in ("cpu_s", "wall_s")
    }
    fixed = {f"fixed_{key}": long[key] - many * told[key] for key in told}
    return {**told, **fixed, "pss_mb": long["pss_mb"]}


def take_medians(found: list[dict[str, Costs]]) -> dict[str, Costs]:
    """Return the median cost of every route, and its ratios to (d) and (a)."""
    told: dict[str, Costs] = {}
    for route in found[0]:
        own = [one for one in found if route in one]
        costs = {key: median(one[route][key] for one in own) for key in own[0][route]}
        if "d" in found[0]:
            ratios = [one[route]["cpu_s"] / one["d"]["cpu_s"] for one in own]
            costs["cpu_over_d"] = median(ratios)
        if "a" in found[0]:
            costs["cpu_over_a"] = costs["cpu_s"] / found[0]["a"]["cpu_s"]
        told[route] = {key: round(value, 3) for key, value in costs.items()}
    return dict(sorted(told.items()))


def print_table(found: dict[str, Costs]) -> None:
    """Print one line per route."""
    head = ("route", "CPU s", "wall s", "x (d)", "x (a)", "PSS MB", "553: wall min")
    print("{:<40}{:>8}{:>8}{:>8}{:>8}{:>8}{:>15}".format(*head))
    for route, told in found.items():
        whole = (told["fixed_wall_s"] + ALL_REPORTS * told["wall_s"]) / 60
        print(
            f"{route:<3} {ROUTES[route]:<36}{told['cpu_s']:>8.2f}{told['wall_s']:>8.2f}"
            f"{told.get('cpu_over_d', 0):>8.2f}{told.get('cpu_over_a', 0):>8.2f}"
            f"{told['pss_mb']:>8.0f}{whole:>15.1f}"
        )


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--routes", default="a,b,c1,d,c2")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--route", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("regions", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.route:
        RUNNERS[given.route](given.root, given.regions)
        return
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder))
        rounds = compare(Path(folder), given.routes.split(","), given.rounds)
    found = take_medians(rounds)
    print_table(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
