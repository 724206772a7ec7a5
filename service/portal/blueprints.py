"""The pages for people at a screen, written out."""

from service.accounts import pages as doors
from service.portal import about, accounts, campaigns, enrol, farmers, held, look, messages, open_prices, overview, wording

BLUEPRINTS = (
    doors.pages,
    look.pages,
    overview.pages,
    farmers.pages,
    enrol.pages,
    messages.pages,
    held.pages,
    campaigns.pages,
    wording.pages,
    accounts.pages,
    open_prices.pages,
    about.pages,
)
