"""The annex: figures that disagree, quality, method and error, data, provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.charts import list_events
from jkn_analysis.briefing.context import RATE
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.further import build_further
from jkn_analysis.briefing.model import Amount, Heading, PageTable, Part
from jkn_analysis.briefing.published import build_published
from jkn_analysis.briefing.rules import build_status
from jkn_analysis.store import find_refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.briefing.context import Context

_HORIZON = (1, 12)
_SIDIK_PANJANG = 12
_BERKAS_DISEBUT = 2


def build_annex(context: Context) -> tuple[Part, ...]:
    """Build what stands behind the figures, a part for each question."""
    parts = [
        build_quality(context),
        build_status(context),
        build_further(context),
        build_published(context),
        build_method(context),
        _events(context),
        build_provenance(context),
    ]
    return tuple(part for part in parts if part is not None)


def _columns(context: Context, *keys: str) -> tuple[Heading, ...]:
    """Build headings; text columns stand left."""
    words = context.words
    left = {"tanggal", "angka", "sumber", "bulan", "tabel", "berkas", "sidik"}
    left |= {"peristiwa", "status"}
    return tuple(
        Heading(words.say(f"lampiran.kolom_{key}"), "kiri" if key in left else "kanan")
        for key in keys
    )


def build_quality(context: Context) -> Part | None:
    """Say what is complete, stale, refused, or above the population."""
    words = context.words
    title = words.say("lampiran.mutu")
    notes = []
    if context.history is not None:
        frame = context.history.frame
        first = as_date(frame["periode"].iloc[0])
        last = context.potongan.periode
        expected = (last.year - first.year) * 12 + last.month - first.month + 1
        values = {"ada": len(frame), "n": expected, "awal": words.bulan(first)}
        notes.append(words.say("lampiran.mutu_lengkap", values))
        notes += _stale(context)
        now = context.history.last
        if not pd.isna(now["penduduk_jiwa"]):
            over = int(now["terdaftar_jiwa"] - now["penduduk_jiwa"])
            if over > 0:
                more = {"jiwa": words.jiwa(over)}
                notes.append(words.say("lampiran.mutu_lampau", more))
    notes += _refused(context)
    return Part("mutu", title, kalimat=tuple(notes)) if notes else None


def _stale(context: Context) -> list[str]:
    """Name segmen whose newest counts equal the month before to the person."""
    words = context.words
    panel = context.tables["kepesertaan"]
    months = sorted(panel["periode"].unique())[-2:]
    if len(months) < 2:
        return []
    counts = ["terdaftar_jiwa", "aktif_jiwa"]
    old, new = (
        panel[panel["periode"] == month].set_index("segmen")[counts] for month in months
    )
    shared = old.index.intersection(new.index)
    same = (old.loc[shared] == new.loc[shared]).all(axis=1) & (new.loc[shared] > 0).all(
        axis=1
    )
    named = list(shared[same])
    if not named:
        return []
    values = {"bulan": words.bulan(as_date(months[-1])), "segmen": ", ".join(named)}
    return [words.say("lampiran.mutu_basi", values)]


def build_method(context: Context) -> Part:
    """Say how it is computed and how wrong the forecast has been."""
    words = context.words
    told = [words.say("lampiran.cara_rate")]
    if context.status is not None:
        told.append(
            words.say("lampiran.cara_syarat", {"sumber": context.status.sumber})
        )
    told += _measured_error(context)
    told.append(words.say("lampiran.cara_tidak_tahu"))
    return Part("cara", words.say("lampiran.cara"), kalimat=tuple(told), terlipat=True)


def _measured_error(context: Context) -> list[str]:
    """Say the backtest's error and coverage in plain words."""
    words = context.words
    table = context.tables["uji_balik"]
    rows = table[(table["indikator"] == RATE) & (table["kelompok"] == "semua")]
    if rows.empty or context.fan.empty:
        return [words.say("lampiran.cara_ramalan_kosong")]
    cutoff = as_date(context.tables["ramalan"]["cutoff"].max())
    errors = []
    for horizon in _HORIZON:
        row = rows[(rows["horizon_bulan"] == horizon) & (rows["ukuran"] == "mae")]
        if row.empty:
            continue
        values = {
            "mae": _points(context, row["nilai"].iloc[0]),
            "naif": _points(context, row["naif"].iloc[0]),
            "h": horizon,
            "n": horizon,
        }
        errors.append(words.say("lampiran.cara_galat", values))
    said = {"cutoff": words.akhir(cutoff), "isi": "; ".join(errors)}
    told = [words.say("lampiran.cara_ramalan", said)] if errors else []
    return told + _record(context, table) + _chances(context) + _cuts(context)


def _record(context: Context, table: pd.DataFrame) -> list[str]:
    """Say how often bands as printed now held, for this page's group and horizon."""
    from jkn_analysis.forecasting.record import read_record

    words = context.words
    group = "provinsi" if len(context.potongan.kode) == 2 else "semua"
    record = read_record(table, RATE, kelompok=group, horizon=context.bulan_ke_depan)
    if record is None:
        return []
    months = max(context.bulan_ke_depan, 1)
    values = {
        "cakupan": words.rate(record.cakupan, 0),
        "dulu": words.rate(record.dulu, 0),
        "h": months,
        "n": months,
    }
    told = [words.say("lampiran.cara_cakupan", values)]
    if record.dengan is not None and record.tanpa is not None:
        values = {
            "tanpa": words.rate(record.tanpa, 0),
            "dengan": words.rate(record.dengan, 0),
        }
        told.append(words.say("lampiran.cara_keputusan", values))
    return told


def _chances(context: Context) -> list[str]:
    """Say why the chance on the page is another than the one computed."""
    told, words = context.dikatakan(context.tenggat), context.words
    if told is not None and told.kasar:
        return [words.say("lampiran.cara_kasar")]
    if told is None or told.terjadi is None:
        return []
    values = {
        "dihitung": words.rate(told.dikatakan, 0),
        "terjadi": words.rate(told.terjadi, 0),
        "ditulis": words.peluang(told.peluang),
    }
    return [words.say("lampiran.cara_peluang", values)]


def _cuts(context: Context) -> list[str]:
    """Say that the band holds a cut of lists nobody announced, and how often."""
    from jkn_analysis.forecasting.decrees import weigh_cuts
    from jkn_analysis.forecasting.panel import count_months

    words = context.words
    seen = context.tables["kepesertaan"]["periode"]
    if seen.empty:
        return []
    first, last = (int(count_months(seen).min()), int(count_months(seen).max()))
    odds = weigh_cuts(context.tables["peristiwa"], first=first, cutoff=last)
    values = {"tahun": words.jumlah(round(odds.years))}
    if odds.last is None:
        return [words.say("lampiran.cara_pemotongan", values)]
    values["bulan"] = words.bulan(as_date(odds.last))
    return [words.say("lampiran.cara_pemotongan_seperti", values)]


def _points(context: Context, value: float) -> str:
    """Write a difference of rates as a bare number of points."""
    from jkn_analysis.formats import format_number

    scaled = None if pd.isna(value) else float(value) * 100
    return format_number(scaled, 2, bahasa=context.words.bahasa)


def _events(context: Context) -> Part | None:
    """List every event of the charted years."""
    if context.history is None:
        return None
    since = context.history.frame["periode"].iloc[0]
    events = sorted(list_events(context, since=since), key=lambda event: event.periode)
    if not events:
        return None
    words = context.words
    rows = tuple(
        (
            words.teks(words.bulan(event.periode, short=True)),
            words.teks(event.teks),
            words.teks(words.say(f"lampiran.peristiwa_{event.status}")),
        )
        for event in events
    )
    columns = _columns(
        context,
        "bulan",
        "peristiwa",
        "status",
    )
    title = words.say("lampiran.peristiwa")
    table = PageTable("peristiwa", title, columns, rows)
    return Part("peristiwa", title, tabel=(table,), terlipat=True)


def build_provenance(context: Context) -> Part:
    """List the files behind the page with their digests, and the version."""
    from jkn_analysis import __version__

    words = context.words
    title = words.say("lampiran.asal")
    values = {"versi": __version__, "kode": context.potongan.kode}
    sentence = words.say("lampiran.versi", values)
    built = context.potongan.manifest.get("kiriman", {})
    shown = sorted(built.keys() & context.potongan.tables.keys())
    rows = tuple(_origin(context, name, built[name]) for name in shown)
    if not rows:
        return Part("asal", title, kalimat=(sentence,), terlipat=True)
    columns = _columns(context, "tabel", "berkas", "baris", "sidik")
    table = PageTable("asal", title, columns, rows)
    return Part("asal", title, kalimat=(sentence,), tabel=(table,), terlipat=True)


def _origin(
    context: Context, name: str, files: Sequence[Mapping[str, Any]]
) -> tuple[Amount, ...]:
    """Write what a table was built from, with rows and digest of this region's part.

    A change in another region leaves this page as it is.
    """
    from jkn_analysis.store import hash_frame

    words = context.words
    own = context.potongan.tables[name]
    told = ", ".join(str(file["file"]).rsplit("/", 1)[-1] for file in files)
    told = told or words.say("lampiran.bawaan")
    if len(files) > _BERKAS_DISEBUT:
        told = words.say("lampiran.banyak_berkas", {"n": len(files)})
    return (
        words.teks(name),
        words.teks(told),
        words.angka_jiwa(len(own)),
        words.teks(hash_frame(own)[:_SIDIK_PANJANG]),
    )


def _refused(context: Context) -> list[str]:
    """Say how many files were refused at the build."""
    potongan = context.potongan
    refused = find_refused(potongan.manifest, kode=potongan.kode)
    if not refused:
        return []
    values = {"n": len(refused)}
    return [context.words.say("lampiran.mutu_ditolak", values)]
