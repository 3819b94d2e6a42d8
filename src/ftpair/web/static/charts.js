// Live charts: the last five minutes, one point a second, from the page's stream.
"use strict";
(() => {
  const KEPT = 300; // seconds
  const BINARY = Array.from({ length: 41 }, (_one, at) => 2 ** at);
  const COLOURS = ["#066fd1", "#2fb344"];
  const { rate: bytes, clock } = ftpairUnits;

  class Chart {
    constructor(place) {
      this.place = place;
      this.keys = place.dataset.chart.split(" ");
      this.isRate = "rate" in place.dataset;
      this.former = null;
      this.points = place.dataset.drawn ? JSON.parse(place.dataset.drawn) : [[], ...this.keys.map(() => [])];
      const text = this.isRate ? bytes : (value) => (value % 1 ? "" : String(value));
      const least = this.isRate ? 1024 : 4;
      // The canvas understands plain colours only: the page's are asked for as they come out.
      const axis = { stroke: () => getComputedStyle(place).color, grid: { stroke: () => getComputedStyle(place).borderTopColor, width: 1 }, ticks: { show: false } };
      this.plot = new uPlot({
        width: place.clientWidth || 300, height: place.clientHeight || 144, padding: [8, 18, 0, 0],
        cursor: { show: false }, legend: { show: false },
        scales: { x: { range: () => { const last = this.points[0].at(-1) || Date.now() / 1000; return [last - KEPT, last]; } }, y: { range: (_plot, _low, high) => [0, Math.max(high || 0, least) * 1.1] } },
        series: [{}, ...this.keys.map((_key, at) => ({ stroke: COLOURS[at], width: 2, fill: COLOURS[at] + "22", points: { show: false } }))],
        axes: [{ ...axis, space: 60, size: 24, values: (_plot, ticks) => ticks.map(clock) }, { ...axis, size: this.isRate ? 78 : 40, space: 32, incrs: this.isRate ? BINARY : undefined, values: (_plot, ticks) => ticks.map(text) }],
      }, this.points, place);
      new ResizeObserver(() => this.plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
    }
    add(figures) {
      const former = this.former;
      this.former = figures;
      if (this.isRate && !former) return;
      this.points[0].push(figures.at);
      this.keys.forEach((key, at) => this.points[at + 1].push(this.isRate ? Math.max(0, figures[key] - former[key]) / Math.max(1, figures.at - former.at) : figures[key]));
      while (this.points[0][0] < figures.at - KEPT) for (const column of this.points) column.shift();
      this.plot.setData(this.points);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const charts = [...document.querySelectorAll("[data-chart]")].map((place) => new Chart(place));
    document.addEventListener("figures", (event) => charts.forEach((chart) => chart.add(event.detail)));
    new MutationObserver(() => charts.forEach((chart) => chart.plot.redraw())).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  });
})();
