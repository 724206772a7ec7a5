"""The whole menu, written out: what can be shown on a phone, by name."""

from conversations.ussd import (
    agent,
    asking,
    choices,
    groups,
    home,
    listed,
    offers,
    prices,
    receipts,
    records,
    registration,
    sharing,
    weather,
)
from messaging.ussd import Screen

BRANCHES = (
    registration.SCREENS,
    listed.SCREENS,
    agent.SCREENS,
    asking.SCREENS,
    home.SCREENS,
    prices.SCREENS,
    weather.SCREENS,
    records.SCREENS,
    receipts.SCREENS,
    offers.SCREENS,
    sharing.SCREENS,
    groups.SCREENS,
    choices.SCREENS,
)
SCREENS: dict[str, Screen] = {screen.name: screen for branch in BRANCHES for screen in branch}
