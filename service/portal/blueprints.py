"""The pages for people at a screen, written out."""

from service.accounts import pages as doors
from service.portal import (
    about,
    accounts,
    campaigns,
    desk,
    editor,
    enrol,
    farmers,
    figures,
    held,
    look,
    members,
    messages,
    open_prices,
    overview,
    receipts,
    wording,
)

BLUEPRINTS = (
    doors.pages,
    look.pages,
    overview.pages,
    farmers.pages,
    enrol.pages,
    messages.pages,
    held.pages,
    campaigns.pages,
    members.pages,
    desk.pages,
    editor.pages,
    figures.pages,
    receipts.pages,
    wording.pages,
    accounts.pages,
    open_prices.pages,
    about.pages,
)
