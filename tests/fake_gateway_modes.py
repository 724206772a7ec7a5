"""The fake gateway's moods: what each does with a call, and which phones bring it about."""

import json
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol
from xml.sax.saxutils import escape

JSON, TEXT, HTML, XML = "application/json", "text/plain", "text/html", "application/xml"
PORTAL = b"<html><body>Please sign in to this network</body></html>"


class Line(Protocol):
    """The connection of one call, as a mood sees it."""

    connection: socket.socket

    def reply(self, status: int, kind: str, body: bytes, **headers: str) -> None: ...
    def whole(self, status: int, kind: str, body: bytes, **headers: str) -> bytes: ...
    def hang(self) -> None: ...
    def drip(self, piece: bytes) -> None: ...
    def setting(self, name: str) -> Any: ...
    def envelope(self, rows: list[dict[str, Any]], message: str = "") -> tuple[str, bytes]: ...


class HungUp(Exception):
    """The connection is over; nothing more is answered on it."""


def taken(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope(rows))


def with_charset(line: Line, rows: list[dict[str, Any]]) -> None:
    kind, body = line.envelope(rows)
    line.reply(201, kind + "; charset=utf-8", body)


def hang(line: Line, rows: list[dict[str, Any]]) -> None:
    line.hang()
    raise HungUp


def drop(line: Line, rows: list[dict[str, Any]]) -> None:
    raise HungUp


def reset(line: Line, rows: list[dict[str, Any]]) -> None:
    line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.connection.close()
    raise HungUp


def half_headers(line: Line, rows: list[dict[str, Any]]) -> None:
    line.connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: applic")
    raise HungUp


def truncated(line: Line, rows: list[dict[str, Any]]) -> None:
    answer = line.whole(201, *line.envelope(rows))
    line.connection.sendall(answer[: -len(line.envelope(rows)[1]) // 2])
    raise HungUp


def drip_body(line: Line, rows: list[dict[str, Any]]) -> None:
    head, _, body = line.whole(201, *line.envelope(rows)).partition(b"\r\n\r\n")
    line.connection.sendall(head + b"\r\n\r\n")
    line.drip(body)


def drip_headers(line: Line, rows: list[dict[str, Any]]) -> None:
    line.drip(line.whole(201, *line.envelope(rows)))


def missing(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope(rows[:-1]))


def doubled(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope([*rows, *reversed(rows)]))


def reordered(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope(rows[::-1]))


def unknown_code(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope([row | {"statusCode": 999, "status": "Perhaps"} for row in rows]))


def no_id(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope([row | {"messageId": "None"} for row in rows]))


def invalid_sender(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope([], "InvalidSenderId"))


def nobody(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(201, *line.envelope([], "Sent to 0/1 Total Cost: 0"))


def elsewhere(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(302, TEXT, b"", Location=line.setting("redirect_to"))


def throttle(line: Line, rows: list[dict[str, Any]]) -> None:
    line.reply(429, TEXT, b"Too many requests", Retry_After=str(line.setting("retry_after")))


def saying(status: int, kind: str, body: bytes) -> Callable[[Line, list[dict[str, Any]]], None]:
    return lambda line, rows: line.reply(status, kind, body)


# Name: (whether the phones were taken, and so are in the ledger; what the caller gets to see).
MODES: dict[str, tuple[bool, Callable[[Line, list[dict[str, Any]]], None]]] = {
    "ok": (True, taken),
    "accept_then_hang": (True, hang),
    "accept_then_500": (True, saying(500, TEXT, b"Internal server error")),
    "accept_then_reset": (True, reset),
    "accept_then_drop": (True, drop),
    "hang_then_drop": (False, hang),
    "refuse": (False, saying(401, TEXT, b"The supplied authentication is invalid")),
    "throttle": (False, throttle),
    "500": (False, saying(500, TEXT, b"Internal server error")),
    "503": (False, saying(503, HTML, b"<h1>Service unavailable</h1>")),
    "half_headers": (True, half_headers),
    "truncated_body": (True, truncated),
    "invalid_json": (True, saying(201, JSON, b'{"SMSMessageData":{"Recipients":[')),
    "html_200": (False, saying(200, HTML, PORTAL)),
    "redirect": (False, elsewhere),
    "charset_json": (True, with_charset),
    "drip_body": (True, drip_body),
    "drip_headers": (True, drip_headers),
    "missing": (True, missing),
    "doubled": (True, doubled),
    "reordered": (True, reordered),
    "unknown_code": (True, unknown_code),
    "no_id": (True, no_id),
    "empty_balance": (False, taken),
    "invalid_sender": (False, invalid_sender),
    "nobody": (False, nobody),
}

# A phone that ends in one of these decides the mood of its whole call.
CALL_SUFFIXES = {
    "0001": "ok",
    "0002": "accept_then_hang",
    "0003": "accept_then_500",
    "0004": "accept_then_reset",
    "0005": "accept_then_drop",
    "0006": "hang_then_drop",
    "0007": "refuse",
    "0008": "throttle",
    "0009": "500",
    "0010": "503",
    "0011": "half_headers",
    "0012": "truncated_body",
    "0013": "invalid_json",
    "0014": "html_200",
    "0015": "redirect",
    "0016": "charset_json",
    "0017": "drip_body",
    "0018": "drip_headers",
    "0019": "missing",
    "0020": "doubled",
    "0021": "reordered",
    "0022": "unknown_code",
    "0023": "no_id",
    "0024": "empty_balance",
    "0025": "invalid_sender",
    "0026": "nobody",
}

# A phone that ends in one of these is refused alone, with this code. (…0701 to …0705 are taken and not delivered: see the reports.)
PHONE_SUFFIXES = {
    "0401": (401, "RiskHold"),
    "0402": (402, "InvalidSenderId"),
    "0403": (403, "InvalidPhoneNumber"),
    "0404": (404, "UnsupportedNumberType"),
    "0405": (405, "InsufficientBalance"),
    "0406": (406, "UserInBlacklist"),
    "0407": (407, "CouldNotRoute"),
    "0409": (409, "DoNotDisturbRejection"),
    "0500": (500, "InternalServerError"),
    "0501": (501, "GatewayError"),
    "0502": (502, "RejectedByGateway"),
}


def as_json(rows: list[dict[str, Any]], message: str) -> bytes:
    return json.dumps({"SMSMessageData": {"Message": message, "Recipients": rows}}).encode()


def as_xml(rows: list[dict[str, Any]], message: str) -> bytes:
    """What the gateway answers to who does not ask for JSON."""
    inside = "".join("<Recipient>" + "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in row.items()) + "</Recipient>" for row in rows)
    told = f"<SMSMessageData><Message>{escape(message)}</Message><Recipients>{inside}</Recipients></SMSMessageData>"
    return f"<AfricasTalkingResponse>{told}</AfricasTalkingResponse>".encode()
