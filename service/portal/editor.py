"""The editor's desk: templates written, measured while they are written, shown as any farmer would get them, published."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from content import drafts, fields, languages, templates, versions
from content.models import Template, TemplateVersion
from core.errors import Conflict, EnsigoError, NotFound, Unusable
from service.accounts import guard, people
from service.portal import trying
from service.portal.farmers import runtime
from service.portal.trying import Shown, Typed
from service.portal.words import CLASSES, said

pages = Blueprint("editor", __name__)
KINDS = [(kind.value, f"{CLASSES[kind.value][0]}: {CLASSES[kind.value][1]}") for kind in drafts.KINDS]
Answer = Response | str | tuple[str, int]


@pages.app_template_filter()
def shown_letter(letter: str) -> str:
    """A letter that can be seen: what has no shape is called by its number."""
    return letter if letter.strip() and letter.isprintable() else " ".join(f"U+{ord(one):04X}" for one in letter)


@pages.get("/templates", endpoint="all")
@guard.needs("templates.see")
def listed() -> str:
    with runtime().reading() as session:
        return render_template("editor/all.html", lines=versions.standing(session))


@pages.get("/templates/new")
@guard.needs("templates.edit")
def blank() -> str:
    return _new({"title": "", "kind": "advice"}, {})


@pages.post("/templates/new")
@guard.needs("templates.edit")
def begin() -> Answer:
    typed = {name: request.form.get(name, "").strip() for name in ("title", "kind")}
    try:
        with runtime().transaction() as session:
            made = drafts.begin(session, typed["title"], typed["kind"], runtime().now())
        return redirect(url_for("editor.edit", template_id=made.id))
    except Unusable as wrong:
        return _new(typed, {"kind" if wrong.key == "template.kind" else "title": said(wrong.key)}), 400


@pages.get("/templates/<uuid:template_id>")
@guard.needs("templates.edit")
def edit(template_id: UUID) -> str:
    with runtime().reading() as session:
        template = versions.ours(session, template_id)
        return _page(session, template, Typed(drafts.bodies(session, template), drafts.stamp(session, template)))


@pages.post("/templates/<uuid:template_id>")
@guard.needs("templates.edit")
def act(template_id: UUID) -> Answer:
    """One form with several buttons. `check` keeps nothing: it is what the script asks for while somebody types."""
    typed, now = Typed.of(request.form, [language.code for language in languages.LANGUAGES]), runtime().now()
    deed = request.form.get("do", "check")
    try:
        if deed == "keep":
            with runtime().transaction() as session:
                drafts.keep(session, versions.ours(session, template_id), typed.bodies, typed.seen)
            flash("The draft is kept. Farmers are still sent the published version.", "good")
            return redirect(url_for("editor.edit", template_id=template_id))
        if deed == "publish":
            return _publish(template_id, typed)
        if deed == "send":
            number = trying.send(runtime(), template_id, typed, guard.person().actor, now)
            flash(f"A test is on its way to {number}.", "good")
            typed.nonce = ""
    except Conflict as moved:
        typed.wrong["publish"] = said(str(moved))
    except Unusable as wrong:
        typed.wrong[_beside(wrong.key)] = said(wrong.key, **wrong.values)
    return _shown(template_id, typed)


@pages.get("/templates/<uuid:template_id>/history")
@guard.needs("templates.see")
def history(template_id: UUID) -> str:
    """Every version, and what changed between two of them: the newest and the one before it, unless others are asked for."""
    with runtime().reading() as session:
        template = session.get(Template, template_id)
        if template is None:
            raise NotFound("template")
        found = versions.history(session, template_id)
        after = _numbered(found, request.args.get("to", type=int)) or (found[0] if found else None)
        asked = request.args.get("from", type=int)
        before = _numbered(found, asked if asked is not None else after.number - 1 if after else None)
        return render_template(
            "editor/history.html",
            template=template,
            versions=found,
            before=before,
            after=after,
            differences=versions.differences(before, after) if after else [],
            names={f"account:{one.id}": one.name for one in people.everyone(session)},
        )


def _publish(template_id: UUID, typed: Typed) -> Response:
    with runtime().transaction() as session:
        template = versions.ours(session, template_id)
        version = drafts.publish(session, template, typed.bodies, frozenset(typed.read), typed.seen, guard.person().actor, runtime().now())
        flash(f"Version {version.number} of “{template.title}” is published: whatever is planned from now on says it.", "good")
    return redirect(url_for("editor.history", template_id=template_id))


def _shown(template_id: UUID, typed: Typed) -> Answer:
    """The same form again, with what was asked for beside it."""
    with runtime().reading() as session:
        template = versions.ours(session, template_id)
        if typed.rewrite and typed.rewrite in typed.bodies:
            typed.bodies[typed.rewrite] = drafts.looks(typed.bodies)[typed.rewrite].rewrite or typed.bodies[typed.rewrite]
        try:
            shown = trying.show(session, runtime(), typed) if typed.whom or request.form.get("do") in {"preview", "send"} else None
        except EnsigoError as wrong:
            shown, typed.wrong["whom"] = None, said(wrong.key if isinstance(wrong, Unusable) else "template.nobody")
        page = _page(session, template, typed, shown)
    return (page, 400) if typed.wrong else page


def _page(session: Session, template: Template, typed: Typed, shown: Shown | None = None) -> str:
    newest = templates.published(session, template.id)
    looks = drafts.looks(typed.bodies)
    spoken = [one.code for one in languages.offered()]
    codes = spoken + [code for code in typed.bodies if code not in spoken and typed.bodies[code].strip()]
    return render_template(
        "editor/edit.html",
        template=template,
        newest=newest,
        codes=codes,
        typed=typed,
        looks=looks,
        faults=sum(len(look.faults) for look in looks.values()),
        missing=[code for code in drafts.missing(typed.bodies) if code in codes],
        stale=drafts.stale(newest, typed.bodies),
        unread=drafts.unread(newest, typed.bodies, frozenset()),
        shown=shown,
        fields={name: trying.SAYS.get(name, name) for name in fields.FIELDS},
        nonce=typed.nonce or trying.nonce(runtime().now()),
        room=templates.ONE_PART,
        default=languages.DEFAULT,
        fallbacks={code: next((one for one in languages.chain(code) if typed.bodies.get(one)), None) for code in codes},
    )


def _new(typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("editor/new.html", typed=typed, errors=errors, kinds=KINDS)


def _numbered(found: list[TemplateVersion], number: int | None) -> TemplateVersion | None:
    return next((one for one in found if one.number == number), None)


def _beside(key: str) -> str:
    """Which part of the form a mistake belongs to."""
    if key.startswith("phone.") or key in {"template.not_invited", "template.nothing", "template.whom"}:
        return "number"
    return "whom" if key == "template.nobody" else "publish"
