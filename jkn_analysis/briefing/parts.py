"""The parts below the first screen: segmen, money, arrears, records, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.data import add_months, as_date
from jkn_analysis.briefing.model import Angka, Bagian, Kolom, Tabel
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.briefing.context import Context

AMBANG_KECIL = 5
_ALASAN_MAKS = 12


def _absent(context: Context, nama: str, reason: str) -> Bagian:
    """Build a part that says why it is not there."""
    words = context.words
    title = words.say(f"bagian.{nama}")
    return Bagian(nama, title, kosong=words.say(f"kosong.{reason}"))


def _columns(context: Context, *keys: str) -> tuple[Kolom, ...]:
    """Build headings; the first stands left."""
    words = context.words
    sides = ["kiri", *["kanan"] * (len(keys) - 1)]
    return tuple(
        Kolom(words.say(key), side)  # type: ignore[arg-type]
        for key, side in zip(keys, sides, strict=True)
    )


def find_since(context: Context) -> dt.date:
    """Return the month to compare with: the last meeting's, else three months ago."""
    past = context.rapat_lalu
    if past is not None:
        return add_months(past.tanggal.replace(day=1), -1)
    return add_months(context.periode, -3)


def build_segments(context: Context) -> Bagian:
    """Build the segmen tables: counts and rate, then causes, change and forecast."""
    panel = context.tables["kepesertaan"]
    if panel.empty:
        return _absent(context, "segmen", "kepesertaan")
    words = context.words
    now = _by_segmen(panel, context.periode)
    since = _by_segmen(panel, find_since(context))
    sentences = [words.say("segmen.pengantar"), *_segment_sentences(context, now)]
    tables = (_count_table(context, now), _cause_table(context, now, since))
    return Bagian("segmen", words.say("bagian.segmen"), tuple(sentences), tables)


def _by_segmen(panel: pd.DataFrame, periode: dt.date) -> pd.DataFrame:
    """Return one month by segmen with its total, missing parts kept missing."""
    month = panel[panel["periode"] == pd.Timestamp(periode)].set_index("segmen")
    counts = month[[name for name in month.columns if name.endswith("_jiwa")]]
    total = counts.sum(skipna=False).to_frame(TOTAL).T if len(counts) else counts
    order = [name for name in SEGMEN if name in counts.index]
    return pd.concat([counts.loc[order], total])


def _segment_sentences(context: Context, now: pd.DataFrame) -> list[str]:
    """Say how many are inactive, why, and in which segmen most."""
    words = context.words
    total = dict(now.loc[TOTAL])
    off = total["terdaftar_jiwa"] - total["aktif_jiwa"]
    values = {
        "nonaktif": words.jumlah(off),
        "menunggak": words.jumlah(total["nonaktif_menunggak_jiwa"]),
        "mutasi": words.jumlah(total["nonaktif_mutasi_jiwa"]),
    }
    causes = (total["nonaktif_menunggak_jiwa"], total["nonaktif_mutasi_jiwa"])
    unknown = any(pd.isna(cause) for cause in causes)
    key = "segmen.kalimat_tanpa_sebab" if unknown else "segmen.kalimat"
    parts = now.drop(index=TOTAL)
    inactive = (parts["terdaftar_jiwa"] - parts["aktif_jiwa"]).astype("float64")
    worst = str(inactive.idxmax())
    most = {"segmen": worst, "jiwa": words.jiwa(inactive[worst])}
    return [words.say(key, values), words.say("segmen.terbanyak", most)]


def _name(context: Context, segmen: str) -> Angka:
    """Write a segmen's name."""
    words = context.words
    return words.teks(words.say("umum.total") if segmen == TOTAL else segmen)


def _count_table(context: Context, now: pd.DataFrame) -> Tabel:
    """List registered, active, inactive and the rate over registered."""
    words = context.words
    source = f"kepesertaan {context.periode:%Y-%m}"
    rows = []
    for segmen, row in now.iterrows():
        registered, active = row["terdaftar_jiwa"], row["aktif_jiwa"]
        rate = active / registered if registered else None
        rows.append(
            (
                _name(context, str(segmen)),
                words.angka_jiwa(registered, source),
                words.angka_jiwa(active, source),
                words.angka_jiwa(registered - active, source),
                words.angka_rate(rate, f"aktif / terdaftar, {source}", 1),
            )
        )
    return Tabel(
        nama="segmen",
        judul=words.say("segmen.judul_1", {"tanggal": words.akhir(context.periode)}),
        kolom=_columns(
            context,
            "segmen.kolom_segmen",
            "segmen.kolom_terdaftar",
            "segmen.kolom_aktif",
            "segmen.kolom_nonaktif",
            "segmen.kolom_rate",
        ),
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
        kolom_batang=4,
    )


def _cause_table(context: Context, now: pd.DataFrame, since: pd.DataFrame) -> Tabel:
    """List inactive by cause, change since the last meeting, forecast rate."""
    words = context.words
    when = find_since(context)
    rows = []
    for segmen, row in now.iterrows():
        before = since["aktif_jiwa"].get(segmen) if len(since) else None
        change = None if before is None else row["aktif_jiwa"] - before
        rows.append(
            (
                _name(context, str(segmen)),
                words.angka_jiwa(row["nonaktif_menunggak_jiwa"]),
                words.angka_jiwa(row["nonaktif_mutasi_jiwa"]),
                words.angka_selisih(change),
                _ahead(context, str(segmen)),
            )
        )
    key = "segmen.rapat_lalu" if context.rapat_lalu else "segmen.tahun_lalu"
    past = context.rapat_lalu.tanggal if context.rapat_lalu else None
    told = words.tanggal(past) if past else words.akhir(when)
    values = {"sejak": words.say(key, {"tanggal": told})}
    short = {
        "tanggal": words.bulan(when, short=True),
        "bulan": words.bulan(context.tenggat, short=True),
    }
    heads = (
        Kolom(words.say("segmen.kolom_segmen"), "kiri"),
        Kolom(words.say("segmen.kolom_menunggak")),
        Kolom(words.say("segmen.kolom_mutasi")),
        Kolom(words.say("segmen.kolom_sejak", short)),
        Kolom(words.say("segmen.kolom_ramalan", short)),
    )
    return Tabel(
        nama="segmen_sebab",
        judul=words.say("segmen.judul_2", values),
        kolom=heads,
        baris=tuple(rows),
        baris_tebal=(len(rows) - 1,),
    )


def _ahead(context: Context, segmen: str) -> Angka:
    """Return the forecast rate over registered at the deadline."""
    words = context.words
    rows = context.tables["ramalan"]
    chosen = rows[
        (rows["indikator"] == "keaktifan_terdaftar_rate")
        & (rows["segmen"] == segmen)
        & (rows["skenario"] == "dasar")
        & (rows["periode"] == pd.Timestamp(context.tenggat))
        & (rows["kuantil"] == 0.5)
    ]
    if chosen.empty:
        return words.kosong()
    return words.angka_rate(float(chosen["nilai"].iloc[0]), "ramalan dasar", 1)


def build_records(context: Context) -> Bagian:
    """Build the counts of records to repair, by reason."""
    table = context.tables["selisih"]
    whole = table[table["kecamatan"].isna() | (table["kecamatan"] == "")]
    whole = whole[whole["periode"] == whole["periode"].max()]
    if whole.empty:
        return _absent(context, "catatan", "selisih")
    words = context.words
    ordered = whole.sort_values(
        ["jumlah_jiwa", "alasan"], ascending=[False, True], na_position="last"
    ).head(_ALASAN_MAKS)
    rows = []
    for row in ordered.to_dict("records"):
        key = f"alasan.{row['alasan']}"
        reason = words.say(key) if words.has(key) else str(row["alasan"])
        count = words.angka_jiwa(row["jumlah_jiwa"])
        if count.nilai is None:
            hidden = words.say("catatan.disembunyikan")
            count = Angka(None, "jiwa", hidden)
        rows.append((Angka(reason, "teks", f"{reason}\n{row['kantor']}"), count))
    columns = _columns(context, "catatan.kolom_alasan", "catatan.kolom_jiwa")
    title = words.say("bagian.catatan")
    small = Tabel("catatan", title, columns, tuple(rows))
    return Bagian("catatan", title, (words.say("catatan.pengantar"),), (small,))


def build_decisions(context: Context) -> Bagian:
    """Build the table of the last meeting's decisions."""
    past = context.rapat_lalu
    if past is None:
        return _absent(context, "tindak_lanjut", "tindak_lanjut")
    words = context.words
    table = context.tables["tindak_lanjut"]
    chosen = table[table["id_rapat"] == past.id_rapat].sort_values("nomor")
    rows = []
    for row in chosen.to_dict("records"):
        office = str(row["penanggung_jawab"])
        decision = str(row["keputusan"])
        cells = (
            words.angka_jiwa(row["nomor"]),
            Angka(decision, "teks", f"{decision}\n{office}"),
            words.angka_tanggal(as_date(row["tenggat"])),
            words.teks(words.say(f"tindak.status_{row['status']}")),
        )
        rows.append(cells)
    columns = (
        Kolom(words.say("tindak.kolom_nomor")),
        Kolom(words.say("tindak.kolom_keputusan"), "kiri"),
        Kolom(words.say("tindak.kolom_tenggat"), "kiri"),
        Kolom(words.say("tindak.kolom_status"), "kiri"),
    )
    title = words.say("tindak.judul", {"tanggal": words.tanggal(past.tanggal)})
    decisions = Tabel("tindak_lanjut", title, columns, tuple(rows))
    return Bagian("tindak_lanjut", words.say("bagian.tindak_lanjut"), (), (decisions,))


def build_facilities(context: Context) -> Bagian:
    """Build the counts of facilities and doctors."""
    table = context.tables["faskes"].sort_values("periode")
    if table.empty:
        return _absent(context, "faskes", "faskes")
    words = context.words
    last = table.iloc[-1]
    rows = [
        (words.teks(words.say(f"faskes.{name}")), words.angka_jiwa(last[name]))
        for name in ("fktp", "fkrtl", "dokter")
    ]
    date = words.akhir(as_date(last["periode"]))
    title = words.say("faskes.judul", {"tanggal": date})
    columns = _columns(context, "faskes.kolom_hal", "faskes.kolom_jumlah")
    sentences: tuple[str, ...] = ()
    if not pd.isna(last["kendala"]) and str(last["kendala"]).strip():
        told = str(last["kendala"]).strip().rstrip(".")
        sentences = (f"{words.say('faskes.kendala')}: {told}.",)
    small = Tabel("faskes", title, columns, tuple(rows))
    return Bagian("faskes", words.say("bagian.faskes"), sentences, (small,))
