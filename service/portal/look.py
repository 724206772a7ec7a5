"""What every template may use: the person, their rooms, moments in local time, numbers with commas, phones masked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, request

from content.languages import BY_CODE
from core import codes
from core.phone import masked
from core.settings import Settings
from service.portal import words

pages = Blueprint("look", __name__)


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the navigation: where it goes, and the deed that opens it (empty: everybody's)."""

    title: str
    endpoint: str
    deed: str = ""
    group: str = ""  # a heading above the first of several


OPERATION = "Operation"
ROOMS = (
    Room("Overview", "overview.page", "figures.see"),
    Room("Figures", "figures.page", "reports.see"),
    Room("Farmers", "farmers.roll", "farmers.see"),
    Room("Receipts", "receipts.all", "receipts.see"),
    Room("Members", "members.all", "members.see"),
    Room("Broadcasts", "desk.all", "desk.see"),
    Room("Offers", "offers.all", "offers.see"),
    Room("Applications", "applications.all", "applications.see"),
    Room("Who looked", "looks.all", "disclosures.see"),
    Room("API keys", "api_keys.all", "keys.see"),
    Room("Messages", "messages.sent", "messages.see"),
    Room("Campaigns", "campaigns.all", "campaigns.see"),
    Room("Templates", "editor.all", "templates.see"),
    Room("Held prices", "held.waiting", "prices.decide"),
    Room("Wording", "wording.page", "wording.see"),
    Room("Accounts", "accounts.all", "accounts.manage"),
    Room("Open prices", "open_prices.page"),
    Room("Incidents", "incidents.page", "incidents.see", OPERATION),
    Room("Queue", "queue.page", "queue.see", OPERATION),
    Room("Routes", "routes.all", "queue.see", OPERATION),
    Room("Unconfirmed", "unconfirmed.all", "unconfirmed.see", OPERATION),
    Room("Budgets", "budgets.all", "budgets.see", OPERATION),
    Room("Daily proof", "proof.page", "queue.see", OPERATION),
    Room("Jobs", "background.page", "queue.see", OPERATION),
)


@pages.app_context_processor
def everywhere() -> dict[str, Any]:
    person = g.get("person")
    rooms = [room for room in ROOMS if not room.deed or (person and person.may(room.deed))]
    here = (request.endpoint or "").partition(".")[0]
    simulated = settings().gateways == ("simulator",)
    return {"person": person, "rooms": rooms, "here": here, "sample": g.get("sample", False), "simulated": simulated, "words": words}


def settings() -> Settings:
    found: Settings = current_app.extensions["runtime"].settings
    return found


@pages.app_template_filter()
def moment(instant: datetime | None, seconds: bool = False) -> str:
    """An instant in local time, as people write it: "Thu 12 Mar 2026, 14:05"."""
    if instant is None:
        return ""
    return f"{_local(instant):{'%a %-d %b %Y, %H:%M:%S' if seconds else '%a %-d %b %Y, %H:%M'}}"


@pages.app_template_filter()
def machine(instant: datetime) -> str:
    """The same instant for a <time datetime>."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")


@pages.app_template_filter()
def day(when: date | None) -> str:
    return f"{when:%-d %b %Y}" if when else ""


@pages.app_template_filter()
def month(when: date) -> str:
    return f"{when:%b %Y}"


@pages.app_template_filter()
def number(value: int | Decimal | None) -> str:
    return "" if value is None else f"{value:,.0f}"


@pages.app_template_filter()
def money(value: Decimal) -> str:
    """An observed price without needless zeros: 1,250 or 298.40."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@pages.app_template_filter()
def money_float(value: float) -> str:
    return money(Decimal(str(value)))


@pages.app_template_filter()
def iso_day(when: str, monthly: bool) -> str:
    """A day as a row of open prices has it; a source that gives months is not made more exact than it is."""
    return month(date.fromisoformat(when)) if monthly else day(date.fromisoformat(when))


@pages.app_template_filter()
def share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


@pages.app_template_filter()
def language(code: str) -> str:
    return BY_CODE[code].name if code in BY_CODE else code


@pages.app_template_filter("code")
def system_id(farmer_number: int) -> str:
    return codes.written(farmer_number)


@pages.app_template_filter()
def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


pages.add_app_template_filter(masked, "masked")
pages.add_app_template_filter(words.plain, "plain")
pages.add_app_template_filter(words.state, "state")


def _local(instant: datetime) -> datetime:
    zone: ZoneInfo = settings().zone
    return instant.astimezone(zone)
