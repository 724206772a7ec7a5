"""E-mail by SMTP: letters to operators, encrypted wherever the server can, a password never in clear. Takes no session."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import structlog

from core.errors import Misconfigured
from jobs.hearers import MailFailed

log = structlog.get_logger(__name__)
SECONDS = 10.0
PORTS = {"smtp": 587, "smtps": 465}
AT_HOME = ("localhost", "127.0.0.1", "::1")


class Smtp:
    """One server. smtps:// speaks TLS from the first byte, smtp:// from STARTTLS on, where the server offers it."""

    def __init__(self, url: str, home: str) -> None:
        """`home`: the host that we are reached at, for the sender's address. Raises Misconfigured for an address that is none."""
        try:
            read = urlsplit(url)
            port = read.port
        except ValueError as wrong:
            raise Misconfigured(f"SMTP_URL is no address: {wrong}") from wrong
        if read.scheme not in PORTS or not read.hostname:
            raise Misconfigured("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        self._scheme, self._host, self._port = read.scheme, read.hostname, port or PORTS[read.scheme]
        self._user, self._password = unquote(read.username or ""), unquote(read.password or "")
        self._from = self._user if "@" in self._user else f"ensigo@{home or 'localhost'}"

    def send(self, to: Sequence[str], subject: str, body: str) -> None:
        """One letter to each, none seeing the others. Raises MailFailed when not one of them left."""
        sent, why = 0, "every address was refused"
        try:
            with self._open() as server:
                for one in to:
                    sent += _sent(server, self._letter(one, subject, body))
        except (OSError, smtplib.SMTPException) as wrong:  # an answer of theirs may name an address: only its kind is told
            why = type(wrong).__name__
        if sent < len(to):
            log.warning("letters did not leave", left=sent, of=len(to), why=why)
        if not sent:
            raise MailFailed(why)

    def _open(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SECONDS)
        try:
            self._greet(server)
        except BaseException:
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        safe = self._scheme == "smtps"
        if not safe and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            safe = True
        if not self._user:
            return
        if not safe and self._host not in AT_HOME:
            raise smtplib.SMTPNotSupportedError("no TLS: a password is not sent in clear")
        server.login(self._user, self._password)

    def _letter(self, to: str, subject: str, body: str) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._from, to, " ".join(subject.split())
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain=self._from.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body)
        return letter


def _sent(server: smtplib.SMTP, letter: EmailMessage) -> bool:
    try:
        server.send_message(letter)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
        server.rset()
        return False
    return True
