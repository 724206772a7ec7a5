// The map and the chart, drawn from the same numbers as the tables beside them. No picture comes from anywhere else.
"use strict";

(function () {
  const place = document.getElementById("map");
  if (!place || !window.fetch || !window.L || !window.Chart) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const sum = (split) => split.women + split.men + split.unsaid;
  const said = (split) => split.women + " women, " + split.men + " men" + (split.unsaid ? ", " + split.unsaid + " not said" : "");
  const WIDEST = 34;
  const chosen = document.getElementById("measure");

  function graticule(map, dots) {
    const lats = dots.map((dot) => dot[0]);
    const lons = dots.map((dot) => dot[1]);
    const [south, north] = [Math.floor(Math.min(...lats)), Math.ceil(Math.max(...lats))];
    const [west, east] = [Math.floor(Math.min(...lons)), Math.ceil(Math.max(...lons))];
    const pen = { color: colour("--line"), weight: 1, interactive: false };
    for (let lat = south; lat <= north; lat++) L.polyline([[lat, west], [lat, east]], pen).addTo(map);
    for (let lon = west; lon <= east; lon++) L.polyline([[south, lon], [north, lon]], pen).addTo(map);
    L.rectangle([[south, west], [north, east]], { color: colour("--edge"), weight: 1, fill: false, interactive: false }).addTo(map);
    dots.forEach((dot) => L.circleMarker(dot, { radius: 1.5, stroke: false, fillColor: colour("--edge"), fillOpacity: 0.7, interactive: false }).addTo(map));
    return [[south, west], [north, east]];
  }

  function words(district, measures) {
    const box = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = district.name;
    box.append(title);
    Array.from(chosen.options, (option) => option.value).forEach((measure) => {
      const line = document.createElement("div");
      line.textContent = measures[measure] + ": " + sum(district[measure]) + " (" + said(district[measure]) + ")";
      box.append(line);
    });
    return box;
  }

  function draw(told) {
    const map = L.map(place, { attributionControl: false, scrollWheelZoom: false, dragging: !L.Browser.mobile, zoomSnap: 0.25, minZoom: 5, maxZoom: 11 });
    map.fitBounds(graticule(map, told.dots.length ? told.dots : told.districts.map((one) => one.at)));
    const circles = told.districts.map((district) => {
      const pen = { color: colour("--leaf"), weight: 1.5, fillColor: colour("--leaf"), fillOpacity: 0.4 };
      return L.circleMarker(district.at, pen).bindTooltip(words(district, told.measures)).addTo(map);
    });
    function size() {
      const most = Math.max(1, ...told.districts.map((district) => sum(district[chosen.value])));
      circles.forEach((circle, n) => circle.setRadius(WIDEST * Math.sqrt(sum(told.districts[n][chosen.value]) / most)));
    }
    chosen.addEventListener("change", size);
    size();
    place.dataset.circles = String(circles.length);
  }

  function chart(days) {
    const text = { color: colour("--soft"), font: { family: getComputedStyle(document.body).fontFamily } };
    const bars = (label, sex, name) => ({ label: label, data: days.map((one) => one[sex]), backgroundColor: colour(name), borderRadius: 2 });
    const sets = [bars("Women", "women", "--leaf"), bars("Men", "men", "--ochre")];
    if (days.some((one) => one.unsaid)) sets.push(bars("Not said", "unsaid", "--edge"));
    const canvas = document.getElementById("chart");
    const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    new Chart(canvas, {
      type: "bar",
      data: { labels: days.map((one) => short.format(new Date(one.day))), datasets: sets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { labels: text } },
        scales: {
          x: { stacked: true, ticks: { ...text, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
          y: { stacked: true, beginAtZero: true, ticks: { ...text, precision: 0 }, grid: { color: colour("--line") } },
        },
      },
    });
    canvas.dataset.drawn = String(days.length);
  }

  fetch(place.dataset.from, { credentials: "same-origin" })
    .then((answer) => { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
    .then((told) => {
      document.querySelectorAll(".drawn").forEach((part) => { part.hidden = false; });
      draw(told);
      chart(told.days);
    })
    .catch(() => document.querySelectorAll(".drawn").forEach((part) => { part.hidden = true; }));
})();
