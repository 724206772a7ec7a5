"""The `africastalking` package on a wire that tells what happened: the status kept, no redirect followed, nothing repeated, all in time.

The package hides the status code, sends the key after a redirect, and lets a dripping answer last for minutes. Only its one method that
makes a request is replaced here; addresses, fields and headers stay its own.
"""

from collections.abc import Mapping
from typing import Any

from africastalking.SMS import SMSService

from messaging.gateways.line import CONNECT_AND_READ, Answer, Line, checked


class Wire(SMSService):
    """One account on one base address. Safe to use from several threads. Raises Misconfigured for an address that would leak the key."""

    def __init__(self, username: str, api_key: str, base_url: str | None, deadline: float) -> None:
        super().__init__(username, api_key)
        if base_url:
            base = checked(base_url, "AT_BASE_URL")
            self._baseUrl, self._contentUrl = base + "/version1", base + "/content/version1"
        self._line = Line(deadline)

    def account(self) -> Answer:
        """Ask for the account's balance."""
        return self._make_request(self._make_url("/user"), "GET", self._headers, None, {"username": self._username})

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
        callback: None = None,
        timeout: tuple[float, float] = CONNECT_AND_READ,
    ) -> Answer:
        """The package's only way out, inside the total deadline. Raises NoAnswer."""
        return self._line.ask(method, url, headers=headers, data=data, params=params, timeout=timeout)
