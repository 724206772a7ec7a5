"""A basic phone: dials, presses, reads, hangs up, texts. Against a function in this process, or over HTTP as the gateway would."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from messaging.gateway import Dialled

CODE = "*284*55#"
NETWORKS = {"+25677": "64110", "+25678": "64110", "+25670": "64101", "+25675": "64101"}
Dial = Callable[[Dialled], tuple[str, bool]]
texts_sent = itertools.count(1)


@dataclass
class Phone:
    """`dial` answers one request with what to show and whether that is the end, or is the address of a running service.

    `deep`: how the gateway hands on what was dialled with the code: "text", "code" or "both".
    """

    dial_to: Dial | str
    number: str = "+256772123456"
    secret: str = "development"
    cumulative: bool = True
    deep: str = "text"
    screen: str = ""
    ended: bool = True
    seen: list[str] = field(default_factory=list)
    session_id: str = ""
    typed: list[str] = field(default_factory=list)
    code: str = CODE

    def dial(self, code: str = CODE) -> str:
        """A new session. Segments after the service's own code arrive as first inputs."""
        self.session_id, self.ended = f"ATUid_{uuid.uuid4().hex}", False
        beyond = [part for part in code.removeprefix(CODE.removesuffix("#")).removesuffix("#").split("*") if part]
        self.code = code if self.deep in ("code", "both") else CODE
        self.typed = beyond if self.deep in ("text", "both") and self.cumulative else []
        return self._ask("*".join(self.typed) if self.cumulative else code)

    def press(self, keys: str) -> str:
        """Type something and send it."""
        if self.ended:
            raise RuntimeError(f"the session is over; the last screen was {self.screen!r}")
        self.typed = [*self.typed, keys]
        return self._ask("*".join(self.typed) if self.cumulative else keys)

    def again(self) -> str:
        """The network repeats the last request."""
        return self._ask("*".join(self.typed) if self.cumulative else self.typed[-1])

    def hang_up(self) -> None:
        """The session drops; the service is not told."""
        self.ended = True

    def choose(self, label: str) -> str:
        """Press the number of a choice by its words, turning pages until it is found. Raises LookupError."""
        first = self.screen
        while True:
            for line in self.screen.split("\n"):
                number, _, words = line.partition(" ")
                if number.isdigit() and number not in ("0", "98") and words == label:
                    return self.press(number)
            if "\n98 " not in self.screen or self.press("98") == first:
                raise LookupError(f"no choice {label!r} on {first!r}")

    def text(self, words: str, *, gateway_id: str = "", to: str = "") -> int:
        """Send a text to the service, over HTTP. The status of the answer."""
        form = {
            "id": gateway_id or f"inbound-{next(texts_sent)}-{uuid.uuid4().hex[:8]}",
            "linkId": "",
            "from": self.number,
            "to": to or "28455",
            "text": words,
            "date": "2026-03-12 09:00:00",
            "networkCode": self.network,
            "cost": "0",
        }
        return requests.post(f"{self.dial_to}/at/{self.secret}/sms", data=form, timeout=10).status_code

    @property
    def network(self) -> str:
        return NETWORKS.get(self.number[:6], "64110")

    def _ask(self, text: str) -> str:
        dialled = Dialled(self.session_id, self.number, self.code, self.network, text, self.cumulative)
        self.screen, self.ended = self._post(dialled) if isinstance(self.dial_to, str) else self.dial_to(dialled)
        self.seen.append(self.screen)
        return self.screen

    def _post(self, dialled: Dialled) -> tuple[str, bool]:
        form = {
            "sessionId": dialled.session_id,
            "phoneNumber": dialled.phone,
            "networkCode": dialled.network,
            "serviceCode": dialled.service_code,
            "text": dialled.text,
        }
        answer = requests.post(f"{self.dial_to}/at/{self.secret}/ussd", data=form, timeout=10)
        kind, _, body = answer.text.partition(" ")
        if answer.status_code != 200 or kind not in ("CON", "END"):
            raise RuntimeError(f"a USSD answer must be 200 and begin with CON or END, not {answer.status_code} {answer.text[:80]!r}")
        return body, kind == "END"
