"""My records: what was spent, harvested and sold, each in three screens; and what the season comes to so far, told back.

What a flow has heard stands in its place, "sale:maize", so a call cut between two screens forgets nothing that was saved.
A last part, after "~", names the record that is being put right.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from conversations.ussd.call import Call, label
from core import money
from core.errors import Conflict
from linkage import profit, season_texts
from linkage.profit import Stock
from messaging import outbox
from messaging.classes import MessageClass
from messaging.ussd import Ask, Lead, Menu, Options
from profiles import amounts, crops, farmers, records, seasons
from profiles.models import Record
from profiles.records import Entry

OPEN_FOR = timedelta(days=14)  # a sale whose money was not said is asked about so long
NO_AMOUNTS = frozenset({"shared", "neighbour"})  # others read this phone: sums stay on the screen


def _crop(call: Call, about: str) -> str:
    """The crop that a place is about; else the one that they said first."""
    named = about.partition("/")[0].partition("~")[0]
    if named in crops.BY_CODE:
        return named
    return next(iter(call.crops()), crops.CROPS[0].code)


def _parts(about: str) -> tuple[list[str], str]:
    """What was heard so far, and the record that is put right, if one is."""
    heard, _, old = about.partition("~")
    return heard.split("/"), f"~{old}" if old else ""


def _currency(call: Call) -> str:
    return money.CURRENCIES[call.settings.country]


def _unit(call: Call, unit: str) -> str:
    return call.say(f"record.unit.{unit}")


def _menu(call: Call, about: str) -> str:
    return call.say("record.menu", crop=call.crop(_crop(call, about)))


def _menu_options(call: Call, about: str) -> Options:
    crop = _crop(call, about)
    waiting = records.unpriced(call.session, call.who.id, call.today - OPEN_FOR)
    first: list[tuple[str, Lead]] = []
    if waiting is not None:
        stock = season_texts.stock_said(_stock(waiting), call.language)
        first = [(call.say("record.finish", crop=call.crop(waiting.crop), stock=stock), f"sale_money:{waiting.id}")]
    return [
        *first,
        (call.say("record.cost"), f"cost:{crop}"),
        (call.say("record.harvest"), f"harvest:{crop}"),
        (call.say("record.sale"), f"sale:{crop}"),
        (call.say("record.season"), f"season:{crop}"),
        (call.say("record.receipts"), "receipts"),
        (call.say("record.other_crop"), "records_crop"),
    ]


def _crops(call: Call, about: str) -> Options:
    return [(label(call.crop(code)), f"records:{code}") for code in dict.fromkeys([*call.crops(), *(crop.code for crop in crops.CROPS)])]


def _costs(call: Call, about: str) -> Options:
    return [(call.say(f"record.what.{what}"), f"cost_amount:{_crop(call, about)}/{what}") for what in records.COSTS]


def _ask_cost(call: Call, about: str) -> str:
    (crop, what), _ = _parts(about)
    return call.say("record.cost_amount", what=call.say(f"record.what.{what}"), crop=call.crop(crop))


def _keep_cost(call: Call, about: str, said: str) -> str:
    (crop, what), old = _parts(about)
    amount = money.minor(Decimal(amounts.shillings(said)), _currency(call))
    return _keep(call, Entry(records.COST, crop, _currency(call), call.today, what=what, amount=amount), old)


def _units(call: Call, about: str) -> Options:
    crop = _crop(call, about)
    return [(label(_unit(call, unit)), f"harvest_count:{crop}/{unit}") for unit in records.units_of(crop)]


def _ask_harvest(call: Call, about: str) -> str:
    (crop, unit), _ = _parts(about)
    return call.say("record.harvest_count", unit=_unit(call, unit), crop=call.crop(crop))


def _keep_harvest(call: Call, about: str, said: str) -> str:
    (crop, unit), old = _parts(about)
    heard = amounts.quantity(said, records.units_of(crop))
    entry = Entry(records.HARVEST, crop, _currency(call), call.today, quantity=heard.amount, unit=heard.unit or unit)
    return _keep(call, entry, old)


def _ask_sale(call: Call, about: str) -> str:
    crop = _crop(call, about)
    unit = records.usual_unit(call.session, call.who.id, crop)
    return call.say("record.sale_count", crop=call.crop(crop), unit=_unit(call, unit))


def _keep_sale(call: Call, about: str, said: str) -> str:
    """Kept before its money is asked: a call that is cut here is finished from the menu."""
    crop, (_, old) = _crop(call, about), _parts(about)
    heard = amounts.quantity(said, records.units_of(crop))
    unit = heard.unit or records.usual_unit(call.session, call.who.id, crop)
    sale = _write(call, Entry(records.SALE, crop, _currency(call), call.today, quantity=heard.amount, unit=unit), old)
    return f"sale_money:{sale.id}"


def _ask_money(call: Call, about: str) -> str:
    sale = records.get(call.session, call.who.id, UUID(about))
    return call.say("record.sale_money", stock=season_texts.stock_said(_stock(sale), call.language), crop=call.crop(sale.crop))


def _keep_money(call: Call, about: str, said: str) -> str:
    amount = money.minor(Decimal(amounts.shillings(said)), _currency(call))
    try:
        sale = records.earn(call.session, call.who.id, UUID(about), amount)
    except Conflict:  # they went back and typed another amount: it takes the place of the first
        old = records.get(call.session, call.who.id, UUID(about))
        sale = _write(call, replace(_entry(old), amount=amount), f"~{old.id}")
    _text(call, sale)
    return f"noted:{sale.id}"


def _keep(call: Call, entry: Entry, old: str) -> str:
    record = _write(call, entry, old)
    if record.kind != records.COST:
        _text(call, record)
    return f"noted:{record.id}"


def _write(call: Call, entry: Entry, old: str) -> Record:
    """A new row, or one in the place of another that is put right, which keeps its day."""
    farmer_id = call.who.id
    if not old:
        return records.note(call.session, farmer_id, entry, call.now)
    standing = records.newest(call.session, farmer_id, UUID(old[1:]))
    return records.correct(call.session, farmer_id, standing.id, replace(entry, day=standing.day), call.now)


def _entry(record: Record) -> Entry:
    return Entry(
        record.kind, record.crop, record.currency, record.day, record.what, record.quantity, record.unit, record.amount, how=record.how
    )


def _stock(record: Record) -> Stock:
    return Stock(record.quantity or Decimal(0), record.unit or "kg")


def _season(call: Call, crop: str, chosen: seasons.Season | None = None) -> str:
    farmer = call.known()
    season = chosen or profit.season_of(call.session, farmer, crop, call.today)
    found = profit.of_season(call.session, farmer, crop, season)
    return season_texts.said(found, crop, season, _currency(call), call.language)


def _noted(call: Call, about: str) -> str:
    record = records.get(call.session, call.who.id, UUID(about))
    return f"{call.say('record.saved')} {_season(call, record.crop)}"


def _noted_options(call: Call, about: str) -> Options:
    record = records.get(call.session, call.who.id, UUID(about))
    again = {
        records.COST: f"cost_amount:{record.crop}/{record.what}~{record.id}",
        records.HARVEST: f"harvest_count:{record.crop}/{record.unit}~{record.id}",
        records.SALE: f"sale:{record.crop}~{record.id}",
    }
    return (
        (call.say("record.more"), f"records:{record.crop}"),
        (call.say("record.again"), again[record.kind]),
        (call.say("registration.menu"), "home"),
    )


def _season_options(call: Call, about: str) -> Options:
    crop, (heard, _) = _crop(call, about), _parts(about)
    back = (call.say("record.more"), f"records:{crop}")
    if len(heard) > 1:
        return (back,)
    return ((call.say("record.last_season"), f"season:{crop}/last"), back)


def _season_said(call: Call, about: str) -> str:
    crop, (heard, _) = _crop(call, about), _parts(about)
    if len(heard) == 1:
        return _season(call, crop)
    name = profit.calendar_of(call.session, call.known())
    return _season(call, crop, seasons.before(profit.season_of(call.session, call.known(), crop, call.today), name))


def _text(call: Call, record: Record) -> None:
    """The season so far as one text, to keep; not to a phone that others read."""
    farmer = call.known()
    if farmer.phone is None or farmer.phone_use in NO_AMOUNTS or len(farmers.on_phone(call.session, farmer.phone)) > 1:
        return
    outbox.put(
        call.session,
        phone=farmer.phone,
        ref=farmer.id.hex,
        body=call.say("record.text", season=_season(call, record.crop), ussd=call.ussd),
        klass=MessageClass.REPLY,
        sender="ussd",
        now=call.now,
        zone=call.settings.zone,
        dedupe=f"season:{record.id}",
    )


SCREENS = (
    Menu("records", _menu, _menu_options, more=lambda call: call.say("record.menu_more")),
    Menu("records_crop", lambda call, about: call.say("record.which_crop"), _crops),
    Menu("cost", lambda call, about: call.say("record.ask_cost", crop=call.crop(_crop(call, about))), _costs),
    Ask("cost_amount", _ask_cost, _keep_cost),
    Menu("harvest", lambda call, about: call.say("record.ask_harvest", crop=call.crop(_crop(call, about))), _units),
    Ask("harvest_count", _ask_harvest, _keep_harvest),
    Ask("sale", _ask_sale, _keep_sale),
    Ask("sale_money", _ask_money, _keep_money),
    Menu("noted", _noted, _noted_options, root=True),
    Menu("season", _season_said, _season_options),
)
