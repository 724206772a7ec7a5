"""Who may do what: one table of deeds and one of roles. A route names a deed; a role holds a set of them."""

from dataclasses import dataclass

DEEDS = {
    "figures.see": "see how many farmers and messages there are, and what stands",
    "farmers.see": "search farmers and open their pages, phones masked",
    "farmers.add": "enter a farmer",
    "farmers.phone": "show a farmer's whole number, which is noted",
    "messages.see": "read messages and their story",
    "prices.decide": "approve or refuse a held price",
    "campaigns.see": "see campaigns and their firings",
    "campaigns.switch": "switch a campaign on or off",
    "wording.see": "see which wording a native reader must still look at",
    "accounts.manage": "invite people, change their role, end their access",
}


@dataclass(frozen=True, slots=True)
class Role:
    title: str
    says: str
    may: frozenset[str]
    own_group: bool = False  # sees the members of its own organisation, and nobody else


def _role(title: str, says: str, *may: str, own_group: bool = False) -> Role:
    return Role(title, says, frozenset(may), own_group)


ROLES = {
    "admin": _role("Administrator", "everything, and who else may come in", *DEEDS),
    "operator": _role(
        "Operator",
        "keeps the service running: farmers, messages, campaigns",
        *("figures.see", "farmers.see", "farmers.add", "farmers.phone", "messages.see"),
        *("campaigns.see", "campaigns.switch", "wording.see"),
    ),
    "editor": _role(
        "Editor",
        "prices, campaigns and wording",
        *("figures.see", "messages.see", "prices.decide", "campaigns.see", "campaigns.switch", "wording.see"),
    ),
    "approver": _role(
        "Approver", "decides what is published", "figures.see", "prices.decide", "campaigns.see", "campaigns.switch", "wording.see"
    ),
    "reviewer": _role("Reviewer", "reads wording in their own language", "figures.see", "wording.see"),
    "helpdesk": _role(
        "Help desk",
        "answers farmers",
        *("figures.see", "farmers.see", "farmers.add", "farmers.phone", "messages.see"),
    ),
    "cooperative": _role(
        "Cooperative", "its own members, and enters new ones", "farmers.see", "farmers.add", "farmers.phone", own_group=True
    ),
    "partner": _role("Partner", "the open prices; offers come with the partner pages", own_group=True),
    "dealer": _role("Dealer", "the open prices; stock comes with the dealer pages", own_group=True),
}


def may(role: str, deed: str) -> bool:
    """Whether this role holds this deed; an unknown role holds none."""
    return role in ROLES and deed in ROLES[role].may
