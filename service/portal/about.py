"""What this service is, and whose data it stands on."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from service.accounts import guard

pages = Blueprint("about", __name__)


@dataclass(frozen=True, slots=True)
class Source:
    what: str
    whose: str
    licence: str
    address: str
    says: str = ""


SOURCES = (
    Source(
        "Market prices",
        "World Food Programme (WFP), through the Humanitarian Data Exchange (HDX)",
        "CC BY-IGO",
        "https://data.humdata.org/dataset/wfp-food-prices-for-uganda",
        "Some values are held back or marked as estimated by us; the amounts are not changed.",
    ),
    Source(
        "Weather forecasts",
        "Weather data by Open-Meteo.com",
        "CC BY 4.0",
        "https://open-meteo.com/",
        "Daily values; chances are rounded to tenths and amounts to whole millimetres, and the advice beside them is ours.",
    ),
    Source(
        "Districts, sub-counties and parishes",
        "Names and codes of Uganda's administrative units, as published by the Government of Uganda",
        "public facts",
        "https://www.ubos.org/",
    ),
)


@pages.get("/about")
@guard.anyone
def page() -> str:
    return render_template("about.html", sources=SOURCES)
