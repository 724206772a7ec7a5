"""The partner API as one table: addresses, scopes, models. The routes and the OpenAPI document are both made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from service.api import deeds, shapes


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` in Flask's words; `writes`: a transaction that writes, and an Idempotency-Key where it is a POST."""

    method: str
    path: str
    name: str
    says: str
    scope: str | None
    answer: type[BaseModel]
    deed: Callable[..., BaseModel]
    body: type[BaseModel] | None = None
    status: int = 200
    writes: bool = False


OPERATIONS = (
    Operation("GET", "/me", "me", "Whose key this is and what it may do", None, shapes.Me, deeds.me),
    Operation(
        "GET",
        "/profiles/<code>",
        "profile",
        "What a farmer permits you to see; every reading is noted and shown to her",
        "profiles:read",
        shapes.Profile,
        deeds.profile,
        writes=True,
    ),
    Operation(
        "POST",
        "/consent-requests",
        "ask",
        "Ask a farmer to let you see some of her data",
        "consents:ask",
        shapes.Asked,
        deeds.ask,
        body=shapes.ConsentWish,
        status=202,
        writes=True,
    ),
    Operation("GET", "/offers", "offers", "Your offers, newest first", "offers:read", shapes.Offers, deeds.list_offers),
    Operation(
        "POST",
        "/offers",
        "draft",
        "Draft an offer; no farmer sees it yet",
        "offers:write",
        shapes.Offer,
        deeds.draft,
        body=shapes.OfferWish,
        status=201,
        writes=True,
    ),
    Operation(
        "POST",
        "/offers/<uuid:id>/publish",
        "publish",
        "Open an offer to the farmers whom it fits",
        "offers:write",
        shapes.Offer,
        deeds.publish,
        writes=True,
    ),
    Operation(
        "POST",
        "/offers/<uuid:id>/close",
        "close",
        "Close an offer; given answers stand",
        "offers:write",
        shapes.Offer,
        deeds.close,
        writes=True,
    ),
    Operation(
        "GET",
        "/applications",
        "applications",
        "Farmers' yeses to your offers, latest first",
        "applications:read",
        shapes.Applications,
        deeds.list_applications,
    ),
    Operation(
        "POST",
        "/applications/<uuid:id>/answer",
        "answer",
        "Say yes or no; the farmer is told",
        "applications:write",
        shapes.Application,
        deeds.answer,
        body=shapes.Answer,
        writes=True,
    ),
)


def arguments(operation: Operation) -> dict[str, Any]:
    """The names in its path with their schemas."""
    found: dict[str, Any] = {}
    for part in operation.path.split("/"):
        if part.startswith("<"):
            kind, _, name = part.strip("<>").rpartition(":")
            found[name] = {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string"}
    return found
