"""The annex: figures that disagree, quality, method and error, data, provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.briefing.charts import list_events
from jkn_analysis.briefing.context import RATE
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.further import build_further
from jkn_analysis.briefing.model import Angka, Bagian, Kolom, Tabel
from jkn_analysis.briefing.money import build_assumptions
from jkn_analysis.store import find_refused

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from jkn_analysis.briefing.context import Context
    from jkn_analysis.briefing.model import Kipas

_TABEL_WAJIB = ("tunggakan_peserta", "iuran", "iuran_pemda", "anggaran", "faskes")
_HORIZON = (1, 12)
_SIDIK_PANJANG = 12
_TERBITAN = 8
_BERKAS_DISEBUT = 2
_DEKAT = 0.0005
"""Published and own rate within this are the same figure."""


def build_annex(context: Context, kipas: Kipas | None) -> tuple[Bagian, ...]:
    """Build the annex, a part for each question."""
    parts = [
        build_further(context),
        _disagreement(context),
        build_quality(context),
        build_method(context),
        _events(context),
        _chart_data(context, kipas),
        build_provenance(context),
    ]
    return tuple(part for part in parts if part is not None)


def _columns(context: Context, *keys: str) -> tuple[Kolom, ...]:
    """Build headings; text columns stand left."""
    words = context.words
    left = {"tanggal", "angka", "sumber", "bulan", "tabel", "berkas", "sidik"}
    left |= {"peristiwa", "status"}
    return tuple(
        Kolom(words.say(f"lampiran.kolom_{key}"), "kiri" if key in left else "kanan")
        for key in keys
    )


def _own_figure(
    context: Context, indikator: str, tanggal: pd.Timestamp
) -> float | None:
    """Return our figure for a published one, of the same date or None."""
    history = context.history
    if history is None:
        return None
    frame = history.frame
    day_before = tanggal - pd.Timedelta(days=1)
    row = frame[frame["periode"] == day_before.to_period("M").to_timestamp()]
    if row.empty:
        return None
    now = row.iloc[0]
    counts = {"terdaftar_jiwa", "aktif_jiwa"}
    if indikator in counts:
        return float(now[indikator])
    below = {"cakupan_rate": "terdaftar_jiwa", RATE: "aktif_jiwa"}
    if indikator not in below or pd.isna(now["penduduk_jiwa"]):
        return None
    return float(now[below[indikator]] / now["penduduk_jiwa"])


def _disagreement(context: Context) -> Bagian:
    """List published figures beside ours."""
    words = context.words
    title = words.say("lampiran.beda")
    table = context.tables["publikasi"].sort_values(["tanggal", "indikator", "sumber"])
    limit = pd.Timestamp(context.potongan.tanggal) + pd.Timedelta(days=1)
    table = table[table["tanggal"] <= limit]
    if table.empty:
        return Bagian("beda", title, kosong=words.say("kosong.publikasi"))
    rows = []
    for row in _closest(context, table).to_dict("records"):
        key = f"angka.{row['indikator']}"
        told = str(row["indikator"]).replace("_", " ")
        told = words.say(key) if words.has(key) else told
        segmen = "" if pd.isna(row["segmen"]) else str(row["segmen"])
        if segmen and segmen != "total":
            told += f" {segmen}"
        own = None
        if segmen in {"", "total"}:
            own = _own_figure(context, row["indikator"], row["tanggal"])
        date = words.tanggal(as_date(row["tanggal"]))
        rows.append(
            (
                Angka(told, "teks", f"{told}\n{date}"),
                _published(context, row),
                words.teks("–")
                if own is None
                else _published(context, {**row, "nilai": own}),
                words.teks(_name_source(str(row["sumber"]))),
            )
        )
    columns = _columns(
        context,
        "angka",
        "diumumkan",
        "kami",
        "sumber",
    )
    small = Tabel("publikasi", title, columns, tuple(rows))
    return Bagian("beda", title, (words.say("lampiran.beda_pengantar"),), (small,))


def _closest(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    """Keep the figures that can be compared, then the newest, `_TERBITAN` in all."""
    own = [
        _own_figure(context, row["indikator"], row["tanggal"]) is not None
        and str(row["segmen"]) in {"", "total", "nan"}
        for row in table.to_dict("records")
    ]
    ranked = table.assign(own=own).sort_values(["own", "tanggal"], kind="stable")
    return ranked.tail(_TERBITAN).iloc[::-1]


def _name_source(source: str) -> str:
    """Shorten a web address to its site."""
    site = source.split("//", 1)[-1].split("/", 1)[0] if "//" in source else source
    return site.removeprefix("www.")


def _published(context: Context, row: Mapping[Hashable, Any]) -> Angka:
    """Write a published value in its own unit."""
    words = context.words
    value = float(row["nilai"])
    unit = str(row["satuan"])
    name = str(row["indikator"])
    if name.endswith("_rate"):
        return words.angka_rate(value)
    if name.endswith("_rp") or unit.lower().startswith("rp") or "rupiah" in unit:
        return words.angka_rp(value)
    if name.endswith("_jiwa") or unit == "jiwa":
        return words.angka_jiwa(value)
    return words.teks(f"{words.jumlah(value)} {unit}")


def build_quality(context: Context) -> Bagian:
    """Say what is complete, stale, not delivered, or above the population."""
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
    absent = [
        words.say(f"kosong.{name}")
        for name in _TABEL_WAJIB
        if context.tables[name].empty
    ]
    if absent:
        notes.append(words.say("lampiran.mutu_kosong", {"isi": "; ".join(absent)}))
    return Bagian("mutu", title, tuple(notes))


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


def build_method(context: Context) -> Bagian:
    """Say how it is computed and how wrong the forecast has been."""
    words = context.words
    told = [words.say("lampiran.cara_rate")]
    if context.status is not None:
        told.append(
            words.say("lampiran.cara_syarat", {"sumber": context.status.sumber})
        )
    told += _measured_error(context)
    told.append(words.say("lampiran.cara_tidak_tahu"))
    assumed = build_assumptions(context)
    tables = () if assumed is None else (assumed,)
    return Bagian("cara", words.say("lampiran.cara"), tuple(told), tables)


def _measured_error(context: Context) -> list[str]:
    """Say the backtest's error and coverage in plain words."""
    words = context.words
    table = context.tables["uji_balik"]
    rows = table[(table["indikator"] == RATE) & (table["kelompok"] == "semua")]
    if rows.empty or context.fan.empty:
        return [words.say("lampiran.cara_ramalan_kosong")]
    cutoff = as_date(context.tables["ramalan"]["cutoff"].max())
    told = []
    for horizon in _HORIZON:
        row = rows[(rows["horizon_bulan"] == horizon) & (rows["ukuran"] == "mae")]
        if row.empty:
            continue
        values = {
            "cutoff": words.akhir(cutoff),
            "mae": _points(context, row["nilai"].iloc[0]),
            "naif": _points(context, row["naif"].iloc[0]),
            "h": horizon,
            "n": horizon,
        }
        told.append(words.say("lampiran.cara_ramalan", values))
    inside = rows[rows["ukuran"] == "cakupan80"]
    if len(inside):
        share = float(
            (inside["nilai"] * inside["jumlah"]).sum() / inside["jumlah"].sum()
        )
        told.append(
            words.say("lampiran.cara_cakupan", {"cakupan": words.rate(share, 0)})
        )
    return told


def _points(context: Context, value: float) -> str:
    """Write a difference of rates as a bare number of points."""
    from jkn_analysis.formats import format_number

    scaled = None if pd.isna(value) else float(value) * 100
    return format_number(scaled, 2, bahasa=context.words.bahasa)


def _events(context: Context) -> Bagian | None:
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
    return Bagian("peristiwa", title, (), (Tabel("peristiwa", title, columns, rows),))


def _chart_data(context: Context, kipas: Kipas | None) -> Bagian | None:
    """Give the main chart's numbers as a table."""
    if kipas is None:
        return None
    words = context.words
    rows: list[tuple[Angka, ...]] = []
    blank = words.teks("")
    for month, value in zip(kipas.periode, kipas.nilai, strict=True):
        label = words.teks(words.bulan(month, short=True))
        rows.append((label, words.angka_rate(value), blank, blank, blank))
    for index, month in enumerate(kipas.periode_ramalan):
        label = words.teks(words.bulan(month, short=True))
        cells = [
            words.angka_rate(kipas.kuantil[q][index]) if q in kipas.kuantil else blank
            for q in (0.1, 0.5, 0.9)
        ]
        rows.append((label, blank, *cells))
    columns = _columns(
        context,
        "bulan",
        "nilai",
        "bawah",
        "tengah",
        "atas",
    )
    title = words.say("lampiran.data_grafik")
    table = Tabel("data_grafik", kipas.judul, columns, tuple(rows))
    return Bagian("data_grafik", title, (), (table,))


def build_provenance(context: Context) -> Bagian:
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
        return Bagian("asal", title, (sentence,))
    columns = _columns(context, "tabel", "berkas", "baris", "sidik")
    return Bagian("asal", title, (sentence,), (Tabel("asal", title, columns, rows),))


def _origin(
    context: Context, name: str, files: Sequence[Mapping[str, Any]]
) -> tuple[Angka, ...]:
    """Write what a table was built from, with rows and digest of this region's part.

    A change in another region leaves this page as it is.
    """
    from jkn_analysis.store import hash_frame

    words = context.words
    own = context.potongan.tables[name]
    told = ", ".join(str(file["file"]).rsplit("/", 1)[-1] for file in files)
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
