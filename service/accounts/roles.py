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
    "templates.see": "read templates, their versions and what changed between them",
    "templates.edit": "write, try and publish templates",
    "reports.see": "see the figures by district and by sex, and take them away as a file",
    "wording.see": "see which wording a native reader must still look at",
    "members.see": "see who belongs to an organisation",
    "members.manage": "take a list of members, let them join and leave",
    "desk.see": "see what organisations sent to their members",
    "desk.write": "write to the members of one's own organisation",
    "desk.approve": "approve a broadcast that somebody else wrote",
    "desk.stop": "stop a broadcast, and let it go on",
    "receipts.see": "see what members delivered and what they were promised for it",
    "receipts.issue": "write a delivery receipt, and put one right",
    "records.see": "see what a farmer noted of costs, harvests and sales",
    "offers.see": "see what partners offer, and how it stands",
    "offers.write": "write, publish and close offers of one's own organisation",
    "applications.see": "see which farmers, by their code, asked for an offer",
    "applications.answer": "answer farmers who asked, and look at what they allow",
    "disclosures.see": "see who looked at whose data, and when",
    "keys.see": "see the keys of a partner's programs",
    "keys.revoke": "end a key",
    "queue.see": "see the queue, the routes, the daily proof and background work",
    "queue.act": "hold texts back and let them go, change routes, forget failed jobs",
    "unconfirmed.see": "see texts of which nobody knows whether they went",
    "unconfirmed.settle": "say what became of them, or send them once more",
    "budgets.see": "see budgets and what texts cost",
    "budgets.set": "set and remove budgets",
    "incidents.see": "see what is wrong, and choose to be told of it",
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
        *("campaigns.see", "campaigns.switch", "wording.see", "templates.see", "reports.see"),
        *("desk.see", "desk.approve", "desk.stop", "members.see", "members.manage"),
        *("offers.see", "applications.see", "disclosures.see", "keys.see", "keys.revoke", "incidents.see"),
        *("queue.see", "queue.act", "unconfirmed.see", "unconfirmed.settle", "budgets.see", "budgets.set"),
    ),
    "editor": _role(
        "Editor",
        "prices, campaigns and wording",
        *("figures.see", "messages.see", "prices.decide", "campaigns.see", "campaigns.switch", "wording.see"),
        *("templates.see", "templates.edit"),
    ),
    "approver": _role(
        "Approver",
        "decides what is published",
        *("figures.see", "prices.decide", "campaigns.see", "campaigns.switch", "wording.see", "templates.see"),
        *("desk.see", "desk.approve", "budgets.see"),
    ),
    "reviewer": _role("Reviewer", "reads wording in their own language", "figures.see", "wording.see", "templates.see"),
    "helpdesk": _role(
        "Help desk",
        "answers farmers",
        *("figures.see", "farmers.see", "farmers.add", "farmers.phone", "messages.see"),
        *("receipts.see", "records.see", "unconfirmed.see"),
    ),
    "cooperative": _role(
        "Cooperative",
        "its own members: enters new ones, writes to them",
        *("farmers.see", "farmers.add", "farmers.phone", "members.see", "members.manage"),
        *("desk.see", "desk.write", "desk.approve", "desk.stop", "reports.see"),
        *("receipts.see", "receipts.issue"),
        *("offers.see", "offers.write", "applications.see", "applications.answer", "disclosures.see"),
        own_group=True,
    ),
    "partner": _role(
        "Partner",
        "its own offers, the farmers who asked for them, and its programs' keys",
        *("offers.see", "offers.write", "applications.see", "applications.answer", "disclosures.see"),
        *("keys.see", "keys.revoke"),
        own_group=True,
    ),
    "dealer": _role("Dealer", "the open prices; stock comes with the dealer pages", own_group=True),
}


def may(role: str, deed: str) -> bool:
    """Whether this role holds this deed; an unknown role holds none."""
    return role in ROLES and deed in ROLES[role].may
