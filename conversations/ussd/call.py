"""All that a screen may look at: who is calling, in which language, what this dial-in remembers, and the moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from content import languages, texts
from core import clock
from core.settings import Settings
from profiles import drafts, farmers, places
from profiles.models import Farmer, Plot


@dataclass(slots=True)
class Call:
    """`memory` lives as long as the dial-in and is kept with its row: the farmer chosen on a shared phone, and little more."""

    session: Session
    phone: str
    memory: dict[str, Any]
    now: datetime
    settings: Settings
    farmer: Farmer | None = None
    language: str = languages.DEFAULT

    def say(self, key: str, /, **values: object) -> str:
        """Words in the caller's language."""
        return texts.say(key, self.language, **values)

    def known(self) -> Farmer:
        """The caller, on screens that only a registered farmer reaches."""
        if self.farmer is None:
            raise LookupError("a screen for farmers was shown to a stranger")
        return self.farmer

    @property
    def today(self) -> date:
        return clock.day(self.now, self.settings.zone)

    @property
    def ussd(self) -> str:
        return self.settings.ussd_code

    def plot(self) -> Plot | None:
        return farmers.main_plot(self.session, self.known().id)

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
        district_id = self.known().district_id
        return places.get(self.session, district_id).name if district_id is not None else ""


def label(words: str) -> str:
    """A crop's or question's name as the label of a choice."""
    return words[:1].upper() + words[1:]


def of(session: Session, phone: str, memory: dict[str, Any], now: datetime, settings: Settings) -> Call:
    """The call of this phone: its farmer when there is one alone or one was chosen, its language from them or from the draft."""
    call = Call(session, phone, memory, now, settings)
    here = farmers.on_phone(session, phone)
    if not call.memory.get("stranger"):
        chosen = call.memory.get("farmer")
        call.farmer = next((one for one in here if chosen and one.id == UUID(chosen)), here[0] if len(here) == 1 else None)
    if call.farmer is not None:
        call.language = call.farmer.language
    else:
        call.language = call.draft().get("language") or (here[0].language if here else languages.DEFAULT)
    return call
