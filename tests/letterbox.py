"""A mail server for tests: real SMTP over a socket, with TLS and sign-in where asked; it keeps the letters and can refuse them."""

import socketserver
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


@dataclass
class Letterbox:
    """`starttls`, `smtps`: a certificate's folder; `refuses`: addresses that it takes nothing for; `dead`: it hangs up at once."""

    starttls: Path | None = None
    smtps: Path | None = None
    refuses: set[str] = field(default_factory=set)
    dead: bool = False
    letters: list[EmailMessage] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    def __enter__(self) -> "Letterbox":
        box = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                converse(self, box)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def url(self, sign_in: str = "", host: str = "localhost") -> str:
        return f"smtp{'s' if self.smtps else ''}://{sign_in}{host}:{self.server.server_address[1]}"


def certificate(folder: Path) -> Path:
    """A key and a certificate for localhost, as openssl makes them."""
    made = [
        "-keyout",
        f"{folder}/key.pem",
        "-out",
        f"{folder}/cert.pem",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made], check=True, capture_output=True)
    return folder


def converse(talk: socketserver.StreamRequestHandler, box: Letterbox) -> None:
    """One connection from its greeting to its end."""
    if box.dead:
        return
    if box.smtps:
        secure(talk, box.smtps)
    safe, known, to = box.smtps is not None, False, ""
    say(talk, "220 here")
    while line := talk.rfile.readline().decode().strip():
        verb = line.upper().split(" ")[0]
        if verb == "EHLO":
            offers = ["250-here"] + (["250-STARTTLS"] if box.starttls and not safe else []) + ["250 AUTH PLAIN"]
            say(talk, "\r\n".join(offers))
        elif verb == "STARTTLS" and box.starttls:
            say(talk, "220 go on")
            secure(talk, box.starttls)
            safe = True
        elif verb == "RCPT":
            to = line.partition("<")[2].partition(">")[0]
            say(talk, "550 not here" if to in box.refuses else "250 ok")
        elif verb == "DATA":
            say(talk, "354 go on")
            keep(talk, box)
            box.encrypted.append(safe)
            box.signed_in.append(known)
            say(talk, "250 kept")
        elif verb == "QUIT":
            say(talk, "221 bye")
            return
        else:
            known = known or verb == "AUTH"
            say(talk, "235 ok" if verb == "AUTH" else "250 ok")


def secure(talk: socketserver.StreamRequestHandler, folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    talk.request = context.wrap_socket(talk.request, server_side=True)
    talk.rfile, talk.wfile = talk.request.makefile("rb"), talk.request.makefile("wb", buffering=0)


def keep(talk: socketserver.StreamRequestHandler, box: Letterbox) -> None:
    lines = []
    while (line := talk.rfile.readline()) != b".\r\n":
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    box.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))


def say(talk: socketserver.StreamRequestHandler, words: str) -> None:
    talk.wfile.write(f"{words}\r\n".encode())
