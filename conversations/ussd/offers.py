"""Offers and money: what fits, side by side with its whole cost; a yes after reading all of it, and the way back from it."""

from conversations.ussd.call import Call
from core.errors import Conflict, NotFound
from linkage import applications, matching, offers, said
from linkage.applications import ACCEPTED, APPROVED, DECLINED, WITHDRAWN
from linkage.matching import Fit
from linkage.models import Application, Offer
from messaging.ussd import End, Menu, Options
from profiles import organisations

HOW = "ussd"
ASKED_FOR = (ACCEPTED, APPROVED)


def _fits(call: Call) -> list[Fit]:
    return matching.for_farmer(call.session, call.known().id, call.today)


def _mine(call: Call) -> dict[str, tuple[Application, Offer]]:
    """What she has answered so far, by the number of the offer."""
    return {str(offer.number): (row, offer) for row, offer in applications.of_farmer(call.session, call.known().id)}


def _offer(call: Call, number: str) -> Offer:
    return offers.by_number(call.session, int(number))


def _top(call: Call, about: str) -> str:
    return call.say("offer.fit_you" if any(not fit.missing for fit in _fits(call)) else "offer.none_fits")


def _choices(call: Call, about: str) -> Options:
    """Those that fit and were not answered yet; then her own answers, then what does not fit."""
    fits, mine = _fits(call), _mine(call)
    fresh = [fit.offer for fit in fits if not fit.missing and str(fit.offer.number) not in mine]
    found: list[tuple[str, str]] = [(said.label(offer, call.language), f"offer:{offer.number}") for offer in fresh]
    if mine:
        found.append((call.say("offer.my_answers"), "my_offers"))
    if any(fit.missing for fit in fits):
        found.append((call.say("offer.not_for_me"), "misfits"))
    return found or [(call.say("registration.menu"), "home")]


def _my_offers(call: Call, about: str) -> Options:
    """What she has answered: what stands first."""
    rows = sorted(_mine(call).items(), key=lambda item: item[1][0].state not in ASKED_FOR)
    return [(f"{offer.title}: {call.say(f'offer.state.{row.state}')}", f"offer:{number}") for number, (row, offer) in rows]


def _misfits(call: Call, about: str) -> Options:
    return [(fit.offer.title, f"misfit:{fit.offer.number}") for fit in _fits(call) if fit.missing]


def _misfit(call: Call, number: str) -> str:
    fit = next((one for one in _fits(call) if str(one.offer.number) == number), None)
    if fit is None or not fit.missing:
        return call.say("offer.gone")
    return f"{fit.offer.title}: {said.why_not(fit.missing, call.language)}"


def _terms(call: Call, number: str) -> str:
    """All its terms and why it fits; above them, what she answered."""
    offer, answered = _offer(call, number), _mine(call).get(number)
    whole = said.whole(offer, organisations.get(call.session, offer.organisation_id), call.language)
    if answered is not None and answered[0].state != DECLINED:
        row = answered[0]
        partners = f" {row.answer}" if row.answer else ""
        return call.say("offer.you_said", state=call.say(f"offer.state.{row.state}")) + partners + "\n" + whole
    fit = next((one for one in _fits(call) if one.offer.id == offer.id), None)
    why = said.why(fit.reasons, call.language) if fit else ""
    return whole + ("\n" + call.say("offer.fits_because", why=why) if why else "")


def _answers(call: Call, number: str) -> Options:
    answered = _mine(call).get(number)
    if answered is not None and answered[0].state in ASKED_FOR:
        back = [(call.say("offer.take_back"), f"offer_back:{number}")] if applications.may_withdraw(answered[0], call.now) else []
        return [*back, (call.say("offer.others"), "offers")]
    open_to = any(str(fit.offer.number) == number and not fit.missing for fit in _fits(call))
    if not open_to or (answered is not None and answered[0].state not in (DECLINED, WITHDRAWN)):
        return [(call.say("offer.others"), "offers")]
    return [
        (call.say("offer.yes"), f"offer_sure:{number}"),
        (call.say("offer.no"), lambda call: _decline(call, number)),
        (call.say("offer.others"), "offers"),
    ]


def _sure(call: Call, number: str) -> str:
    offer = _offer(call, number)
    return said.sure(offer, organisations.get(call.session, offer.organisation_id), call.language)


def _accept(call: Call, number: str) -> str:
    """The yes, with the words she has just read."""
    try:
        with call.session.begin_nested():  # a place that is gone takes the yes with it
            applications.accept(call.session, call.known().id, _offer(call, number), _sure(call, number), HOW, call.now, call.today)
    except Conflict:
        return "offer_gone"
    return "offer_done"


def _decline(call: Call, number: str) -> str:
    try:
        applications.decline(call.session, call.known().id, _offer(call, number), HOW, call.now)
    except Conflict:
        return f"offer:{number}"
    return "offers"


def _take_back(call: Call, number: str) -> str:
    try:
        applications.withdraw(call.session, call.known().id, _offer(call, number), call.now)
    except (Conflict, NotFound):
        return "offer_late"
    return "offer_taken_back"


def _after(call: Call, about: str) -> Options:
    return ((call.say("offer.others"), "offers"), (call.say("registration.menu"), "home"))


SCREENS = (
    Menu("offers", _top, _choices),
    Menu("my_offers", lambda call, about: call.say("offer.my_answers"), _my_offers),
    Menu("misfits", lambda call, about: call.say("offer.not_for_me"), _misfits),
    Menu("misfit", _misfit, lambda call, number: ((call.say("offer.others"), "offers"),)),
    Menu("offer", _terms, _answers),
    Menu(
        "offer_sure",
        _sure,
        lambda call, number: ((call.say("offer.yes_sure"), lambda call: _accept(call, number)), (call.say("offer.not_now"), "offers")),
        read_first=True,
    ),
    Menu("offer_done", lambda call, about: call.say("offer.done"), _after),
    Menu("offer_gone", lambda call, about: call.say("offer.gone"), _after),
    Menu(
        "offer_back",
        lambda call, number: call.say("offer.back_sure", title=_offer(call, number).title),
        lambda call, number: ((call.say("offer.take_back"), lambda call: _take_back(call, number)), (call.say("offer.keep"), "offers")),
        read_first=True,
    ),
    End("offer_taken_back", lambda call, about: call.say("offer.taken_back")),
    Menu("offer_late", lambda call, about: call.say("offer.late"), _after),
)
