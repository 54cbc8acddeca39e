"""Mail: size and cost of a message, faults at the server, small counts.

python -m benchmarks mail
"""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
COPIES = 100
KINDS = (
    ("no fault", {}),
    ("20% 451 at RCPT, 10% 452 at DATA", {"rcpt": 0.2, "data": 0.1}),
    ("20% dropped before acceptance", {"before": 0.2}),
    ("20% accepted, dropped before the reply", {"after": 0.2}),
)
NOW = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)


class Flaky:
    """A mailbox that refuses and drops by chance."""

    def __init__(self, rates, seed):
        self.rates, self.rng, self.got = rates, random.Random(seed), Counter()

    def hit(self, kind):
        return self.rng.random() < self.rates.get(kind, 0.0)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.hit("rcpt"):
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.hit("data"):
            return "452 no space for now"
        before = self.hit("before")
        if not before:
            self.got[envelope.rcpt_tos[0]] += 1
        if before or self.hit("after"):
            server.transport.abort()
        return "250 OK"


def outbox_of(folder):
    """Compose one small message for each of the addresses."""
    from jkn_analysis.delivery.message import Sender, build_body
    from jkn_analysis.delivery.outbox import write_messages
    from tests.unit.letters import make_letter

    sender = Sender("JKN <jkn@contoh.invalid>", "jkn@contoh.invalid")
    offices = {f"Kantor {n}": (f"k{n}@contoh.invalid",) for n in range(COPIES)}
    body = build_body(make_letter(), sender)
    bodies = dict.fromkeys(offices, body)
    write_messages(bodies, offices, sender=sender, tanggal=NOW, outbox=folder)


def naive(folder, port):
    """Send, and send everything again while anything fails."""
    from jkn_analysis.delivery.outbox import list_jobs, read_outbox

    jobs = list_jobs(read_outbox(folder))
    for _ in range(20):
        failed = False
        for job in jobs:
            try:
                with smtplib.SMTP("127.0.0.1", port) as link:
                    link.sendmail(job.sender, job.copy.alamat, job.path.read_bytes())
            except (smtplib.SMTPException, OSError):
                failed = True
        if not failed:
            return


def ours(folder, port):
    """Send with the ledger, three runs."""
    from jkn_analysis.delivery.ledger import open_ledger
    from jkn_analysis.delivery.outbox import list_jobs, read_outbox
    from jkn_analysis.delivery.server import SmtpSettings
    from jkn_analysis.delivery.smtp import send_all

    settings = SmtpSettings("127.0.0.1", port, "loopback")
    with open_ledger(folder / "ledger.sqlite", now=lambda: NOW) as ledger:
        for _ in range(3):
            results = send_all(
                list_jobs(read_outbox(folder)),
                settings=settings,
                ledger=ledger,
                pause=lambda _: None,
            )
    return Counter(result.status.value for result in results)


def measure_faults():
    """Compare a naive loop with the ledger under each kind of fault."""
    from aiosmtpd.controller import Controller

    print(f"\n{'faults, ' + str(COPIES) + ' copies':<40} {'naive':>22} {'ledger':>34}")
    for name, rates in KINDS:
        told = []
        for way in (naive, ours):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                outbox_of(folder)
                box = Flaky(rates, 1)
                with socket.create_server(("127.0.0.1", 0)) as probe:
                    port = probe.getsockname()[1]
                control = Controller(box, hostname="127.0.0.1", port=port)
                control.start()
                status = way(folder, port)
                control.stop(no_assert=True)
            twice = sum(count - 1 for count in box.got.values())
            told.append(f"{len(box.got)} arrived, {twice} twice")
            if status:
                told[-1] += f", {status['unknown']} unknown"
        print(f"{name:<40} {told[0]:>22} {told[1]:>34}")


def measure_messages():
    """Compose for every region of the sample whose page can be built."""
    from jkn_analysis.briefing import build_briefing
    from jkn_analysis.delivery.compose import Extras, write_letter
    from jkn_analysis.delivery.message import Attachment, Sender, build_body
    from jkn_analysis.store import write_tables
    from jkn_analysis.tables import TABLES
    from jkn_analysis.wilayah import list_wilayah
    from jkn_sample import build_tables

    sender = Sender("JKN <jkn@contoh.invalid>", "jkn@contoh.invalid")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        tables = {k: v for k, v in build_tables().items() if k in TABLES}
        write_tables({**tables, "wilayah": list_wilayah()}, root=root, contoh=True)
        for kode in sorted(tables["kepesertaan"]["kode"].unique()):
            started = time.process_time()
            briefing = build_briefing(kode, "2025-11", root=root)
            middle = time.process_time()
            report = Attachment("laporan-x.html", "text/html", b"<p>x</p>" * 10_000)
            letter = write_letter(briefing, meeting=None, extras=Extras((report,)))
            body = build_body(letter, sender)
            ended = time.process_time()
            inline = sum(len(png) for _, png in body.cids) * 1.37 + len(body.html)
            rows.append((middle - started, ended - middle, len(body.html), inline))
    names = ("briefing CPU s", "mail CPU s", "HTML bytes", "inline bytes")
    print(f"{len(rows)} regions{'':<12} {'mean':>12} {'most':>12}")
    for name, values in zip(names, zip(*rows[1:], strict=True), strict=True):
        print(f"  {name:<20} {sum(values) / len(values):12.2f} {max(values):12.2f}")


def measure_suppression():
    """Give away by primary suppression alone, and by ours; cells lost; cost."""
    import numpy as np
    import pandas as pd

    from jkn_analysis.suppression import (
        HIDDEN,
        add_totals,
        suppress_small,
    )
    from tests.suppression_audit import audit_intervals

    by, n = ["kecamatan", "alasan"], "jumlah_jiwa"
    head = ("table", "way", "hidden", "exact", "narrow", "CPU s each")
    print("\n{:<14}{:<14}{:>8}{:>8}{:>8}{:>12}".format(*head))
    for rows, columns, tables in ((10, 6, 12), (30, 12, 4), (100, 20, 1)):
        rng = np.random.default_rng(1)
        for way in ("primary only", "ours"):
            hidden = exact = narrow = cells = 0
            cost = 0.0
            for _ in range(tables):
                values = rng.negative_binomial(1, 1 / 16, size=(rows, columns))
                frame = add_totals(
                    pd.DataFrame(
                        [(f"k{i}", f"a{j}", v) for (i, j), v in np.ndenumerate(values)],
                        columns=[*by, n],
                    ),
                    by=by, count=n,
                )  # fmt: skip
                started = time.process_time()
                shown = suppress_small(frame, by=by, count=n)
                cost += time.process_time() - started
                if way == "primary only":
                    small = frame["kecamatan"].notna() & frame[n].between(1, 4)
                    shown = frame.assign(
                        **{n: frame[n].astype("Int64").mask(small), HIDDEN: small}
                    )
                sample = shown
                found = audit_intervals(sample, by=by, count=n)
                width = found["high"] - found["low"]
                cells += rows * columns
                hidden += len(found)
                exact += int((width < 1).sum())
                narrow += int((width < 5 - 1e-6).sum())
            kind = f"{rows}×{columns}"
            shares = (hidden / cells, exact / hidden, narrow / hidden)
            text = "".join(f"{share:8.0%}" for share in shares)
            price = f"{cost / tables:12.3f}" if way == "ours" else f"{'':>12}"
            print(f"{kind:<14}{way:<14}{text}{price}")


def main() -> None:
    """Print the three tables."""
    sys.path.insert(0, str(TOP))
    measure_messages()
    measure_faults()
    measure_suppression()


if __name__ == "__main__":
    main()
