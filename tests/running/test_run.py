"""Runs of the command, as an analyst starts it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from jkn_analysis.cli import app
from jkn_analysis.errors import RunError, StoreError
from jkn_analysis.running.kernel import can_fork
from jkn_analysis.running.ledger import append_event, ledger_path
from jkn_analysis.running.pool import Pool, Worker
from jkn_analysis.running.report import Job
from jkn_analysis.running.run import _build_row
from tests.running.project import CELLS, REGIONS, make_project

pytestmark = [
    pytest.mark.skipif(not can_fork(), reason="this system has no safe fork"),
    pytest.mark.xdist_group("warm"),
]

TOP = Path(__file__).resolve().parents[2]
FIGURE = """from jkn_analysis.reporting import tampilkan
from matplotlib.figure import Figure
figure = Figure(figsize=(3, 2))
figure.subplots().plot(rows["aktif_jiwa"])
tampilkan(figure, alt=f"grafik {kode}")"""
FAULTS = {
    "82.01": "while True: pass",
    "82.02": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "82.03": "block = bytearray(3_000_000_000)",
    "82.04": "raise ValueError('angka hilang\\nbaris kedua')",
    "82.05": "import sys; sys.exit()",
    "82.06": "import os; os._exit(3)",
    "82.07": "import sys; sys.exit('tidak ada data')",
    "82.08": "print('baik')",
}
MESSAGES = {
    "82.01": "TimeoutError: the cell took over 3 s (setting run.cell_timeout_s)",
    "82.02": "DeadKernelError: the kernel was ended by SIGKILL",
    "82.03": "MemoryError: ",
    "82.04": "ValueError: angka hilang",
    "82.05": "SystemExit: cells from 4 on were not run",
    "82.06": "DeadKernelError: the kernel ended with exit code 3",
    "82.07": "SystemExit: tidak ada data",
}


def jkn(root, *words, check=True, **environment):
    """Run the command in a project; return what it did."""
    env = {**os.environ, "PYTHONPATH": str(TOP), **environment}
    made = subprocess.run(
        [sys.executable, "-m", "jkn_analysis", "--config", "jkn.toml", *words],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    if check:
        assert made.returncode == 0, made.stderr
    return made


def hash_tree(reports):
    """Hash every file of the reports, the ledger apart."""
    return {
        str(path.relative_to(reports)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(reports.rglob("*"))
        if path.is_file() and ".run" not in path.parts
    }


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return a project after one whole run."""
    root = tmp_path_factory.mktemp("done")
    config = make_project(root, cells=(*CELLS, FIGURE))
    made = jkn(root, "run", "--all")
    return root, config, made


def test_run_makes_every_report_its_manifest_and_the_index(done):
    _, config, made = done
    assert "4 dibuat, 0 sudah mutakhir, 0 gagal" in made.stdout
    folder = config.paths.reports / "2025-11"
    names = {path.name for path in folder.iterdir()}
    expected = {
        f"{kode}{end}" for kode in REGIONS for end in (".html", ".manifest.json")
    }
    assert names == expected | {"index.html", ".notebooks"}
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{kode}.html"' in index for kode in REGIONS)


def test_every_region_has_its_own_picture_and_figures(done):
    _, config, _ = done
    pages = [
        (config.paths.reports / "2025-11" / f"{kode}.html").read_text(encoding="utf-8")
        for kode in REGIONS
    ]
    pictures = {hashlib.sha256(page.encode()).hexdigest() for page in pages}
    assert len(pictures) == len(REGIONS)
    for kode, page in zip(REGIONS, pages, strict=True):
        assert f"grafik {kode}" in page
        assert not any(f"grafik {other}" in page for other in {*REGIONS} - {kode})


def test_second_run_makes_nothing_and_starts_no_kernel(done):
    root, config, _ = done
    before = hash_tree(config.paths.reports)
    began = time.monotonic()
    made = jkn(root, "run", "--all")
    assert "0 dibuat, 4 sudah mutakhir" in made.stdout
    assert time.monotonic() - began < 30
    assert hash_tree(config.paths.reports) == before
    assert "0 laporan akan dibuat, 4 sudah mutakhir" in jkn(root, "plan").stdout


def test_kept_notebook_tells_no_time_and_no_path(done):
    root, config, _ = done
    for kode in REGIONS:
        path = config.paths.reports / "2025-11" / ".notebooks" / f"{kode}.ipynb"
        text = path.read_text(encoding="utf-8")
        assert str(root) not in text
        assert "start_time" not in text
        assert "papermill" not in json.loads(text)["metadata"]


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (
            ["--workers", "1"],
            {"PYTHONHASHSEED": "7", "TZ": "Asia/Jayapura", "LC_ALL": "C"},
        ),
        (["--dingin"], {"PYTHONHASHSEED": "11", "LC_ALL": "C.UTF-8"}),
    ],
)
def test_other_folder_workers_kernels_and_seeds_give_the_same_bytes(
    done, tmp_path, words, environment
):
    _, config, _ = done
    other = make_project(tmp_path, cells=(*CELLS, FIGURE))
    jkn(tmp_path, "run", *words, **environment)
    assert hash_tree(other.paths.reports) == hash_tree(config.paths.reports)


def test_clock_does_not_change_a_report(done, tmp_path):
    _, config, _ = done
    other = make_project(tmp_path, cells=(*CELLS, FIGURE))
    (tmp_path / "sitecustomize.py").write_text(
        "import time\nreal = time.time\ntime.time = lambda: real() + 3e8\n"
    )
    jkn(tmp_path, "run", "--wilayah", "Kota Ternate", PYTHONPATH=f"{tmp_path}:{TOP}")
    page = Path("2025-11/82.71.html")
    made = (other.paths.reports / page).read_bytes()
    assert made == (config.paths.reports / page).read_bytes()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """Return a project whose notebook fails in another way for each region."""
    root = tmp_path_factory.mktemp("faulty")
    cells = (f"faults = {FAULTS!r}\nexec(faults[kode])", "print('sampai akhir')")
    settings = "[run]\ncell_timeout_s = 3\nmemory_mb = 400\n"
    config = make_project(root, regions=tuple(FAULTS), cells=cells, settings=settings)
    began = time.monotonic()
    made = jkn(root, "run", check=False)
    return root, config, made, time.monotonic() - began


def test_one_failing_region_stops_no_other(faulty):
    _, config, made, seconds = faulty
    assert made.returncode == 10
    assert "1 dibuat, 0 sudah mutakhir, 7 gagal" in made.stdout
    assert "7 dari 8 laporan gagal" in made.stderr
    assert "jkn run --failed" in made.stderr
    pages = list((config.paths.reports / "2025-11").glob("82.*.html"))
    assert [page.name for page in pages] == ["82.08.html"]
    assert seconds < 60


@pytest.mark.parametrize("kode", MESSAGES)
def test_failure_is_told_with_cell_first_line_and_notebook(faulty, kode):
    _, config, made, _ = faulty
    assert f"  {kode}: sel 3, {MESSAGES[kode]}\n" in made.stderr
    notebook = config.paths.reports / "2025-11" / ".notebooks" / f"{kode}.ipynb"
    assert f"notebook yang dijalankan: {notebook}\n" in made.stderr
    assert notebook.is_file()
    assert "baris kedua" not in made.stderr


def test_status_lists_the_failures(faulty):
    root, _, _, _ = faulty
    told = jkn(root, "status").stdout
    assert "1 dibuat, 7 gagal, 0 tersisa" in told
    assert "  82.04: sel 3, ValueError: angka hilang" in told


def test_index_says_which_report_is_missing_and_why(faulty):
    _, config, _, _ = faulty
    index = (config.paths.reports / "2025-11/index.html").read_text(encoding="utf-8")
    assert "ValueError: angka hilang" in index
    assert 'href="82.04.html"' not in index


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff{}"])
def test_the_index_names_a_page_object_that_is_damaged(tmp_path, content):
    (tmp_path / "82.71.json").write_bytes(content)
    row = _build_row(tmp_path, "82.71", "")
    assert row.kode == "82.71"
    assert row.kesalahan.startswith("halaman rusak")


def test_failed_ones_alone_are_repeated(faulty):
    root, config, _, _ = faulty
    path = config.paths.notebooks / "briefing_kabupaten.ipynb"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["cells"][1]["source"] = "print('semua baik')"
    path.write_text(json.dumps(told), encoding="utf-8")
    made = jkn(root, "run", "--failed")
    assert "7 dibuat, 0 sudah mutakhir, 0 gagal" in made.stdout
    assert "jkn run --failed" not in made.stderr
    assert "0 dibuat" in jkn(root, "run", "--failed").stdout


def start(root, *words):
    """Start the command in a session of its own, as a terminal would.

    A runner in the background hands down an ignored SIGINT; ``env`` puts it back.
    """
    command = [sys.executable, "-m", "jkn_analysis", "--config", "jkn.toml", *words]
    return subprocess.Popen(
        ["env", "--default-signal=INT", *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=60):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_two_runs_at_once_one_works_and_one_says_who(tmp_path):
    config = make_project(tmp_path, cells=(*CELLS, "import time; time.sleep(3)"))
    first = start(tmp_path, "run", "--workers", "2")
    note = config.paths.processed / ".kunci.oleh"
    wait_for(lambda: note.is_file() and "pid" in note.read_text())
    second = jkn(tmp_path, "run", check=False)
    assert second.returncode == 11
    assert f"sedang dipakai jkn run, pid {first.pid} di " in second.stderr
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    assert "4 dibuat" in out


def interrupt(root, folder, *, made=1):
    """Start a run, press ctrl-C once so many reports are made."""
    run = start(root, "run", "--workers", "1")
    wait_for(lambda: len(list(folder.glob("*.manifest.json"))) >= made)
    time.sleep(0 if made else 1.5)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    return run, err


def test_ctrl_c_stops_cleanly_and_the_same_command_continues(done, tmp_path):
    _, reference, _ = done
    config = make_project(tmp_path, cells=(*CELLS, FIGURE))
    run, err = interrupt(tmp_path, config.paths.reports / "2025-11")
    if run.returncode == 0:
        shutil.rmtree(config.paths.reports)
        run, err = interrupt(tmp_path, config.paths.reports / "2025-11", made=0)
    assert run.returncode == 10
    assert "laporan belum dibuat\n  → perintah yang sama melanjutkan" in err
    assert "Traceback" not in err
    jkn(tmp_path, "run")
    assert hash_tree(config.paths.reports) == hash_tree(reference.paths.reports)


MOMENTS = ((0, 0.5), (0, 2.0), (1, 0.0), (2, 0.3), (3, 0.1))
"""Reports made, and seconds after that, at which a run is killed."""


def test_run_killed_again_and_again_is_resumed_to_the_same_bytes(done, tmp_path):
    _, reference, _ = done
    config = make_project(tmp_path, cells=(*CELLS, FIGURE))
    folder = config.paths.reports / "2025-11"
    for count, seconds in MOMENTS:
        run = start(tmp_path, "run", "--workers", "1")
        wait_for(lambda n=count: len(list(folder.glob("*.manifest.json"))) >= n)
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate(timeout=30)
    jkn(tmp_path, "run")
    assert hash_tree(config.paths.reports) == hash_tree(reference.paths.reports)
    assert not list(tmp_path.rglob("*.tmp"))
    wait_for(lambda: not find_orphans(tmp_path), 10)


def find_orphans(root):
    """List the zygotes, workers and kernels that work in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if "zygote" in " ".join(process.cmdline()) and process.cwd() == str(root):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.parametrize("command", ["build", "run", "status", "mail", "bulanan"])
def test_a_foreign_folder_is_said_and_left_as_it_is(tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JKN_CONFIG", raising=False)
    result = CliRunner().invoke(app, [command])
    assert isinstance(result.exception, StoreError)
    assert "no project here\n  → go to the folder of one" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_start_is_one_line(tmp_path):
    make_project(tmp_path)
    broken = tmp_path / "broken" / "papermill"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('rusak')")
    path = os.pathsep.join([str(broken.parent), str(TOP)])
    made = jkn(tmp_path, "run", check=False, PYTHONPATH=path)
    assert made.returncode == 10
    first, remedy = made.stderr.splitlines()
    assert first == (
        "jkn: proses yang menjalankan pekerja berhenti (RuntimeError: rusak)"
    )
    assert "jkn run --cold" in remedy


def test_workers_that_end_at_once_end_the_run_and_not_each_report(monkeypatch):
    job = Job("82.71", "2025-11", "n.ipynb", {}, "", "")
    pool = Pool(2, warm=False)
    monkeypatch.setattr(pool, "_spawn", start_dead)
    with pytest.raises(RunError, match="3 worker processes in a row ended without"):
        list(pool.run([job] * 9))
    assert pool.workers == []


def start_dead():
    """Start a worker that ends before it is given anything."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
    theirs.close()
    return Worker(process, ours)


def test_a_killed_forced_run_is_not_called_done(done):
    root, config, _ = done
    ledger = ledger_path(config.paths.reports, "2025-11")
    kept = ledger.read_bytes()
    append_event(ledger, {"event": "start", "at": "x", "reports": 4})
    told = jkn(root, "status").stdout
    assert "atau terputus: jalankan lagi untuk melanjutkan" in told
    assert "0 dibuat, 0 gagal, 4 tersisa" in told
    jkn(root, "run")
    assert ": selesai" in jkn(root, "status").stdout
    ledger.write_bytes(kept)
