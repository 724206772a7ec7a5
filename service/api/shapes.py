"""What partners send and are answered, as models: a name that is not here is refused, and the OpenAPI document is made of them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(min_length=1, max_length=60)]
Sum = Annotated[int, Field(ge=0, le=1_000_000_000_000, description="in minor units of the currency: shillings for UGX")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class Fault(Shape):
    code: str
    message: str
    fields: list[str] = Field(default_factory=list, description="which fields of the body are wrong, and why")
    request_id: str


class Refusal(Shape):
    """Every answer that is not a success."""

    error: Fault


class Me(Shape):
    key: str
    organisation: str
    scopes: list[str]
    product: str | None
    purpose: str | None
    until: datetime


class ConsentSummary(Shape):
    id: UUID
    until: datetime | None


class Profile(Shape):
    """What the farmer permits and nothing more: only the fields of her consent are there."""

    code: str
    consent: ConsentSummary
    data_life_days: int = Field(description="delete the data after so many days")
    fields: dict[str, Any]


class ConsentWish(Shape):
    farmer: str = Field(min_length=3, max_length=20, description="the farmer's code, as she reads it out: 4827-4")
    fields: list[Literal["name", "district", "crops", "land", "membership_months", "records"]] = Field(min_length=1, max_length=6)
    days: int = Field(30, ge=1, le=90, description="how long the permission would last")


class Asked(Shape):
    """The same answer whether or not there is such a farmer, and whatever she says: try her profile later."""

    asked: str


class LoanTerms(Shape):
    amount: Sum = Field(description="what she gets", ge=1)
    rate: str = Field(pattern=r"^\d{1,3}(\.\d{1,4})?$", description="per cent a month on what is still owed")
    fee: Sum = Field(description="all fees together, paid back with the loan")
    months: int = Field(ge=1, le=60)
    instalments: int = Field(ge=1, le=60, description="1: all at the end; else as many as months")
    due: date
    late: Sum = Field(description="a month, when late")


class CoverTerms(Shape):
    premium: Sum
    own_part: Sum = Field(description="what the farmer pays of the premium")
    payer: Words = Field(description="who pays the rest")
    sum_insured: Sum
    starts: date
    ends: date
    measures: Words = Field(description="what the index looks at: rain")


class PurchaseTerms(Shape):
    price: Sum = Field(description="for a kilogram")
    form: Words
    place: Words
    pays_in: int = Field(ge=0, le=60, description="days after the weighing; 0: cash")
    rejects: Words = Field(description="what goes home with her")


class Eligibility(Shape):
    """Empty: any."""

    crops: list[str] = Field(default_factory=list, max_length=30)
    districts: list[str] = Field(default_factory=list, max_length=200, description="names")
    land: list[Literal["under_half", "half_to_1", "1_to_2", "2_to_5", "over_5"]] = Field(default_factory=list, max_length=5)
    sex: Literal["f", "m"] | None = None
    groups: list[str] = Field(default_factory=list, max_length=100, description="codes of groups")
    records: int = Field(0, ge=0, le=1000, description="how many she has noted at least")


class OfferWish(Shape):
    kind: Literal["loan", "cover", "purchase"]
    product: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$", description="your own name for it")
    title: str = Field(min_length=1, max_length=30, description="what a farmer reads")
    terms: LoanTerms | CoverTerms | PurchaseTerms
    eligibility: Eligibility = Eligibility()
    opens_on: date
    closes_on: date
    capacity: int | None = Field(None, ge=1, le=10_000_000, description="how many farmers; empty: as many as come")


class Offer(Shape):
    id: UUID
    number: int
    kind: str
    product: str
    title: str
    terms: dict[str, Any]
    cost: int = Field(description="the whole cost to a farmer")
    monthly: str | None = Field(description="of a loan: per cent a month with fees counted in")
    eligibility: dict[str, Any]
    currency: str
    opens_on: date
    closes_on: date
    capacity: int | None
    taken: int
    state: str


class Offers(Shape):
    offers: list[Offer]


class Application(Shape):
    """A farmer's yes. Her code and nothing else: ask for her permission to learn more."""

    id: UUID
    offer: UUID
    farmer: str
    state: str
    at: datetime
    way_back_until: datetime
    answer: str | None


class Applications(Shape):
    applications: list[Application]


class Answer(Shape):
    answer: Literal["approve", "refuse"]
    words: str = Field("", max_length=140, description="what comes next; the farmer reads it")
