"""Where a system lacks resource, fcntl or fork, the same pages come out, only slower.

The modules are shadowed in child processes, so that what is proved is what such a
system runs: an import that fails and a name that is not there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from jkn_analysis.cleaning import read_sheet
from jkn_analysis.cleaning.open import limits, sandbox
from jkn_analysis.errors import ConfigError, HostileInputError
from jkn_analysis.running import kernel
from tests.running.project import make_project
from tests.running.test_run import FIGURE, hash_tree, jkn

pytestmark = pytest.mark.xdist_group("warm")

TOP = Path(__file__).resolve().parents[2]
READ = """
import sys
from jkn_analysis.cleaning import read_sheet
from jkn_analysis.cleaning.open.limits import LIMITED
sheet = read_sheet(sys.argv[1])[0]
print(LIMITED, sheet.frame.to_dict("list"))
"""
HOLD = """
import sys
from pathlib import Path
from jkn_analysis.store import hold_project
with hold_project(Path(sys.argv[1]), holder="jkn run"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hide(folder: Path, *names: str, fork: bool = False) -> Path:
    """Write modules that fail to import, and take os.fork away."""
    folder.mkdir()
    for name in names:
        text = f"raise ImportError('no {name} on this system')\n"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    if fork:
        gone = "import os\ndel os.fork\n"
        (folder / "sitecustomize.py").write_text(gone, encoding="utf-8")
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Environment of a system with none of the three."""
    folder = hide(tmp_path / "tanpa", "resource", "fcntl", fork=True)
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOP}"}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (["Kode", "Jiwa"], ["82.71", 12], ["82.03", 7]):
        book.active.append(row)
    path = tmp_path / "rekap.xlsx"
    book.save(path)
    return path


@pytest.fixture
def fresh_reader(monkeypatch: pytest.MonkeyPatch):
    """A reading process of this test's own environment; ended with it."""
    sandbox.close()
    yield monkeypatch
    sandbox.close()


def python(code: str, *words: str, env: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_the_three_are_truly_hidden(bare):
    for name in ("resource", "fcntl"):
        assert f"no {name} on this" in python(f"import {name}", env=bare).stderr
    assert "no attribute 'fork'" in python("import os; os.fork", env=bare).stderr


def test_a_workbook_is_read_the_same_without_limits(bare, workbook):
    done = python(READ, str(workbook), env=bare)
    same = {"Kode": ["82.71", "82.03"], "Jiwa": ["12", "7"]}
    assert done.stdout.strip() == f"False {same}", done.stderr


def test_no_warm_kernel_without_fork(bare):
    code = "from jkn_analysis.running.kernel import can_fork; print(can_fork())"
    assert python(code, env=bare).stdout.strip() == "False"


def test_the_same_pages_come_out_and_the_slower_way_is_said_once(bare, tmp_path):
    trees = []
    for name, path in (("biasa", str(TOP)), ("tanpa_apa", bare["PYTHONPATH"])):
        root = tmp_path / name
        root.mkdir()
        cells = ("print(kode)", FIGURE.replace('rows["aktif_jiwa"]', "[1, 2, 3]"))
        config = make_project(root, regions=("82.71", "82.03"), cells=cells)
        # a lock file of the system's own kind reads as a held one where there is none
        (config.paths.processed / ".kunci").unlink(missing_ok=True)
        made = jkn(root, "run", "--all", PYTHONPATH=path)
        told = made.stdout.count("tidak dapat membelah proses")
        assert told == (name != "biasa" or not kernel.can_fork())
        trees.append(hash_tree(root / "reports"))
    assert "2025-11/82.71.html" in trees[0]
    pages = [
        {name: digest for name, digest in tree.items() if name.endswith(".html")}
        for tree in trees
    ]
    assert pages[0] == pages[1]


def test_a_tree_of_reports_is_held_by_one_run_without_fcntl(bare, tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLD, str(tmp_path)],
        env=bare,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        second = python(HOLD, str(tmp_path), env=bare)
        assert f"held by jkn run, pid {holder.pid} on " in second.stderr
        holder.stdin.close()
    assert python(HOLD.replace("sys.stdin.read()", ""), str(tmp_path), env=bare).stdout


def test_a_reader_that_cannot_start_says_why(fresh_reader, tmp_path, workbook):
    broken = hide(tmp_path / "rusak", "zipfile")
    fresh_reader.setenv("PYTHONPATH", str(broken))
    with pytest.raises(ConfigError) as caught:
        read_sheet(workbook)
    assert "does not start (ImportError: no zipfile on this system)" in str(
        caught.value
    )
    assert "damaged" not in str(caught.value)


def test_a_reader_that_grows_is_ended_where_no_limit_holds_it(fresh_reader, workbook):
    fresh_reader.setattr(limits, "LIMITED", False)
    fresh_reader.setattr(limits, "MEMORY_BYTES", 1)
    fresh_reader.setattr(sandbox, "WATCH_SECONDS", 0.001)
    with pytest.raises(HostileInputError, match="took too long or too much memory"):
        read_sheet(workbook)


def test_a_reader_that_waits_is_ended(fresh_reader, workbook):
    fresh_reader.setattr(sandbox, "WALL_SECONDS", 0.0)
    fresh_reader.setattr(sandbox, "WATCH_SECONDS", 0.001)
    with pytest.raises(HostileInputError, match="took too long or too much memory"):
        read_sheet(workbook)
