"""Through a real server: nobody gets two, nobody is lost, the ledger tells."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest
from pydantic import SecretStr

from jkn_analysis.delivery.ledger import Status, open_ledger
from jkn_analysis.delivery.outbox import list_jobs, read_outbox
from jkn_analysis.delivery.smtp import BACKOFF_S, read_settings, send_all
from jkn_analysis.errors import ConfigError, DeliveryError, LockedError
from tests.delivery.conftest import NOW, Faults

SEKDA, DINSOS, DINSOS2, BPKAD = (
    f"{name}@contoh.invalid" for name in ("sekda", "dinsos", "dinsos2", "bpkad")
)
ALL = sorted([SEKDA, DINSOS, DINSOS2, BPKAD])


class Sending:
    """One outbox, one ledger, one server; send as often as you like."""

    def __init__(self, folder, server):
        self.folder, self.server, self.pauses = folder, server, []
        self.ledger = folder.parent / "ledger.sqlite"

    def send(self, **options):
        jobs = list_jobs(read_outbox(self.folder))
        with open_ledger(self.ledger, now=lambda: NOW) as ledger:
            return send_all(
                jobs,
                settings=options.pop("settings", self.server.settings),
                ledger=ledger,
                pause=self.pauses.append,
                **options,
            )

    def told(self):
        with open_ledger(self.ledger, now=lambda: NOW) as ledger:
            return {r.copy.alamat: r.status.value for r in ledger.list_latest()}

    def received(self):
        return sorted(address for address, _ in self.server.box.received())


@pytest.fixture
def sending(outbox, serve):
    def start(faults=None, **options):
        return Sending(outbox(), serve(faults, **options))

    return start


@pytest.mark.parametrize("security", ["starttls", "smtps"])
def test_every_recipient_gets_one_copy_over_tls_with_login(sending, security):
    run = sending(security=security)
    results = run.send()
    assert [result.status for result in results] == [Status.SENT] * 4
    assert run.received() == ALL
    assert run.server.box.logins == 1
    assert set(run.told().values()) == {"sent"}


def test_a_second_run_sends_nothing(sending):
    run = sending()
    run.send()
    again = run.send()
    assert all(result.skipped for result in again)
    assert run.received() == ALL


def test_again_sends_once_more_under_the_same_message_id(sending):
    run = sending()
    run.send()
    run.send(again="also_settled")
    counts = Counter(run.server.box.received())
    assert set(counts.values()) == {2}
    assert len(counts) == 4


def test_what_arrives_is_byte_for_byte_what_lies_in_the_outbox(sending):
    run = sending()
    run.send()
    (sekda,) = [raw for to, raw in run.server.box.accepted if to == SEKDA]
    (entry,) = [e for e in read_outbox(run.folder) if SEKDA in e.alamat]
    assert sekda.rstrip() == entry.path.read_bytes().rstrip()


def test_lines_that_begin_with_a_dot_survive(outbox, serve):
    folder = outbox(sentences=(".", "..titik", "." * 100))
    run = Sending(folder, serve())
    run.send()
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(run.server.box.accepted[0][1], policy=default)
    text = message.get_body(("plain",)).get_content()
    assert "\n.\n..titik\n" + "." * 100 in text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "faults",
    [
        Faults(greet_421=1),
        Faults(mail=["421 4.3.2 shutting down"]),
        Faults(mail=["250 OK", "451 4.3.0 try later"]),
        Faults(rcpt={DINSOS: ["450 4.2.1 greylisted", "450 4.2.1 greylisted"]}),
        Faults(rcpt={DINSOS: ["421 4.3.2 too many"]}),
        Faults(data={DINSOS: ["452 4.3.1 no space for now"]}),
        Faults(rcpt={DINSOS: ["drop"]}),
        Faults(greet_421=2, rcpt={BPKAD: ["451 later"], SEKDA: ["drop"]}),
    ],
    ids=["421-greet", "421-mail", "451-mail", "450-rcpt", "421-rcpt", "452-data",
         "drop-between-recipients", "several"],
)  # fmt: skip
def test_a_temporary_fault_is_retried_and_all_get_one(sending, faults):
    run = sending(faults)
    results = run.send()
    assert [result.status for result in results] == [Status.SENT] * 4
    assert run.received() == ALL
    assert tuple(run.pauses) == BACKOFF_S[: len(run.pauses)]
    assert run.pauses


@pytest.mark.parametrize(
    ("faults", "reply"),
    [
        (Faults(data={DINSOS: ["552 5.2.2 mailbox full"]}), "552"),
        (Faults(rcpt={DINSOS: ["550 5.1.1 no such user"]}), "550"),
    ],
)
def test_a_refusal_for_good_is_not_retried_and_holds_nobody_else(
    sending, faults, reply
):
    run = sending(faults)
    by_address = {result.copy.alamat: result for result in run.send()}
    assert by_address[DINSOS].status is Status.REFUSED
    assert by_address[DINSOS].jawaban.startswith(reply)
    assert run.received() == sorted({*ALL} - {DINSOS})
    assert run.pauses == []


def test_a_refused_copy_is_tried_again_in_the_next_run(sending):
    run = sending(Faults(data={DINSOS: ["552 5.2.2 mailbox full"]}))
    run.send()
    run.send()
    assert run.received() == ALL
    assert set(run.told().values()) == {"sent"}


def test_a_copy_deferred_to_the_end_is_told_and_sent_by_the_next_run(sending):
    run = sending(Faults(rcpt={DINSOS: ["450 later"] * (len(BACKOFF_S) + 1)}))
    run.send()
    assert run.told()[DINSOS] == "deferred"
    assert run.pauses == list(BACKOFF_S)
    run.send()
    assert run.received() == ALL


@pytest.mark.parametrize(
    ("drop", "arrived"), [("drop_before", False), ("drop_after", True)]
)
def test_a_cut_after_data_is_unknown_and_never_sent_again_by_itself(
    sending, drop, arrived
):
    run = sending(Faults(data={DINSOS: [drop]}))
    run.send()
    assert run.told()[DINSOS] == "unknown"
    run.send()
    run.send()
    assert run.received() == (ALL if arrived else sorted({*ALL} - {DINSOS}))
    assert run.told()[DINSOS] == "unknown"


def test_a_person_can_send_an_unknown_copy_again_with_its_message_id(sending):
    run = sending(Faults(data={DINSOS: ["drop_after"]}))
    run.send()
    run.send(again="also_settled")
    ids = {mid for to, mid in run.server.box.received() if to == DINSOS}
    assert len(ids) == 1
    assert run.told()[DINSOS] == "sent"


def test_a_local_catcher_without_tls_or_login_works_on_this_machine(outbox, serve):
    run = Sending(outbox(contoh=True), serve(security="bare"))
    local = dataclasses.replace(run.server.settings, security="loopback", user="")
    results = run.send(settings=local)
    assert {result.status for result in results} == {Status.SENT}
    assert run.received() == ALL


def test_no_message_goes_out_in_clear_when_starttls_is_missing(sending):
    run = sending(security="bare")
    with pytest.raises(DeliveryError, match="offers no STARTTLS"):
        run.send()
    assert run.received() == []


@pytest.mark.parametrize("security", ["starttls", "smtps"])
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [("wrong_name", "Hostname mismatch"), ("expired", "certificate has expired")],
)
def test_a_wrong_certificate_stops_everything(sending, security, certificate, reason):
    run = sending(security=security, certificate=certificate)
    with pytest.raises(DeliveryError, match=reason):
        run.send()
    assert run.received() == []
    assert run.server.box.logins == 0


def test_an_unknown_authority_stops_everything(sending):
    run = sending(ca=False)
    with pytest.raises(DeliveryError, match="TLS refused"):
        run.send()
    assert run.received() == []


def test_the_authority_may_come_from_the_environment(sending, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca_file)
    run = sending(ca=False)
    assert {result.status for result in run.send()} == {Status.SENT}


def test_a_refused_password_stops_and_is_in_no_message(sending):
    run = sending()
    wrong = dataclasses.replace(run.server.settings, password=SecretStr("salah-sekali"))
    with pytest.raises(DeliveryError, match="login refused") as caught:
        run.send(settings=wrong)
    assert "salah-sekali" not in str(caught.value) + repr(wrong)
    assert run.received() == []


def test_sample_data_cannot_leave_this_machine(outbox, serve):
    run = Sending(outbox(contoh=True), serve())
    outside = dataclasses.replace(run.server.settings, host="mail.contoh.invalid")
    with pytest.raises(DeliveryError, match="may not leave this machine"):
        run.send(settings=outside)
    assert {result.status for result in run.send()} == {Status.SENT}


def test_a_message_without_the_mark_counts_as_sample(outbox, serve):
    folder = outbox()
    for path in folder.glob("*/*.eml"):
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b"X-JKN-Data-Contoh: tidak\r\n", b""))
    assert all(entry.contoh for entry in read_outbox(folder))


def test_a_second_sender_is_kept_out(sending):
    run = sending()
    with (
        open_ledger(run.ledger, now=lambda: NOW),
        pytest.raises(LockedError, match="is sending"),
    ):
        run.send()


def test_a_damaged_ledger_stops_the_sending(sending):
    run = sending()
    run.ledger.write_bytes(b"not a database, sixteen bytes and more" * 50)
    with pytest.raises(DeliveryError, match="ledger of sent mail cannot be read"):
        run.send()


ENVIRONMENT = {
    "JKN_SMTP_HOST": "mail.go.id",
    "JKN_SMTP_USER": "jkn",
    "JKN_SMTP_PASSWORD": "rahasia-uji",
}


def test_settings_come_from_the_environment_with_safe_defaults():
    settings = read_settings(ENVIRONMENT)
    assert (settings.security, settings.port) == ("starttls", 587)
    assert settings.password.get_secret_value() == "rahasia-uji"
    assert "rahasia-uji" not in repr(settings)


def test_without_password_the_keyring_is_asked(monkeypatch):
    import keyring

    asked = []
    monkeypatch.setattr(
        keyring, "get_password", lambda *name: asked.append(name) or "dari-keyring"
    )
    settings = read_settings({**ENVIRONMENT, "JKN_SMTP_PASSWORD": ""})
    assert settings.password.get_secret_value() == "dari-keyring"
    assert asked == [("jkn-analysis", "jkn")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"JKN_SMTP_HOST": ""}, "JKN_SMTP_HOST is not set"),
        ({"JKN_SMTP_SECURITY": "none"}, "'none'"),
        ({"JKN_SMTP_SECURITY": "loopback"}, "cross the network in clear"),
        ({"JKN_SMTP_PORT": "smtp"}, "not a number"),
        ({"JKN_SMTP_PASSWORD": "kata–sandi"}, "outside ASCII"),
    ],
)
def test_settings_that_cannot_work_or_are_unsafe_are_refused(change, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read_settings({**ENVIRONMENT, **change})
    assert "sandi" not in str(caught.value)


_CHILD = """
import sys, datetime as dt
from pathlib import Path
from pydantic import SecretStr
from jkn_analysis.delivery.ledger import open_ledger
from jkn_analysis.delivery.outbox import list_jobs, read_outbox
from jkn_analysis.delivery.smtp import SmtpSettings, send_all
folder, port, ca = sys.argv[1:]
settings = SmtpSettings("localhost", int(port), "starttls", "jkn",
                        SecretStr("rahasia-uji"), ca)
now = lambda: dt.datetime(2025, 12, 1, tzinfo=dt.timezone.utc)
with open_ledger(Path(folder).parent / "ledger.sqlite", now=now) as ledger:
    send_all(list_jobs(read_outbox(Path(folder))), settings=settings, ledger=ledger,
             pause=lambda s: None)
"""


def test_kill_9_between_data_and_its_reply_sends_nothing_twice(sending, top):
    run = sending(Faults(hang=DINSOS))
    killed = threading.Event()
    settings = run.server.settings
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(run.folder), str(settings.port),
         settings.ca_file],
        cwd=top,
    )  # fmt: skip

    def kill():
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        killed.set()

    run.server.box.on_hang = kill
    assert killed.wait(60)
    run.server.box.faults.hang = ""
    results = {result.copy.alamat: result.status for result in run.send()}
    assert results[DINSOS] is Status.UNKNOWN
    assert run.received() == ALL
    assert run.told()[DINSOS] == "unknown"
    ids = [mid for _, mid in run.server.box.received()]
    assert max(Counter(run.server.box.received()).values()) == 1
    assert len(set(ids)) == 3
