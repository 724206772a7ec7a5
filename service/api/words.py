"""What partners read when something cannot be used: what to do, in plain English."""

WRONG = {
    "code.unusable": "A farmer's code looks like 4827-4. The last digit does not fit.",
    "consent.fields": "With this key's purpose you may ask for: {fields}; for at most {most} days.",
    "consent.too_long": "A permission lasts at most 90 days.",
    "offer.kind": "An offer is one of: {kinds}.",
    "offer.terms": "The terms are not complete or not possible: {term}.",
    "offer.title": "A title has 1 to {most} characters that every phone shows.",
    "offer.dates": "An offer closes after it opens, and not in the past.",
    "offer.criteria": "Unknown in the eligibility: {what}.",
    "offer.not_yours": "A {kind} can be offered by: {may}.",
    "offer.unlicensed": "A {kind} needs a licence number. Ask the operator to enter yours.",
    "offer.over_cap": "With its fees this loan costs {monthly} % a month. The law allows {cap} %.",
    "offer.due_too_early": "The loan is due on {due}, before the offer closes.",
    "offer.cover_started": "Cover that starts on {starts} cannot be sold after that day: close the offer before.",
    "application.answer": "At most {most} plain characters.",
    "once.other": "This Idempotency-Key was used for another request.",
    "once.key": "An Idempotency-Key has 1 to 100 plain characters.",
    "key.scopes": "Scopes are: {scopes}.",
    "key.days": "A key lives 1 to {most} days.",
    "key.binding": "A key for farmers' data is bound to a product and one purpose: {purposes}.",
}


def said(key: str, **values: object) -> str:
    """The sentence for what is wrong."""
    return WRONG.get(key, "This cannot be used. Check it and try again.").format_map(values)
