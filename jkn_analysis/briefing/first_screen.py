"""The first screen: head, verdict, key figures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.ask import build_title, list_asks, list_today
from jkn_analysis.briefing.data import as_date
from jkn_analysis.briefing.model import Angka, Kartu, Nada
from jkn_analysis.briefing.money import tell_cash
from jkn_analysis.store import find_refused
from jkn_analysis.uhc import needed_jiwa

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context
    from jkn_analysis.uhc import Status


def build_head(context: Context) -> tuple[tuple[str, str], ...]:
    """Build the lines under the title: meeting, date of the data, denominator."""
    words = context.words
    rapat = words.say("kepala.rapat_kosong")
    if context.rapat is not None:
        meeting = context.rapat
        values = {
            "jenis": meeting.jenis,
            "tanggal": words.tanggal(meeting.tanggal),
            "jam": meeting.jam,
            "zona": meeting.zona_waktu,
            "tempat": meeting.tempat,
        }
        rapat = words.say("kepala.rapat_isi", values)
    lines = [(words.say("kepala.rapat"), rapat)]
    if context.history is not None:
        late = context.periode < context.potongan.periode
        values = {
            "tanggal": words.akhir(context.periode),
            "periode": words.bulan(context.potongan.periode),
        }
        refused = _say_refused(context)
        key = "kepala.data_lama" if late and not refused else "kepala.data_isi"
        said = "; ".join([words.say(key, values), *refused])
        lines.append((words.say("kepala.data"), said))
        lines.append((words.say("kepala.penyebut"), _denominator(context)))
    return tuple(lines)


def _say_refused(context: Context) -> list[str]:
    """Say which delivery of this region is refused or gone, and what stands in."""
    words = context.words
    found = find_refused(context.potongan.manifest, kode=context.potongan.kode)
    said = []
    for one in found:
        when = one.sejak if one.sebab == "hilang" else one.tiba
        values = {
            "berkas": one.file.rsplit("/", 1)[-1],
            "tanggal": _day(context, when),
            "dipakai": _day(context, one.dipakai),
            "n": one.cells,
        }
        key = "ditolak_sel" if one.sebab == "ditolak" and one.cells else one.sebab
        text = words.say(f"kiriman.{key}", values)
        if one.dipakai:
            text += f" ({words.say('kiriman.dipakai', values)})"
        said.append(text)
    return said


def _day(context: Context, text: str) -> str:
    """Write a day of the manifest; unknown where it has none."""
    if not text:
        return context.words.say("umum.tidak_tersedia")
    return context.words.tanggal(dt.date.fromisoformat(text))


def _denominator(context: Context) -> str:
    """Name the population and its source."""
    last = context.history.last if context.history else None
    if last is None or pd.isna(last["penduduk_jiwa"]):
        return context.words.say("kepala.penyebut_kosong")
    values = {
        "penduduk": context.words.jumlah(last["penduduk_jiwa"]),
        "sumber": last["sumber"],
    }
    return context.words.say("kepala.penyebut_isi", values)


def find_fall(context: Context) -> dt.date | None:
    """Return the first month whose forecast median is under the target."""
    if context.fan.empty or 0.5 not in context.fan:
        return None
    under = context.fan.index[context.fan[0.5] < context.target]
    return None if under.empty else as_date(under[0])


def find_rise(context: Context) -> dt.date | None:
    """Return the first month whose forecast median reaches the target."""
    if context.fan.empty or 0.5 not in context.fan:
        return None
    over = context.fan.index[context.fan[0.5] >= context.target]
    return None if over.empty else as_date(over[0])


def build_verdict(context: Context) -> tuple[str, Nada]:
    """Say the first decision in one line; where none was computed, the position."""
    words, judged = context.words, context.status
    if context.history is None:
        return words.say("judul.tanpa_data", {"nama": context.nama}), "netral"
    if judged is None:
        return words.say("judul.tanpa_penduduk", {"nama": context.nama}), "netral"
    title = build_title(context)
    if title is not None:
        return title
    if judged.syarat_pengikat in {"cakupan", "keaktifan"}:
        return _verdict_under(context, judged), "buruk"
    return _verdict_above(context, judged)


def _verdict_under(context: Context, judged: Status) -> str:
    """Say how many are missing to the binding condition."""
    words = context.words
    binding = judged.syarat_pengikat
    gap = judged.gap_cakupan_jiwa
    target = judged.target_cakupan_rate
    if binding == "keaktifan":
        gap, target = judged.gap_keaktifan_jiwa or 0, context.target
    values: dict[str, object] = {
        "nama": context.nama,
        "gap": words.jumlah(gap),
        "n": gap,
        "target": words.target(target),
    }
    return words.say(f"judul.kurang_{binding}", values)


def _verdict_above(context: Context, judged: Status) -> tuple[str, Nada]:
    """Say what is left over and what threatens it."""
    words = context.words
    target = words.target(context.target)
    if judged.syarat_pengikat == "tunggakan_pemda":
        owed = context.words.rp(_owed(context))
        owing = {"nama": context.nama, "rp": owed}
        return words.say("judul.tunggakan", owing), "buruk"
    if judged.target_keaktifan_rate is None:
        values = {
            "nama": context.nama,
            "target": words.target(judged.target_cakupan_rate),
        }
        return words.say("judul.aman_tanpa_keaktifan", values), "baik"
    fall = find_fall(context)
    if fall is not None:
        values = {"nama": context.nama, "target": target, "bulan": words.bulan(fall)}
        return words.say("judul.terancam", values), "buruk"
    extra = count_surplus(context, judged)
    spare: dict[str, object] = {
        "nama": context.nama,
        "lebih": words.jumlah(extra),
        "n": extra,
        "target": target,
    }
    return words.say("judul.aman", spare), "baik"


def count_surplus(context: Context, judged: Status) -> int:
    """Count the active people above the target."""
    return judged.aktif_jiwa - needed_jiwa(context.target, judged.penduduk_jiwa)


def _owed(context: Context) -> int | None:
    """Return the local government's arrears."""
    from jkn_analysis.briefing.context import latest_tunggakan_pemda

    return latest_tunggakan_pemda(context.potongan)


def build_cards(context: Context) -> tuple[Kartu, ...]:
    """Build the five answers of the first screen."""
    return (
        _card_activity(context),
        _card_forecast(context),
        _card_arrears(context),
        _card_ask(context),
        _card_promise(context),
    )


def _missing(context: Context, nama: str, reason: str) -> Kartu:
    """Build a card that says why it has no figure."""
    words = context.words
    return Kartu(
        nama=nama,
        label=words.say(f"kartu.{nama}.label"),
        angka=words.kosong(),
        kalimat=words.sentence(words.say(f"kosong.{reason}")),
    )


def _card_activity(context: Context) -> Kartu:
    """Where the region stands against the line."""
    judged, words = context.status, context.words
    if judged is None:
        reason = "kepesertaan" if context.history is None else "penduduk"
        return _missing(context, "keaktifan", reason)
    values: dict[str, object] = {
        "tanggal": words.akhir(context.periode),
        "target": words.target(context.target),
        "gap": words.jiwa(judged.gap_keaktifan_jiwa),
        "lebih": words.jiwa(count_surplus(context, judged)),
    }
    key = "kurang" if judged.gap_keaktifan_jiwa else "cukup"
    if judged.gap_keaktifan_jiwa is None:
        key = "tanpa_syarat"
    sentence = words.say(f"kartu.keaktifan.{key}", values)
    if judged.gap_cakupan_jiwa:
        cover = {
            "cakupan": words.rate(judged.cakupan_rate),
            "target": words.target(judged.target_cakupan_rate),
            "gap": words.jumlah(judged.gap_cakupan_jiwa),
        }
        sentence += " " + words.say("kartu.keaktifan.cakupan", cover)
    source = f"aktif_jiwa {context.periode:%Y-%m} / penduduk_jiwa"
    return Kartu(
        nama="keaktifan",
        label=words.say(f"kartu.keaktifan.{_side(judged)}", values),
        angka=words.angka_rate(judged.keaktifan_penduduk_rate, source),
        kalimat=sentence,
        nada="baik" if judged.uhc else "buruk",
    )


def _side(judged: Status) -> str:
    """Name the label that says on which side of the line a region stands."""
    if judged.gap_keaktifan_jiwa is None:
        return "label"
    return "label_bawah" if judged.gap_keaktifan_jiwa else "label_atas"


def _card_forecast(context: Context) -> Kartu:
    """Say what comes if nothing is done."""
    words, fan = context.words, context.fan
    middle = context.ahead(context.tenggat)
    if middle is None:
        return _missing(context, "ramalan", "ramalan")
    values = {
        "bulan": words.bulan(context.tenggat),
        "bawah": words.rate(context.ahead(context.tenggat, 0.1), 1),
        "atas": words.rate(context.ahead(context.tenggat, 0.9), 1),
        "target": words.target(context.target),
    }
    sentences = [words.say("kartu.ramalan.isi", values)]
    is_above = context.status is not None and context.status.gap_keaktifan_jiwa == 0
    chance = context.peluang(context.tenggat)
    if chance is not None:
        key = "kartu.ramalan.tahan" if is_above else "kartu.ramalan.capai"
        values["peluang"] = words.peluang(chance)
        sentences.append(words.say(key, values))
    turn = find_fall(context) if is_above else find_rise(context)
    values["bulan"] = words.bulan(turn or as_date(fan.index[-1]))
    if turn is None:
        key = "tetap_atas" if is_above else "tetap_bawah"
    else:
        key = "turun" if is_above else "naik"
    sentences.append(words.say(f"kartu.ramalan.{key}", values))
    good = middle >= context.target and not (is_above and turn)
    return Kartu(
        nama="ramalan",
        label=words.say("kartu.ramalan.label"),
        angka=words.angka_rate(middle, "ramalan dasar, kuantil 0,5", 1),
        kalimat=" ".join(sentences),
        nada="baik" if good else "buruk",
    )


def sum_members_arrears(context: Context) -> tuple[int, int] | None:
    """Return people and rupiah of members' arrears in the newest month."""
    table = context.tables["tunggakan_peserta"]
    if table.empty:
        return None
    now = table[table["periode"] == table["periode"].max()]
    return int(now["peserta_jiwa"].sum()), int(now["tunggakan_rp"].sum())


def _card_arrears(context: Context) -> Kartu:
    """Both kinds of arrears; the government's first, for it binds Prioritas."""
    words = context.words
    owed, members = _owed(context), sum_members_arrears(context)
    sentences = []
    if owed is None:
        sentences.append(words.say("kartu.tunggakan.pemda_kosong"))
    elif owed == 0:
        sentences.append(words.say("kartu.tunggakan.pemda_nol"))
    else:
        sentences.append(words.say("kartu.tunggakan.pemda_isi"))
    if members is None:
        sentences.append(words.say("kartu.tunggakan.peserta_kosong"))
    else:
        people, rupiah = members
        values = {"rp": words.rp(rupiah), "jiwa": words.jiwa(people)}
        sentences.append(words.say("kartu.tunggakan.peserta_isi", values))
    return Kartu(
        nama="tunggakan",
        label=words.say("kartu.tunggakan.label"),
        angka=words.kosong() if owed is None else words.angka_rp(owed, "iuran_pemda"),
        kalimat=" ".join(sentences),
        nada="buruk" if owed else "netral",
    )


def _card_ask(context: Context) -> Kartu:
    """Say what is to be decided today, and December's cash."""
    words = context.words
    label = words.say("kartu.permintaan.label")
    asks = list_today(list_asks(context))
    figure = Angka(len(asks), "jumlah", words.say("kartu.permintaan.kosong"))
    if asks:
        values = {"n": len(asks), "jumlah": words.jumlah(len(asks))}
        told = words.say("kartu.permintaan.keputusan", values)
        figure = Angka(len(asks), "jumlah", told)
    sentences = [words.sentence(f"{ask.kantor}: {ask.tindakan}") for ask in asks]
    cash = tell_cash(context)
    sentences += [] if cash is None else [cash]
    mood: Nada = "netral" if asks else "baik"
    return Kartu("permintaan", label, figure, " ".join(sentences), mood)


def _card_promise(context: Context) -> Kartu:
    """Say what the last meeting promised and what became of it."""
    words = context.words
    label = words.say("kartu.janji.label")
    past = context.rapat_lalu
    if past is None:
        return Kartu(
            "janji", label, words.kosong(), words.say("kartu.janji.kosong"), "netral"
        )
    rows = context.tables["tindak_lanjut"]
    rows = rows[(rows["id_rapat"] == past.id_rapat) & (rows["status"] != "batal")]
    done = int((rows["status"] == "selesai").sum())
    text = words.say("kartu.janji.angka", {"selesai": done, "n": len(rows)})
    sentences = [words.say("kartu.janji.isi", {"tanggal": words.tanggal(past.tanggal)})]
    open_rows = rows[rows["status"] != "selesai"].sort_values(["tenggat", "nomor"])
    late = open_rows[
        (open_rows["status"] == "terlambat")
        | (open_rows["tenggat"] <= pd.Timestamp(context.potongan.tanggal))
    ]
    if open_rows.empty:
        sentences.append(words.say("kartu.janji.semua"))
    else:
        key = "berjalan" if late.empty else "terlambat"
        row = (open_rows if late.empty else late).iloc[0]
        decision = str(row["keputusan"]).rstrip(". ")
        values = {
            "kantor": row["penanggung_jawab"],
            "keputusan": decision[:1].lower() + decision[1:],
            "tenggat": words.tanggal(as_date(row["tenggat"])),
        }
        sentences.append(words.say(f"kartu.janji.{key}", values))
    mood: Nada = "baik" if open_rows.empty else ("netral" if late.empty else "buruk")
    return Kartu("janji", label, Angka(done, "jumlah", text), " ".join(sentences), mood)
