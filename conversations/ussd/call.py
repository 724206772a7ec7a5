"""All that a screen may look at: who is calling, in which language, what this dial-in remembers, and the moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from content import languages, texts
from conversations.ussd.call_sql import Caller
from core import clock
from core.settings import Settings
from messaging import suppressions
from profiles import drafts, farmers, places
from profiles.models import Farmer, Plot


@dataclass(slots=True)
class Call:
    """`memory` lives as long as the dial-in and is kept with its row: the farmer chosen on a shared phone, and little more.

    `caller` is what one cheap read told of the farmer. A screen that needs the farmer's row takes it by `farmer` or `known()`; from
    then on the row is what counts, since it may be changed, and `caller` is None.
    """

    session: Session
    phone: str
    memory: dict[str, Any]
    now: datetime
    settings: Settings
    row: Farmer | None = None
    language: str = languages.DEFAULT
    caller: Caller | None = None

    def say(self, key: str, /, **values: object) -> str:
        """Words in the caller's language."""
        return texts.say(key, self.language, **values)

    @property
    def farmer(self) -> Farmer | None:
        """The caller's row; None for somebody who is not registered, or has not said who they are."""
        if self.caller is not None:
            self.row, self.caller = farmers.get(self.session, self.caller.id), None
        return self.row

    @farmer.setter
    def farmer(self, farmer: Farmer | None) -> None:
        self.row, self.caller = farmer, None

    def known(self) -> Farmer:
        """The caller, on screens that only a registered farmer reaches."""
        farmer = self.farmer
        if farmer is None:
            raise LookupError("a screen for farmers was shown to a stranger")
        return farmer

    @property
    def who(self) -> Caller | Farmer:
        """The same, for screens that only read name, number, district and language: without the row, if nobody needed it yet."""
        return self.caller or self.known()

    @property
    def today(self) -> date:
        return clock.day(self.now, self.settings.zone)

    @property
    def ussd(self) -> str:
        return self.settings.ussd_code

    def plot(self) -> Plot | None:
        return farmers.main_plot(self.session, self.who.id)

    def crops(self) -> Sequence[str]:
        """What the caller grows, the main crop first."""
        if self.caller is not None:
            return self.caller.crops
        return [plot.crop for plot in farmers.plots(self.session, self.known().id)]

    def stopped(self) -> bool:
        """Whether this phone said STOP."""
        return self.caller.stopped if self.caller is not None else self.phone in suppressions.stopped(self.session, [self.phone])

    def draft(self) -> dict[str, Any]:
        """What they have said and not yet agreed to."""
        return drafts.get(self.session, self.phone, self.now)

    def crop(self, code: str) -> str:
        """A crop as they call it."""
        return self.say(f"crop.{code}")

    def become(self, farmer: Farmer) -> None:
        """From here on this dial-in is this farmer's."""
        self.farmer, self.language = farmer, farmer.language
        self.memory.pop("stranger", None)
        self.memory["farmer"] = str(farmer.id)

    def place(self) -> str:
        """The name of the caller's district."""
        if self.caller is not None:
            return self.caller.district or ""
        district_id = self.known().district_id
        return places.get(self.session, district_id).name if district_id is not None else ""


def label(words: str) -> str:
    """A crop's or question's name as the label of a choice."""
    return words[:1].upper() + words[1:]


def of(session: Session, here: Sequence[Caller], phone: str, memory: dict[str, Any], now: datetime, settings: Settings) -> Call:
    """The call of this phone, with everyone `here` on it: the farmer who is there alone or was chosen, their language or the draft's."""
    call = Call(session, phone, memory, now, settings)
    if not memory.get("stranger"):
        chosen = memory.get("farmer")
        call.caller = next((one for one in here if chosen and one.id == UUID(chosen)), here[0] if len(here) == 1 else None)
    if call.caller is not None:
        call.language = call.caller.language
    else:
        call.language = call.draft().get("language") or (here[0].language if here else languages.DEFAULT)
    return call
