"""The whole menu, written out: what can be shown on a phone, by name."""

from conversations.ussd import asking, choices, home, prices, registration
from messaging.ussd import Screen

BRANCHES = (registration.SCREENS, asking.SCREENS, home.SCREENS, prices.SCREENS, choices.SCREENS)
SCREENS: dict[str, Screen] = {screen.name: screen for branch in BRANCHES for screen in branch}
