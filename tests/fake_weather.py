"""Open-Meteo's forecast over real HTTP on this machine, with rain, without, and with every fault. It never talks to anyone but us."""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core import clock

JSON = "application/json; charset=utf-8"
UNITS = {
    "time": "iso8601", "weather_code": "wmo code", "temperature_2m_max": "°C", "temperature_2m_min": "°C",
    "precipitation_sum": "mm", "precipitation_probability_max": "%",
}  # fmt: skip
WET = {
    "weather_code": 63,
    "temperature_2m_max": 27.4,
    "temperature_2m_min": 16.1,
    "precipitation_sum": 12.3,
    "precipitation_probability_max": 71,
}
FAIR = {
    "weather_code": 1,
    "temperature_2m_max": 30.2,
    "temperature_2m_min": 15.0,
    "precipitation_sum": 0.0,
    "precipitation_probability_max": 4,
}

Change = Callable[[Any], Any]


def body(places: list[tuple[float, float]], first: date, days: int, weather: dict[str, Any]) -> Any:
    """What the service says: one object for one place, a list for several. Every day is alike."""
    times = [(first + timedelta(days=ahead)).isoformat() for ahead in range(days)]
    each = [
        {
            "latitude": round(latitude * 8) / 8,
            "longitude": round(longitude * 8) / 8,
            "generationtime_ms": 0.12,
            "utc_offset_seconds": 10800,
            "timezone": "Africa/Kampala",
            "timezone_abbreviation": "GMT+3",
            "elevation": 1204.0,
            "daily_units": UNITS,
            "daily": {"time": times, **{name: [value] * days for name, value in weather.items()}},
        }
        for latitude, longitude in places
    ]
    return each[0] if len(each) == 1 else each


@dataclass
class Mood:
    """How the next answers go. `change` bends the body; `raw` takes its place; `drip`: seconds between two bytes."""

    status: int = 200
    weather: dict[str, Any] = field(default_factory=lambda: dict(WET))
    change: Change | None = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    hangs: bool = False
    drip: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Question:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


class _Line(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        fake.questions.append(Question(parts.path, params, {name.lower(): value for name, value in self.headers.items()}))
        mood = fake.mood
        if mood.hangs:
            fake.ended.wait(30)
            return
        known = (mood.etag and self.headers.get("If-None-Match") == mood.etag) or (
            mood.modified and self.headers.get("If-Modified-Since") == mood.modified
        )
        self._answer(mood, 304 if known else mood.status, b"" if known else self._body(mood, parts.path, params))

    def _body(self, mood: Mood, path: str, params: dict[str, str]) -> bytes:
        if mood.raw is not None:
            return mood.raw
        if path != "/v1/forecast":
            return b'{"error":true,"reason":"Not Found"}'
        if mood.status != 200:
            return json.dumps({"error": True, "reason": "Cannot initialize WeatherVariable from invalid String value"}).encode()
        places = list(zip(map(float, params["latitude"].split(",")), map(float, params["longitude"].split(",")), strict=True))
        told = body(places, self.server.fake.first, int(params["forecast_days"]), mood.weather)
        return json.dumps(mood.change(told) if mood.change else told).encode()

    def _answer(self, mood: Mood, status: int, said: bytes) -> None:
        self.send_response_only(status)
        sent = {"Date": format_datetime(clock.now(), usegmt=False), "Content-Type": JSON, "Content-Length": str(len(said))} | mood.headers
        sent |= {"ETag": mood.etag} if mood.etag else {}
        sent |= {"Last-Modified": mood.modified} if mood.modified else {}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if mood.drip:
                for byte in said:
                    self.wfile.write(bytes([byte]))
                    if self.server.fake.ended.wait(mood.drip):
                        return
            else:
                self.wfile.write(said[: len(said) // 2] if mood.cut else said)
            self.close_connection = mood.cut
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self, fake: "FakeWeather") -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Line)


class FakeWeather:
    """`with FakeWeather(first) as fake:` gives the service at `fake.url`; `first`: the first day that it knows."""

    def __init__(self, first: date) -> None:
        self.first, self.mood, self.questions, self.ended = first, Mood(), list[Question](), threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "FakeWeather":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def nobody() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
