"""Receipts for a group's staff: what was delivered, a new one looked at before it counts, each with both its sides."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import money
from core.errors import Conflict
from linkage import receipt_book, receipt_texts, receipts
from linkage.models import Receipt
from linkage.receipts import Voice
from profiles import crops, farmers, organisations, roll
from service.accounts import guard
from service.portal.farmers import runtime, today
from service.portal.receipt_form import Form, Meant, understand

pages = Blueprint("receipts", __name__)
PAGE = 40
LISTED = 300  # members whose names the browser may offer while typing
Answer = Response | str | tuple[str, int]


@pages.app_template_filter("shillings")
def shillings(minor_units: int, currency: str) -> str:
    return money.written(minor_units, currency)


@pages.app_template_filter("weight")
def weight(kg: object) -> str:
    return receipt_texts.weight_said(kg) if kg is not None else ""  # type: ignore[arg-type]


@pages.get("/receipts", endpoint="all")
@guard.needs("receipts.see")
def listed() -> str:
    person, page = guard.person(), max(request.args.get("page", 1, type=int), 1)
    state = request.args.get("state", "")
    state = state if state in receipts.MOVES else ""
    with runtime().reading() as session:
        rows = receipt_book.of_group(session, person.scope, state, page, PAGE)
        disputed = receipt_book.disputed(session, person.scope)
        return render_template(
            "receipts/all.html",
            rows=rows[:PAGE],
            more=len(rows) > PAGE,
            page=page,
            chosen=state,
            disputed=disputed,
            states=[*receipts.MOVES],
        )


@pages.get("/receipts/new")
@guard.needs("receipts.issue")
def blank() -> str:
    with runtime().reading() as session:
        return _form(session, Form.blank(today()), None)


@pages.post("/receipts/new")
@guard.needs("receipts.issue")
def new() -> Answer:
    return _take(None)


@pages.get("/receipts/<uuid:receipt_id>")
@guard.needs("receipts.see")
def one(receipt_id: UUID) -> str:
    with runtime().reading() as session:
        receipt = receipts.get(session, receipt_id, guard.person().scope)
        before = receipts.get(session, receipt.replaces, guard.person().scope) if receipt.replaces else None
        return render_template(
            "receipts/one.html",
            receipt=receipt,
            farmer=farmers.get(session, receipt.farmer_id),
            group=organisations.get(session, receipt.organisation_id),
            before=before,
            ussd=runtime().settings.ussd_code,
            after=receipt_book.replacement(session, receipt.id),
            may_correct=guard.person().may("receipts.issue") and receipt.state != receipts.CORRECTED,
        )


@pages.get("/receipts/<uuid:receipt_id>/correct")
@guard.needs("receipts.issue")
def wrong(receipt_id: UUID) -> str:
    with runtime().reading() as session:
        old = receipts.get(session, receipt_id, guard.person().scope)
        if old.state == receipts.CORRECTED:
            raise Conflict("receipt corrected before")
        return _form(session, Form.like(old), old)


@pages.post("/receipts/<uuid:receipt_id>/correct")
@guard.needs("receipts.issue")
def correct(receipt_id: UUID) -> Answer:
    return _take(receipt_id)


def _take(receipt_id: UUID | None) -> Answer:
    """The form: first understood and shown again with its sums; only the second yes makes a receipt."""
    person, form, step = guard.person(), Form.of(request.form), request.form.get("step", "")
    currency = money.CURRENCIES[runtime().settings.country]
    with runtime().transaction() as session:
        old = receipts.get(session, receipt_id, person.scope) if receipt_id else None
        if step == "change":
            return _form(session, form, old)
        meant = understand(session, form, person.scope, currency, today(), old)
        if meant is None:
            return _form(session, form, old), 400
        if step != "issue":
            group = organisations.get(session, meant.group_id)
            return render_template("receipts/check.html", form=form, meant=meant, group=group, old=old)
        receipt = _issue(session, meant, form.values["nonce"], old)
    reached = "Both sides hold it." if meant.farmer.phone else "Print it: this member has no phone."
    flash(f"Receipt {receipts.code(receipt)} stands. {reached}", "good")
    return redirect(url_for("receipts.one", receipt_id=receipt.id))


def _issue(session: Session, meant: Meant, nonce: str, old: Receipt | None) -> Receipt:
    settings, now, by = runtime().settings, runtime().now(), guard.person().actor
    voice = Voice(settings.zone, settings.ussd_code)
    if old is not None:
        return receipts.correct(session, old, meant.delivery, nonce, by, now, voice)
    return receipts.issue(session, meant.group_id, meant.farmer.id, meant.delivery, nonce, by, now, voice)


def _form(session: Session, form: Form, old: Receipt | None) -> str:
    scope = guard.person().scope
    groups = roll.groups(session, scope)
    members = organisations.members(session, scope, today()) if scope is not None and old is None else []
    return render_template(
        "receipts/new.html",
        form=form,
        old=old,
        farmer=farmers.get(session, old.farmer_id) if old else None,
        groups=groups,
        members=members if len(members) <= LISTED else [],
        crops=sorted(crops.BY_CODE),
        today=today(),
    )
