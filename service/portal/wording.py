"""Wording that a native reader must still look at, by language, with the English beside it."""

from flask import Blueprint, render_template, request

from content import languages, texts
from service.accounts import guard

pages = Blueprint("wording", __name__)


@pages.get("/wording")
@guard.needs("wording.see")
def page() -> str:
    waiting = texts.unreviewed()
    counts = {language.code: 0 for language in languages.offered()}
    for code, _ in waiting:
        counts[code] += 1
    chosen = request.args.get("language") or next((code for code, count in counts.items() if count), None)
    english = texts.wording(languages.DEFAULT)
    lines = [(key, texts.wording(code)[key], english.get(key, "")) for code, key in waiting if code == chosen]
    return render_template("wording.html", counts=counts, chosen=chosen, lines=lines, default=languages.DEFAULT)
