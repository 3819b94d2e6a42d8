// Live charts: the last five minutes, one point a second, from the page's stream.
"use strict";
(() => {
  const KEPT = 300;
  const COLOURS = ["#066fd1", "#2fb344"];
  const UNITS = ["B/s", "KiB/s", "MiB/s", "GiB/s"];
  const bytes = (value) => {
    let at = 0;
    while (value >= 1024 && at < UNITS.length - 1) { value /= 1024; at += 1; }
    return (value >= 100 || at === 0 ? value.toFixed(0) : value.toFixed(1)) + " " + UNITS[at];
  };
  const ink = () => getComputedStyle(document.body).getPropertyValue("--tblr-secondary").trim() || "#667382";
  const line = () => getComputedStyle(document.body).getPropertyValue("--tblr-border-color").trim() || "#dadfe5";

  class Chart {
    constructor(place) {
      this.place = place;
      this.keys = place.dataset.chart.split(" ");
      this.points = [[], ...this.keys.map(() => [])];
      const text = place.dataset.unit === "bytes" ? bytes : (value) => String(value);
      const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false } };
      this.plot = new uPlot({
        width: place.clientWidth || 300, height: place.clientHeight || 144, padding: [8, 8, 0, 0],
        cursor: { show: false }, legend: { show: this.keys.length > 1, live: false },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(high || 0, place.dataset.unit === "bytes" ? 1024 : 4) * 1.1] } },
        series: [{}, ...this.keys.map((_key, at) => ({ label: place.dataset.names.split(",")[at], stroke: COLOURS[at], width: 2, fill: COLOURS[at] + "22", points: { show: false } }))],
        axes: [{ ...axis, space: 70 }, { ...axis, size: 72, space: 36, values: (_plot, ticks) => ticks.map((tick) => (place.dataset.unit !== "bytes" && tick % 1 ? "" : text(tick))) }],
      }, this.points, place);
      new ResizeObserver(() => this.plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
    }
    add(figures) {
      this.points[0].push(figures.at);
      this.keys.forEach((key, at) => this.points[at + 1].push(figures[key]));
      if (this.points[0].length > KEPT) for (const column of this.points) column.shift();
      this.plot.setData(this.points);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const charts = [...document.querySelectorAll("[data-chart]")].map((place) => new Chart(place));
    document.addEventListener("figures", (event) => charts.forEach((chart) => chart.add(event.detail)));
    new MutationObserver(() => charts.forEach((chart) => chart.plot.redraw())).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  });
})();
