"""What this service is, whose data it stands on, and whose programs its pages carry."""

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


# What lies in service/static/vendor, by the name of its folder there; each lies beside its own licence.
LIBRARIES = {
    "leaflet-1.9.4": Source(
        "Leaflet 1.9.4: the map of the figures",
        "Volodymyr Agafonkin and contributors, CloudMade",
        "BSD-2-Clause",
        "https://leafletjs.com/",
        "Kept here as published, without its pictures; no map tiles are fetched from anywhere.",
    ),
    "chart.js-4.6.1": Source(
        "Chart.js 4.6.1: the chart of the figures",
        "Chart.js contributors",
        "MIT",
        "https://www.chartjs.org/",
        "Kept here as published.",
    ),
}


@pages.get("/about")
@guard.anyone
def page() -> str:
    return render_template("about.html", sources=SOURCES, libraries=LIBRARIES)
