// What texts cost a day, drawn from the same figures as the table below it.
"use strict";

(function () {
  const canvas = document.getElementById("spent");
  if (!canvas || !window.fetch || !window.Chart) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const COLOURS = ["--leaf", "--ochre", "--sky", "--clay", "--edge"];

  function draw(told) {
    document.querySelectorAll(".drawn").forEach((part) => { part.hidden = false; });
    const text = { color: colour("--soft"), font: { family: getComputedStyle(document.body).fontFamily } };
    const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    new Chart(canvas, {
      type: "bar",
      data: {
        labels: told.days.map((day) => short.format(new Date(day))),
        datasets: told.series.map((one, n) => ({ label: one.name, data: one.totals, backgroundColor: colour(COLOURS[n % COLOURS.length]), borderRadius: 2 })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { labels: text } },
        scales: {
          x: { stacked: true, ticks: { ...text, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } },
          y: { stacked: true, beginAtZero: true, ticks: text, grid: { color: colour("--line") } },
        },
      },
    });
    canvas.dataset.drawn = String(told.days.length);
  }

  fetch(canvas.dataset.from, { credentials: "same-origin" })
    .then((answer) => { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
    .then(draw)
    .catch(() => { /* the table has it all */ });
})();
