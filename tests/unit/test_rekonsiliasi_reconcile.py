"""A whole reconciliation: counts that may leave, work lists, and no leak on a crash."""

from __future__ import annotations

import datetime as dt
import secrets
import tempfile
import traceback
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pyrage
import pytest
from click.testing import CliRunner

from benchmarks.privacy import attack, judge, make_counts
from jkn_analysis import store
from jkn_analysis.cli import app
from jkn_analysis.errors import InputError, PrivacyError
from jkn_analysis.rekonsiliasi import reconcile as module
from jkn_analysis.rekonsiliasi.pseudonym import ENVIRONMENT, build_key
from jkn_analysis.rekonsiliasi.publish import (
    build_selisih,
    build_trend,
    merge_counts,
)
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.rekonsiliasi.reconcile import (
    Order,
    reconcile,
)
from jkn_analysis.rekonsiliasi.scan import scan_paths
from jkn_analysis.rekonsiliasi.worklists import parse_recipient, render_csv
from jkn_analysis.reporting.figures_registers import (
    build_flow,
    list_kecamatan,
    list_repairs,
    plot_kecamatan,
    read_differences,
)
from jkn_analysis.tables import check, conform
from jkn_analysis.wilayah import list_wilayah
from jkn_sample.registers import PADA, write_registers

SECRET = secrets.token_hex(32)
KEY = build_key(SECRET)
OFFICE = pyrage.x25519.Identity.generate()
POPULATION = {"82.71": 2_000, "82.03": 1_500}


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("register")
    bpjs, dukcapil, dtsen, _ = write_registers(folder, n=3_000, seed=6)
    return {"bpjs": bpjs, "dukcapil": dukcapil, "dtsen": dtsen}


def clear_values(registers) -> set[str]:
    frame = pd.read_parquet(registers["dukcapil"])
    return {*frame["nik"][frame["nik"].str.len() == 16], *frame["no_kk"]}


@pytest.fixture(scope="module")
def run(registers, tmp_path_factory):
    """Reconcile in a temporary folder of its own, with a list for one office."""
    base = tmp_path_factory.mktemp("run")
    lists = base / "daftar"
    recipients = {"BPJS Kesehatan": str(OFFICE.to_public())}
    order = Order(registers, PADA, recipients=recipients, worklists=lists)
    return reconcile(order, key=KEY)


def test_every_row_of_every_register_is_counted_once(run):
    total = run.counts.groupby("register")["jumlah"].sum().to_dict()
    assert total == run.rows
    assert set(run.counts["alasan"]) <= {*ALASAN, "cocok"}


def test_linkage_finds_most_members_whose_nik_is_wrong(run):
    sums = run.counts.groupby("alasan")["jumlah"].sum()
    still = sums.reindex(["nik_kosong", "nik_tidak_sah"]).sum()
    assert run.linked == sums["nik_diperbaiki"] > 10 * still


def test_counts_become_a_valid_table_with_small_ones_hidden(run):
    table = build_selisih(run.counts, periode=PADA, penduduk=POPULATION)
    checked = check(conform(table, "selisih"), "selisih")
    shown = checked["jumlah_jiwa"].dropna()
    inside = checked["kecamatan"].notna()
    assert not shown[inside].between(1, 4).any()
    assert checked["jumlah_jiwa"].isna().any()
    assert checked["periode"].eq("2025-11-01").all()


def test_hidden_counts_cannot_be_computed_back(run):
    bounds = attack(build_selisih(run.counts, periode=PADA))
    hidden = bounds[bounds["hidden"]]
    assert len(hidden)
    assert ((hidden["high"] - hidden["low"]) >= 5).all()


def test_counts_of_kecamatan_are_multiples_of_five_and_add_up_to_their_total(run):
    table = build_selisih(run.counts, periode=PADA)
    inside = table[table["kecamatan"].notna()]
    for name in ("jumlah_jiwa", "nonaktif_jiwa"):
        assert (inside[name].dropna() % 5 == 0).all()
    keys = ["kode", "alasan"]
    sums = inside.groupby(keys)["jumlah_jiwa"].sum(skipna=False).dropna()
    whole = table[table["kecamatan"].isna()].set_index(keys)["jumlah_jiwa"]
    assert len(sums)
    assert ((sums - whole.reindex(sums.index)).abs() <= 4).all()


def counted(alasan: str, jumlah: int, nonaktif: int) -> pd.DataFrame:
    row = {
        "register": ALASAN[alasan].register, "alasan": alasan, "kode": "82.71",
        "kecamatan": "Moti", "jumlah": jumlah, "nonaktif": nonaktif,
    }  # fmt: skip
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    ("alasan", "worth"),
    [
        ("nonaktif_miskin", 0.015),
        ("belum_terdaftar", 0.02),
        ("meninggal", -0.005),
        ("nama_beda", 0.0),
    ],
)
def test_repair_is_worth_points_of_the_population(alasan, worth):
    idle = 0 if alasan == "belum_terdaftar" else 30
    table = build_selisih(counted(alasan, 40, idle), periode=PADA, penduduk=POPULATION)
    whole = table[table["kecamatan"].isna()]
    assert whole["dampak_keaktifan_rate"].tolist() == pytest.approx([worth])
    assert table.loc[table["kecamatan"].notna(), "dampak_keaktifan_rate"].isna().all()


def test_new_counts_replace_those_of_the_same_region_and_month():
    first = build_selisih(counted("nama_beda", 40, 0), periode=dt.date(2025, 8, 1))
    second = build_selisih(counted("nama_beda", 60, 0), periode=dt.date(2025, 11, 1))
    again = build_selisih(counted("nama_beda", 63, 0), periode=dt.date(2025, 11, 1))
    both = merge_counts(merge_counts(first, second), again)
    trend = build_trend(both)
    assert len(both) == 4
    assert trend[["jumlah_jiwa", "sebelumnya_jiwa"]].to_numpy().tolist() == [[63, 40]]
    assert trend["perubahan_jiwa"].tolist() == [23]


@pytest.mark.parametrize(
    ("then", "now", "told"), [(40, 43, 40), (40, 44, 40), (40, 45, 45), (40, 36, 40)]
)
def test_a_total_stays_until_it_moves_by_five(then, now, told):
    first = build_selisih(counted("nama_beda", then, 0), periode=dt.date(2025, 8, 1))
    second = build_selisih(
        counted("nama_beda", now, 0), periode=dt.date(2025, 11, 1), previous=first
    )
    trend = build_trend(merge_counts(first, second))
    assert trend["jumlah_jiwa"].tolist() == [told]
    assert trend["perubahan_jiwa"].tolist() == [told - then]


def test_slow_drift_is_told_once_it_is_no_small_count():
    told, shown = None, []
    for month, jumlah in enumerate([40, 43, 46, 49, 52], start=1):
        fresh = build_selisih(
            counted("nama_beda", jumlah, 0),
            periode=dt.date(2025, month, 1),
            previous=told,
        )
        told = fresh if told is None else merge_counts(told, fresh)
        shown.append(int(fresh.loc[fresh["kecamatan"].isna(), "jumlah_jiwa"].iloc[0]))
    assert shown == [40, 40, 46, 46, 52]


@pytest.mark.parametrize("seed", [0, 1])
def test_two_months_laid_on_each_other_tell_nothing_small(seed):
    found = judge(*make_counts(np.random.default_rng(seed)))
    assert found.hidden > 100
    assert found.true_small > 100
    assert (found.exact, found.narrow, found.shown, found.exact_changes) == (0, 0, 0, 0)


def test_a_work_list_opens_only_with_its_key(run, registers):
    (path,) = run.worklists
    sealed = path.read_bytes()
    assert not any(value.encode() in sealed for value in clear_values(registers))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    opened = pyrage.decrypt(sealed, [OFFICE]).decode("utf-8-sig")
    reasons = {line.split(",")[2] for line in opened.splitlines()[1:]}
    assert reasons <= {
        c for c, a in ALASAN.items() if a.kantor.value == "BPJS Kesehatan"
    }
    assert "nik_diperbaiki" in reasons
    assert path.stat().st_mode & 0o077 == 0


def test_a_formula_in_a_work_list_is_disarmed():
    rows = pd.DataFrame({"nama": ["=1+1", "@x", "ALI"]})
    assert b"'=1+1" in render_csv(rows)
    assert b"'@x" in render_csv(rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [("Kantor Lain=age1x", "no office"), ("Dukcapil=age1x", "not an age recipient")],
)
def test_unfit_recipients_are_refused(text, message):
    with pytest.raises(PrivacyError, match=message):
        parse_recipient(text)


def test_one_register_is_not_enough(registers):
    with pytest.raises(InputError, match="one is not enough"):
        reconcile(Order({"bpjs": registers["bpjs"]}, PADA), key=KEY)


STAGES = ["pseudonymise", "compare", "link", "_recount", "write_worklists"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_crash_in_any_stage_leaves_nothing_personal(
    registers, tmp_path, monkeypatch, stage
):
    seen = []
    real = getattr(module, stage)

    def crash(*given, **named):
        seen.extend(Path(tempfile.gettempdir()).rglob("*"))
        real(*given, **named)
        raise RuntimeError(f"forced in {stage}")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, stage, crash)
    recipients = {"BPJS Kesehatan": str(OFFICE.to_public())}
    order = Order(registers, PADA, recipients=recipients, worklists=tmp_path / "daftar")
    with pytest.raises(RuntimeError, match="forced") as caught:
        reconcile(order, key=KEY)
    text = "".join(traceback.format_exception(caught.value))
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.suffix == ".age" for path in left)
    assert not any(value in text for value in clear_values(registers))
    assert scan_paths([tmp_path]) == []


def test_temporary_files_of_a_run_hold_no_clear_value(registers, tmp_path, monkeypatch):
    found = []

    def look(*given, **named):
        folder = Path(tempfile.gettempdir())
        found.append((scan_paths([folder]), sum(1 for _ in folder.rglob("*.parquet"))))
        assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("jkn-*"))
        return real(*given, **named)

    real = module.link
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "link", look)
    reconcile(Order(registers, PADA), key=KEY)
    assert found[0][0] == []
    assert found[0][1] >= 4
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tree(tmp_path, monkeypatch):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    return tmp_path


def test_the_command_stores_counts_and_prints_no_person(registers, tree):
    root = tree / "data" / "processed"
    store.write_table(list_wilayah(), "wilayah", root=root, contoh=True)
    arguments = ["reconcile", "--pada", "2025-11-30"]
    for name, path in registers.items():
        arguments += [f"--{name}", str(path)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "nik_diperbaiki" in done.output
    assert not any(value in done.output for value in clear_values(registers))
    stored = store.read_table("selisih", root=root)
    assert set(stored["kantor"]) <= {reason.kantor.value for reason in ALASAN.values()}
    assert scan_paths([tree]) == []
    scanned = CliRunner().invoke(app, ["scan"], catch_exceptions=False)
    assert "tidak ada data pribadi" in scanned.output


def test_without_a_key_the_command_stops_before_reading(registers, tree, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, "short")
    arguments = ["reconcile", "--pada", "2025-11-30", "--bpjs", str(registers["bpjs"])]
    arguments += ["--dukcapil", str(registers["dukcapil"])]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, PrivacyError)


def test_the_scan_command_names_the_place_and_never_the_value(tree):
    number = "827103" + "410701" + "0001"
    (tree / "bocor.txt").write_text(f"NIK {number}\n")
    done = CliRunner().invoke(app, ["scan", str(tree)])
    assert isinstance(done.exception, PrivacyError)
    assert "bocor.txt: 1 x nik" in str(done.exception)
    assert number not in str(done.exception)


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    """Store the sample's counts and members."""
    from jkn_sample import build_tables

    root = tmp_path_factory.mktemp("olahan")
    tables = build_tables()
    own = {name: tables[name] for name in ("selisih", "kepesertaan")}
    store.write_tables(own, root=root, contoh=True)
    return root


def test_the_flow_goes_from_registered_to_active(processed):
    flow = build_flow(processed, kode="82.71")
    steps = flow["jiwa"].to_numpy()
    assert steps[0] - steps[1:-1].sum() == steps[-1]
    assert (steps >= 0).all()
    assert np.all(np.diff(flow["mulai"].to_numpy()[1:-1]) <= 0)


def test_a_region_is_taken_as_papermill_or_a_reader_writes_it(processed):
    first, *others = (
        build_flow(processed, kode=k) for k in ("82.71", 82.71, "Ternate")
    )
    assert all(flow.equals(first) for flow in others)


def test_repairs_are_listed_for_readers(processed):
    table = list_repairs(read_differences(processed, kode="82.71"))
    assert table["Nilai perbaikan"].iloc[0].startswith("+")
    assert table["Jiwa"].str.fullmatch(r"[\d.]+|< 5 atau disembunyikan").all()


def test_hidden_kecamatan_say_so(run):
    table = conform(build_selisih(run.counts, periode=PADA), "selisih")
    wide = list_kecamatan(table[table["kode"] == "82.71"], bahasa="en")
    assert (wide == "< 5 or hidden").to_numpy().any()


def test_the_notebook_runs_on_the_sample(processed, top, tmp_path, monkeypatch):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "processed").symlink_to(processed)
    monkeypatch.chdir(tmp_path)
    nb = nbformat.read(top / "notebooks" / "rekonsiliasi.ipynb", as_version=4)
    space: dict[str, object] = {}
    for cell in nb.cells:
        if cell.cell_type == "code":
            assert "import" in cell.source or len(cell.source.splitlines()) <= 6
            exec(cell.source, space)
    assert len(space["alur"]) > 4  # type: ignore[arg-type]


def test_registers_under_raw_are_never_a_delivery(registers, tmp_path):
    from jkn_analysis.cleaning.deliveries import find_deliveries

    write_registers(tmp_path / "data" / "raw" / "register", n=50)
    assert find_deliveries(tmp_path / "data" / "raw") == []


def test_the_heat_map_shows_each_count_and_leaves_hidden_ones_blank():
    month = pd.Timestamp("2025-11-01")
    rows = [
        ("Utara", "meninggal", 40),
        ("Utara", "ganda", None),
        ("Selatan", "ganda", 7),
    ]
    counts = pd.DataFrame(rows, columns=["kecamatan", "alasan", "jumlah_jiwa"])
    counts = counts.assign(periode=month).astype({"jumlah_jiwa": "Int64"})
    axes = plot_kecamatan(counts).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["40", "7"]
    empty = counts.assign(kecamatan=None)
    assert len(plot_kecamatan(empty).axes[0].texts) == 0
