"""Everything the environment may say, read once at start-up. The list of fields is the documentation."""

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT = "development"
GATEWAYS = ("simulator", "africastalking", "kannel")


class Settings(BaseSettings):
    """One instance a process. Raises pydantic.ValidationError naming the variable that is wrong."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field("sqlite:///ensigo.db", description="SQLite embedded, or postgresql://… when several processes share it")
    redis_url: str = Field("", description="empty: jobs run in threads of this process")
    gateway: str = Field("simulator", description="comma list in order of preference: simulator, africastalking, kannel")
    at_username: str = Field("sandbox", description="Africa's Talking: the application's username")
    at_api_key: SecretStr = Field(SecretStr(""), description="Africa's Talking: its key")
    at_sender: str = Field("", description="sender id or short code; empty: the gateway's default")
    at_base_url: str = Field("", description="empty: live, or the sandbox for the username sandbox")
    kannel_url: str = Field("", description="Kannel's sendsms address")
    kannel_username: str = ""
    kannel_password: SecretStr = SecretStr("")
    callback_secret: SecretStr = Field(
        SecretStr(DEVELOPMENT), description="in the callback addresses; two, comma separated, while rotating"
    )
    secret_key: SecretStr = Field(SecretStr(DEVELOPMENT), description="signs cookies and keys the hashes of what was typed")
    public_url: str = Field("http://127.0.0.1:8000", description="how people and gateways reach us")
    inbound: str = Field("none", description="none: texts cannot be answered; shortcode: they can")
    ussd_code: str = Field("*284*55#", description="what a farmer dials")
    country: str = Field("UG", description="ISO 3166 code; numbers without a prefix are read as this country's")
    timezone: str = Field("Africa/Kampala", description="IANA zone of quiet hours and schedules")
    quiet_hours: str = Field("20:00-07:30", description="no unasked text in these local hours; empty: none")
    batch_size: int = Field(100, ge=1, le=1000, description="phones to a batch, the unit of sending")
    guest_list: str = Field("", description="comma list: only these numbers are ever texted; empty: all")
    metrics_token: SecretStr = Field(SecretStr(""), description="where set, /metrics asks for it as a bearer token")
    spool_dir: str = Field("spool", description="where callbacks wait while the database is down")
    smtp_url: SecretStr = Field(SecretStr(""), description="smtp://user:password@host:port for incidents; empty: none")
    weather_user_agent: str = Field(
        "ensigo (set WEATHER_USER_AGENT to your contact)", description="how we name ourselves to weather services"
    )
    ensigo_data: str = Field("../shared/data", description="tests and benchmarks: where the real files lie")

    @field_validator("gateway")
    @classmethod
    def _known_gateways(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        unknown = [name for name in names if name not in GATEWAYS]
        if unknown or not names:
            raise ValueError(f"GATEWAY must name some of {', '.join(GATEWAYS)}, not {value!r}")
        return ",".join(names)

    @field_validator("inbound")
    @classmethod
    def _known_inbound(cls, value: str) -> str:
        if value not in {"none", "shortcode"}:
            raise ValueError("INBOUND must be none or shortcode")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as wrong:
            raise ValueError(f"TIMEZONE {value!r} is not an IANA zone such as Africa/Kampala") from wrong
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _readable_hours(cls, value: str) -> str:
        _hours(value)
        return value

    @property
    def gateways(self) -> tuple[str, ...]:
        return tuple(self.gateway.split(","))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Local start and end of the quiet hours, which may span midnight."""
        return _hours(self.quiet_hours)

    @property
    def guests(self) -> frozenset[str]:
        return frozenset(phone.strip() for phone in self.guest_list.split(",") if phone.strip())

    @property
    def callback_secrets(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.callback_secret.get_secret_value().split(",") if part.strip())

    def unsafe(self) -> list[str]:
        """The development secrets still in use: harmless with the simulator, refused with a real gateway."""
        return [name.upper() for name in ("callback_secret", "secret_key") if getattr(self, name).get_secret_value() in {DEVELOPMENT, ""}]


def _hours(value: str) -> tuple[time, time] | None:
    if not value.strip():
        return None
    start, dash, end = value.partition("-")
    try:
        if not dash:
            raise ValueError(value)
        return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError as wrong:
        raise ValueError(f"QUIET_HOURS must look like 20:00-07:30, not {value!r}") from wrong
