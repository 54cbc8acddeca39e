"""The plan: a report is made again only if something it depends on changed."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import RunError, StoreError
from jkn_analysis.running.ledger import append_event, ledger_path
from jkn_analysis.running.manifest import build_manifest, hash_bytes
from jkn_analysis.running.plan import (
    Choice,
    build_plan,
    find_last_periode,
    list_stored_regions,
    verify_report,
)
from jkn_analysis.running.slices import find_scope, select_slices
from jkn_analysis.store import (
    list_values,
    open_generation,
    read_table,
    write_table,
)
from jkn_analysis.store.parquet import hash_regions
from tests.running.project import (
    build_kepesertaan,
    build_notebook,
    build_peristiwa,
    make_project,
)

ALL = Choice("2025-11")


@pytest.fixture
def project(tmp_path):
    config = make_project(tmp_path)
    for level in ("provinsi", "nasional"):
        text = (config.paths.notebooks / "briefing_kabupaten.ipynb").read_text()
        (config.paths.notebooks / f"briefing_{level}.ipynb").write_text(text)
    return config


def pretend(config, choice=ALL):
    """Write what a run would leave, without running anything."""
    folder = config.paths.reports / "2025-11"
    folder.mkdir(parents=True, exist_ok=True)
    for planned in build_plan(choice, config):
        job = planned.job
        (folder / f"{job.kode}.html").write_text(job.kode)
        outputs = {f"{job.kode}.html": hash_bytes(job.kode.encode())}
        manifest = build_manifest(job.inputs, outputs=outputs)
        (folder / f"{job.kode}.manifest.json").write_bytes(manifest)
    return folder


def reasons(config, choice=ALL):
    return {
        p.job.kode: list(p.reasons) for p in build_plan(choice, config) if p.reasons
    }


def test_everything_is_new_at_first_country_first(project):
    plan = build_plan(ALL, project)
    codes = ["00", "81", "82", "81.71", "82.03", "82.71", "82.72"]
    assert [p.job.kode for p in plan] == codes
    assert {p.reasons for p in plan} == {("new",)}


def test_nothing_runs_when_nothing_changed(project):
    pretend(project)
    assert reasons(project) == {}


def test_changed_regency_runs_itself_its_province_and_the_country(project):
    pretend(project)
    rows = read_table("kepesertaan", root=project.paths.processed)
    here = (rows["kode"] == "82.71") & (rows["periode"] == "2025-11-01")
    rows["aktif_jiwa"] = rows["aktif_jiwa"].where(~here, 1)
    write_table(rows, "kepesertaan", root=project.paths.processed)
    assert reasons(project) == {
        kode: ["data: kepesertaan"] for kode in ("00", "82", "82.71")
    }


def test_event_of_a_province_runs_its_regions_only(project):
    pretend(project)
    event = build_peristiwa("82").assign(id_peristiwa="p2")
    both = pd.concat([build_peristiwa(), event])
    write_table(both, "peristiwa", root=project.paths.processed)
    assert set(reasons(project)) == {"00", "82", "82.03", "82.71", "82.72"}


def test_table_that_appears_runs_those_it_is_about(project):
    pretend(project)
    names = ["kode", "periode", "fktp", "fkrtl", "dokter", "kendala"]
    row = ["81.71", pd.Timestamp("2025-11-01"), 1, 1, 1, None]
    faskes = pd.DataFrame([row], columns=names)
    write_table(faskes, "faskes", root=project.paths.processed)
    assert set(reasons(project)) == {"00", "81", "81.71"}


def test_order_of_rows_is_no_change(project):
    pretend(project)
    rows = build_kepesertaan().sample(frac=1, random_state=1)
    write_table(rows, "kepesertaan", root=project.paths.processed)
    assert reasons(project) == {}


def test_changed_notebook_runs_its_level(project):
    import nbformat

    pretend(project)
    path = project.paths.notebooks / "briefing_provinsi.ipynb"
    nbformat.write(build_notebook(["2 + 2"]), path)
    assert reasons(project) == {"81": ["notebook"], "82": ["notebook"]}


def test_outputs_in_the_notebook_are_no_change(project):
    pretend(project)
    path = project.paths.notebooks / "briefing_kabupaten.ipynb"
    told = json.loads(path.read_text())
    told["cells"][1]["execution_count"] = 7
    told["metadata"]["language_info"] = {"name": "python"}
    path.write_text(json.dumps(told))
    assert reasons(project) == {}


@pytest.mark.parametrize("part", ["library", "template"])
def test_changed_code_runs_all(project, monkeypatch, part):
    from dataclasses import replace

    from jkn_analysis.running import plan

    pretend(project)
    code = replace(plan.hash_code(project), **{part: "other"})
    monkeypatch.setattr(plan, "hash_code", lambda _config, cutoff: code)
    assert set(map(tuple, reasons(project).values())) == {(part,)}
    assert len(reasons(project)) == 7


def test_changed_package_is_named(project, monkeypatch):
    from jkn_analysis.running import plan

    pretend(project)
    versions = {**plan._list_versions(), "pandas": "0"}
    monkeypatch.setattr(plan, "_list_versions", lambda: versions)
    assert reasons(project)["82.71"] == ["versions: pandas"]


def test_another_language_is_another_report(project):
    pretend(project)
    found = reasons(project, Choice("2025-11", ("82.71",), bahasa="en"))
    assert found == {"82.71": ["new"]}


def test_touched_page_is_made_again(project):
    folder = pretend(project)
    (folder / "82.71.html").write_text("by hand")
    assert reasons(project) == {"82.71": ["output missing or changed: 82.71.html"]}


def test_half_a_manifest_counts_as_none(project):
    folder = pretend(project)
    path = folder / "82.71.manifest.json"
    path.write_bytes(path.read_bytes()[:40])
    assert reasons(project) == {"82.71": ["new"]}


def test_failed_ones_are_tried_again_and_can_be_chosen(project):
    pretend(project)
    ledger = ledger_path(project.paths.reports, "2025-11")
    append_event(ledger, {"event": "report", "kode": "82.71", "ok": False})
    assert reasons(project) == {"82.71": ["failed before"]}
    chosen = build_plan(Choice("2025-11", only_failed=True), project)
    assert [p.job.kode for p in chosen] == ["82.71"]
    append_event(ledger, {"event": "report", "kode": "82.71", "ok": True})
    assert build_plan(Choice("2025-11", only_failed=True), project) == []


def test_force_runs_what_is_up_to_date(project):
    pretend(project)
    found = reasons(project, Choice("2025-11", ("82.71",), forced=True))
    assert found == {"82.71": ["asked for"]}


def test_level_without_notebook_has_no_reports(project):
    (project.paths.notebooks / "briefing_nasional.ipynb").unlink()
    assert "00" not in {p.job.kode for p in build_plan(ALL, project)}
    with pytest.raises(RunError, match=r"no notebook .*briefing_nasional"):
        build_plan(Choice("2025-11", ("00",)), project)


def test_nothing_built_says_what_to_do(tmp_path):
    config = make_project(tmp_path)
    shutil.rmtree(config.paths.processed)
    with pytest.raises(StoreError, match="run: jkn build"):
        find_last_periode(config.paths.processed)
    with pytest.raises(StoreError, match="run: jkn build"):
        build_plan(ALL, config)


def test_last_month_with_data_is_the_default(project):
    assert find_last_periode(project.paths.processed) == "2025-11"
    assert list_stored_regions(project.paths.processed)[:3] == ["00", "81", "81.71"]


def test_verify_finds_what_changed(project):
    folder = pretend(project)
    assert verify_report(folder / "82.71.html", project) == []
    write_table(
        build_kepesertaan(["82.71"]), "kepesertaan", root=project.paths.processed
    )
    assert verify_report(folder / "82.71.manifest.json", project) == []
    (folder / "82.71.html").unlink()
    found = verify_report(folder / "82.71.html", project)
    assert found == ["output missing or changed: 82.71.html"]
    with pytest.raises(RunError, match=r"82\.74\.manifest\.json: no manifest"):
        verify_report(folder / "82.74.html", project)


def test_manifest_told_wrong_is_found(project):
    folder = pretend(project)
    path = folder / "82.71.manifest.json"
    told = json.loads(path.read_text())
    told["inputs"]["library"] = "0" * 64
    path.write_text(json.dumps(told))
    found = verify_report(path, project)
    assert found == ["the manifest's key is not the hash of its inputs", "library"]


def test_digest_of_a_region_is_that_of_its_rows_alone(tmp_path):
    rng = np.random.default_rng(0)
    frame = build_kepesertaan(["82.71", "82.03"]).sample(frac=1, random_state=2)
    frame["terdaftar_jiwa"] += rng.integers(0, 9, len(frame))
    both = hash_regions(frame)
    assert both["82.71"] == hash_regions(frame[frame["kode"] == "82.71"])["82.71"]
    assert both["82.71"] != both["82.03"]


def test_scope_of_levels():
    known = ["00", "82", "82.71", "82.72", "81", "81.71", "*"]
    assert find_scope("82.71", known, table="kepesertaan") == ["*", "82.71"]
    assert find_scope("82.71", known, table="rapat") == ["*", "00", "82", "82.71"]
    assert find_scope("82", known, table="ukuran") == ["*", "82", "82.71", "82.72"]
    assert find_scope("00", known, table="ukuran") == sorted(known)


def test_table_without_rows_of_a_region_is_left_out():
    slices = {"anggaran": {"82.71": "a"}}
    assert select_slices(slices, "82.72") == {}
    assert list(select_slices(slices, "82.71")) == ["anggaran"]


def test_a_table_that_is_not_what_was_written_stops_the_plan(project):
    (part,) = open_generation(project.paths.processed).parts("peristiwa")
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(StoreError, match=r"not what was written.*\n.*jkn build"):
        build_plan(ALL, project)


def test_reading_only_some_rows_agrees_with_choosing_them_after(project):
    root = project.paths.processed
    whole = read_table("kepesertaan", root=root)
    months = list_values("kepesertaan", "periode", root=root)
    assert months == sorted(set(whole["periode"]))
    part = read_table("kepesertaan", root=root, only={"periode": months[-1:]})
    chosen = whole[whole["periode"] == months[-1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, chosen)
    one = read_table("kepesertaan", root=root, kode="82.71", columns=["aktif_jiwa"])
    expected = whole.loc[whole["kode"] == "82.71", ["aktif_jiwa"]]
    pd.testing.assert_frame_equal(one, expected.reset_index(drop=True))


def test_a_region_that_sent_nothing_has_no_report(project):
    with pytest.raises(RunError, match=r"11\.01: sent no participants"):
        build_plan(Choice("2025-11", ("82.71", "11.01")), project)


def test_a_month_after_the_data_has_no_report(project):
    with pytest.raises(RunError, match=r"2025-12: no data of this month yet"):
        build_plan(Choice("2025-12", ("82.71",)), project)
