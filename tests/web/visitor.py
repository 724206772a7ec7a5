"""A driver of the portal: somebody with a browser, who reads pages and fills in forms with the token that stands in them."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from jobs.runtime import Runtime
from service.accounts import passwords, people
from service.accounts.models import Account

PASSWORD = "three wet green goats"
HASHED = passwords.hashed(PASSWORD)  # once: it is slow on purpose
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """One browser. `at` is the last answer; redirects are followed by hand, so that their addresses can be looked at."""

    def __init__(self, app: Flask, address: str = "198.51.100.7") -> None:
        self.client = app.test_client()
        self.address, self.token, self.visited = address, "", list[str]()
        self.at: TestResponse

    def get(self, path: str) -> "Visitor":
        self.visited.append(path)
        return self._took(self.client.get(path, environ_base={"REMOTE_ADDR": self.address}))

    def post(self, path: str, **form: Any) -> "Visitor":
        """Fill in and send; the token is that of a page seen before."""
        if not self.token:
            self.get("/sign-in")
        self.visited.append(path)
        sent = {"csrf_token": self.token, **form}
        return self._took(self.client.post(path, data=sent, environ_base={"REMOTE_ADDR": self.address}))

    def follow(self) -> "Visitor":
        assert self.at.status_code in {302, 303}, self.text
        return self.get(self.at.headers["Location"])

    def signs_in(self, email: str, password: str = PASSWORD) -> "Visitor":
        self.get("/sign-in").post("/sign-in", email=email, password=password)
        if self.status == 302:
            self.follow()
        return self

    @property
    def status(self) -> int:
        return self.at.status_code

    @property
    def text(self) -> str:
        return unescape(self.at.get_data(as_text=True))

    @property
    def cookies(self) -> list[str]:
        return self.at.headers.getlist("Set-Cookie")

    def _took(self, answer: TestResponse) -> "Visitor":
        self.at = answer
        found = TOKEN.search(answer.get_data(as_text=True)) if answer.mimetype == "text/html" else None
        self.token = found.group(1) if found else self.token
        return self


def account(session: Session, role: str, now: datetime, **values: Any) -> Account:
    """Somebody who can sign in with PASSWORD as <role>@example.org."""
    made = people.create(session, values.pop("email", f"{role}@example.org"), f"The {role}", role, "test", now, **values)
    made.password_hash = HASHED
    session.flush()
    return made


def staff(runtime: Runtime, *roles: str) -> None:
    with runtime.transaction() as session:
        for role in roles:
            account(session, role, runtime.now())
