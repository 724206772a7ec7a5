"""The daily proof for operators: of every text that was planned on a day, what became of it; and where to look when one is missing."""

import csv
import io

from flask import Blueprint, Response, render_template

from messaging import proofs
from service.accounts import guard
from service.portal.farmers import runtime
from service.portal.words import PROOF

pages = Blueprint("proof", __name__)
DAYS = 30


@pages.get("/proof")
@guard.needs("queue.see")
def page() -> str:
    with runtime().reading() as session:
        found = proofs.latest(session, DAYS)
        zone = runtime().settings.zone
        lost = {proof.day: session.scalars(proofs.unaccounted(session, proof.day, zone)).all() for proof in found if proof.missing}
        sums = {name: sum(getattr(proof, name) for proof in found) for name in PROOF}
        return render_template("operation/proof.html", proofs=found, lost=lost, sums=sums, columns=PROOF)


@pages.get("/proof.csv")
@guard.needs("queue.see")
def as_csv() -> Response:
    """One row a day, the newest first."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["day", *PROOF, "counted_at"])
    with runtime().reading() as session:
        for proof in proofs.latest(session, DAYS):
            writer.writerow([proof.day, *(getattr(proof, name) for name in PROOF), proof.at.isoformat(timespec="seconds")])
    return Response(file.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=ensigo-proof.csv"})
