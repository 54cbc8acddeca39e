"""Canaries: a NIK, card, phone and name put in everywhere, looked for everywhere.

They are put into every free-text column of every delivered table, the names of files
and sheets, a returned form and every column of two registers; then build, check,
forecast, run, reconcile, mail to a server of this machine, share, papan and scan run
as commands. Then they are put into the stored tables, past the door, and page and
mail are made again. Nothing of them may be in a table, page, mail, log line or
temporary file.

    python -m benchmarks canary
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._project import DAY, REGIONS, call, lay_project, serve_mail
from tests.delivery.test_canary import (
    CANARIES,
    NIK,
    WRITTEN,
    bytes_of,
    columns_of_free_text,
    sample_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

KODE = REGIONS[0]
PAST = {
    "tindak_lanjut": "catatan",
    "peristiwa": "keterangan",
    "rapat": "tempat",
    "penerima": "kantor",
}
"""Tables into which canaries are put past the door, and the column."""
CELLS = ("D5", "E5", "H5")
"""Open cells of a reply form."""


def put_deliveries(raw: Path) -> int:
    """Lay a spoilt file for each kind and free-text column; return how many."""
    count = 0
    for table, column in columns_of_free_text():
        for kind, text in WRITTEN.items():
            rows = sample_rows(table)
            rows[column] = rows[column].astype(object)
            rows.loc[rows.index[0], column] = text
            folder = raw / "contoh" / table
            folder.mkdir(parents=True, exist_ok=True)
            if count % 3:
                rows.to_csv(folder / f"{kind}-{count}.csv", index=False)
            else:
                book = folder / f"{NIK}-{count}.xlsx"
                rows.astype(str).to_excel(book, sheet_name=WRITTEN["nik"], index=False)
            count += 1
    return count


def put_registers(folder: Path) -> list[str]:
    """Write two registers whose every column holds canaries; return the options."""
    from jkn_sample.registers import build_registers

    made, words = build_registers(600, seed=3), []
    for name in ("bpjs", "dukcapil"):
        frame = getattr(made, name).astype(object).reset_index(drop=True)
        for place, column in enumerate(frame):
            for turn, text in enumerate((*WRITTEN.values(), *CANARIES.values())):
                frame.loc[20 * place + turn, column] = text
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False)
        words += [f"--{name}", str(path)]
    return words


def put_past_the_door(processed: Path) -> None:
    """Write canaries into stored tables, as a store of an older program may hold."""
    from jkn_analysis.store import read_table, write_table

    for table, column in PAST.items():
        rows = read_table(table, root=processed)
        own = rows.index[rows["kode"] == KODE]
        rows[column] = rows[column].astype(object)
        for kind, index in zip(WRITTEN, own, strict=False):
            rows.loc[index, column] = WRITTEN[kind]
        write_table(rows, table, root=processed)


def spoil_form(outbox: Path, folder: Path) -> list[Path]:
    """Take the reply form out of a mail and spoil each open cell in a copy."""
    import openpyxl

    path = next(outbox.glob(f"*/{KODE}-*.eml"))
    message = message_from_bytes(path.read_bytes(), policy=default)
    (form,) = (
        part
        for part in message.iter_attachments()
        if "tindak-lanjut" in str(part.get_filename())
    )
    made = []
    for cell in CELLS:
        for kind, text in WRITTEN.items():
            target = folder / f"{cell}-{kind}.xlsx"
            target.write_bytes(form.get_payload(decode=True))
            book = openpyxl.load_workbook(target)
            book.worksheets[0][cell] = text
            book.save(target)
            made.append(target)
    return made


def list_texts(*places: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and everything that each file below it says."""
    for place in places:
        for path in sorted(place.rglob("*")):
            if path.is_file():
                yield place.name, f"{path.name} {bytes_of(path)}"


def count_found(place: str, text: str) -> Counter[str]:
    """Count the canaries in a text, however its digits are parted."""
    plain = text.translate(dict.fromkeys(map(ord, "-. \n")))
    found = {kind: plain.count(v.replace(" ", "")) for kind, v in CANARIES.items()}
    return Counter({f"{kind} in {place}": n for kind, n in found.items() if n})


class Project:
    """A project whose commands are run and whose every word is kept."""

    def __init__(self, top: Path) -> None:
        self.root, self.temporary, self.inputs = (
            top / name for name in ("proyek", "sementara", "masukan")
        )
        for folder in (self.root, self.temporary, self.inputs):
            folder.mkdir()
        self.said: list[str] = []
        own = {"TMPDIR": str(self.temporary), "HOME": str(self.temporary)}
        self.env = own | {"JKN_NIK_KEY": secrets.token_hex(32)}

    def jkn(self, *words: str) -> int:
        """Run a command, with the traceback of its error; keep what it says."""
        made = call(self.root, "-v", *words, env=self.env)
        self.said.append(made.stdout + made.stderr)
        print(f"  jkn {words[0]:<10} exit {made.returncode}", flush=True)
        return made.returncode

    def count(self, *, stored: bool) -> tuple[Counter[str], int]:
        """Count the canaries in all that was made; also the texts looked at."""
        places = [self.root / "reports", self.temporary]
        places += [self.root / "data/processed"] if stored else []
        texts = [*list_texts(*places), *(("log", text) for text in self.said)]
        return sum((count_found(*each) for each in texts), Counter()), len(texts)


def run_line(project: Project) -> list[str]:
    """Run every command on deliveries, form and registers; return what went wrong."""
    raw = project.root / "data/raw"
    lay_project(project.root)
    count = put_deliveries(raw)
    faults = []
    if not project.jkn("build"):
        faults.append("no delivery was refused")
    print(f"{count} spoilt deliveries beside the good ones")
    for words in (
        ("check", str(raw)),
        ("forecast",),
        ("run", "--all"),
        ("mail", "--all", "--date", DAY),
    ):
        project.jkn(*words)
    if project.jkn(
        "reconcile", *put_registers(project.inputs), "--as-of", "2025-11-30"
    ):
        faults.append("the registers were not reconciled")
    outbox = project.root / "reports/outbox"
    faults += [
        f"a spoilt form was read: {form.name}"
        for form in spoil_form(outbox, project.inputs)
        if not project.jkn("mail", "--read", str(form))
    ]
    for words in (
        ("share", KODE),
        ("papan", KODE, "--html", "reports/papan"),
        ("scan",),
        ("status",),
    ):
        project.jkn(*words)
    return faults


def main() -> None:
    """Run the line twice, count, and fail where anything was found."""
    os.environ.pop("JKN_SMTP_PASSWORD", None)
    with tempfile.TemporaryDirectory() as place, serve_mail() as (box, settings):
        project = Project(Path(place))
        project.env |= settings
        faults = run_line(project)
        project.jkn("mail", "--really", "--date", DAY, "--despite-refused")
        sent = len(box.received)
        found, texts = project.count(stored=True)
        print("canaries past the door, in the stored tables:")
        put_past_the_door(project.root / "data/processed")
        for words in (
            ("run", "--region", KODE, "--force"),
            ("mail", "--all", "--date", DAY, "--really", "--despite-refused"),
            ("share", KODE),
        ):
            project.jkn(*words)
        later, more = project.count(stored=False)
        (project.inputs / "server").mkdir()
        for number, raw in enumerate(box.received):
            (project.inputs / f"server/{number}.eml").write_bytes(raw)
        found += later
        for each in list_texts(project.inputs / "server"):
            found += count_found(*each)
    print(f"{texts + more} files and texts, {sent} + {len(box.received) - sent} mails")
    for fault in (*faults, *(f"{n} x {what}" for what, n in sorted(found.items()))):
        print(f"  FOUND {fault}")
    print(f"{sum(found.values())} canaries found, {len(faults)} faults")
    sys.exit(bool(found or faults or not sent))


if __name__ == "__main__":
    main()
