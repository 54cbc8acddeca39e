"""What changed between an issued page and the page of now, and why, in words."""

from __future__ import annotations

import datetime as dt
import html as markup
import json
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import SUFFIX as PAGE
from jkn_analysis.briefing.page_file import write_page
from jkn_analysis.briefing.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.running.archive import Version

MIDDLE = 0.5
FACTS = {"nomor", "menggantikan", "terbit", "asal", "perubahan", "sebab"}
"""What a revision must say."""
KEY = ("name", "kode", "periode", "segmen", "skenario", "kuantil")
MOST_SHOWN = 12
PLACES = ("</main>", "</body>")
"""Where the list is laid into a page: before the first of them that is there."""


def compare_pages(
    old: Mapping[str, Any], new: Mapping[str, Any], *, across: bool = False
) -> list[dict[str, Any]]:
    """List the figures that differ between two page objects.

    Parameters
    ----------
    old, new
        Page objects.
    across
        Pages of two months or regions: figures of the pages' own month and region
        are compared with each other.

    Returns
    -------
    list of dict
        ``figure`` (its key), ``dari`` and ``ke`` as printed; None where one has none.

    Examples
    --------
    >>> a = {"figures": [{"name": "gap_jiwa", "value": 5, "text": "5"}]}
    >>> b = {"figures": [{"name": "gap_jiwa", "value": 7, "text": "7"}]}
    >>> [(c["figure"]["name"], c["dari"], c["ke"]) for c in compare_pages(a, b)]
    [('gap_jiwa', '5', '7')]
    """
    then, now = _by_key(old, across), _by_key(new, across)
    changed = []
    for key in dict.fromkeys([*then, *now]):
        one, two = then.get(key), now.get(key)
        if one is not None and two is not None and one.get("value") == two.get("value"):
            continue
        figure = {name: (two or one or {}).get(name) for name in KEY}
        changed.append(
            {
                "figure": {k: v for k, v in figure.items() if v is not None},
                "dari": None if one is None else one.get("text"),
                "ke": None if two is None else two.get("text"),
            }
        )
    return changed


def _by_key(
    page: Mapping[str, Any],
    across: bool,  # noqa: FBT001 - handed through
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Return the figures of a page by what may have one value only."""
    own = {page.get("kode"), page.get("periode")} if across else set()
    return {
        tuple(None if figure.get(n) in own else figure.get(n) for n in KEY): figure
        for figure in page.get("figures") or []
        if isinstance(figure, dict)
    }


def build_revision(
    last: Version,
    page: Mapping[str, Any],
    *,
    asal: str,
    causes: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Build the revision of a page: its number, what it replaces, changes, causes."""
    return {
        "nomor": last.nomor + 1,
        "menggantikan": last.nomor,
        "terbit": str(last.terbit[0].get("pada", ""))[:10],
        "asal": asal,
        "perubahan": compare_pages(last.read_page(), page),
        "sebab": [dict(cause) for cause in causes],
    }


def read_revision(path: Path) -> dict[str, Any]:
    """Read the revision a page object carries; empty where it carries none."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    found = told.get("revisi") if isinstance(told, dict) else None
    return found if isinstance(found, dict) and found.keys() >= FACTS else {}


def lay_revision(
    stem: str, html: bytes, page: dict[str, Any], told: Mapping[str, Any]
) -> dict[str, bytes]:
    """Lay a revision into the foot of a page and into its object."""
    bahasa = str(page.get("bahasa", "id"))
    text = html.decode()
    place = next((text.rfind(p) for p in PLACES if p in text), len(text))
    shown = "\n".join(_write_foot(told, Words(bahasa)))
    settled = {f"{stem}.html": f"{text[:place]}{shown}\n{text[place:]}".encode()}
    if page:
        settled[f"{stem}{PAGE}"] = write_page({**page, "revisi": dict(told)})
    return settled


def _write_foot(told: Mapping[str, Any], words: Words) -> list[str]:
    """Write the section at the foot of a revised page."""
    lines = say_revision(told, words)
    items = [f"<li>{markup.escape(line)}</li>" for line in lines[1:]]
    return [
        '<section class="revisi" id="revisi">',
        f"<p><strong>{markup.escape(lines[0])}</strong></p>",
        *(["<ul>", *items, "</ul>"] if items else []),
        "</section>",
    ]


def say_revision(told: Mapping[str, Any], words: Words) -> list[str]:
    """Say in lines what a revision replaces, what changed and why."""
    day = str(told["terbit"])
    values = {
        "nomor": told["nomor"],
        "lama": told["menggantikan"],
        "tanggal": words.tanggal(dt.date.fromisoformat(day)) if day else "-",
    }
    changes, causes = _choose_changes(told["perubahan"]), told["sebab"]
    head = words.say("revisi.kepala", values)
    if not changes:
        head = f"{head} {words.say('revisi.tanpa_angka')}"
    lines = [head, *(_say_change(one, words) for one in changes[:MOST_SHOWN])]
    lines += _say_more(len(told["perubahan"]) - min(len(changes), MOST_SHOWN), words)
    lines += [_say_cause(one, words) for one in causes[:MOST_SHOWN]]
    return lines + _say_more(len(causes) - MOST_SHOWN, words)


def _choose_changes(changes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Choose what is listed: the measured first, of a forecast the middle only."""
    shown = [c for c in changes if c["figure"].get("kuantil") in {None, MIDDLE}]
    return sorted(shown, key=lambda change: "kuantil" in change["figure"])


def _say_more(more: int, words: Words) -> list[str]:
    """Count what is not listed."""
    return [words.say("revisi.lainnya", {"jumlah": more})] if more > 0 else []


def _say_change(one: Mapping[str, Any], words: Words) -> str:
    """Say which figure went from what to what."""
    figure = one["figure"]
    label = f"angka.{figure['name']}"
    parts = [
        words.say(label) if words.has(label) else figure["name"].replace("_", " "),
        *(
            str(figure[k])
            for k in ("segmen", "skenario")
            if figure.get(k) != "total" and k in figure
        ),
        _say_month(figure.get("periode"), words),
    ]
    missing = words.say("umum.tidak_tersedia")
    name = ", ".join(part for part in parts if part)
    return f"{name}: {one['dari'] or missing} → {one['ke'] or missing}"


def _say_month(periode: str | None, words: Words) -> str:
    """Write the month a figure holds for."""
    return words.bulan(dt.date.fromisoformat(periode), short=True) if periode else ""


def _say_cause(one: Mapping[str, Any], words: Words) -> str:
    """Say which file and row brought another value."""
    if "lainnya" in one:
        return words.say("revisi.lainnya", {"jumlah": one["lainnya"]})
    place = one["file"] or one["table"]
    values = {
        "berkas": place if one["baris"] is None else f"{place}:{one['baris']}",
        "kolom": one["kolom"],
        "kunci": ", ".join([one["kode"], *map(str, one["kunci"].values())]),
        "dari": one["dari"],
        "ke": one["ke"],
    }
    return words.say("revisi.sebab", values)
