// Charts of what was: all of them over the same steps, asked for anew while the page is looked at.
"use strict";
(() => {
  const COLOURS = ["#066fd1", "#2fb344"];
  const AGAIN_MS = 30000;
  const number = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1));
  const WORDS = { rate: ftpairUnits.rate, number, count: number, share: (value) => (value * 100).toFixed(value === 1 || value === 0 ? 0 : 1) + " %" };
  const LEAST = { rate: 1024, number: 4, count: 4, share: 1 };
  const STEPS = { rate: Array.from({ length: 46 }, (_, power) => 2 ** power), number: undefined, count: undefined, share: [0.25] };
  const DAY_S = 86400;
  const utc = (second) => new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC";

  const dates = (plot, ticks) => ticks.map((tick) => (plot.scales.x.max - plot.scales.x.min > DAY_S ? utc(tick).slice(5, 10) : utc(tick).slice(11, 16)));

  // A step that stands alone between gaps has no line: it is drawn as a point.
  const lonely = (plot, series) => {
    const column = plot.data[series];
    return column.flatMap((value, at) => (value !== null && (column[at - 1] ?? null) === null && (column[at + 1] ?? null) === null ? [at] : []));
  };

  const tooltip = (words, names) => {
    const box = document.createElement("div");
    box.className = "chart-tip";
    box.hidden = true;
    const show = (plot) => {
      const { idx, left } = plot.cursor;
      box.hidden = idx === null || idx === undefined || left < 0;
      if (box.hidden) return;
      const lines = names.map((name, at) => { const value = plot.data[at + 1][idx]; return name + ": " + (value === null || value === undefined ? "ftpair did not run" : words(value)); });
      box.replaceChildren(...[utc(plot.data[0][idx]), ...lines].map((text) => { const line = document.createElement("div"); line.textContent = text; return line; }));
      const isLeft = left > plot.over.clientWidth / 2;
      box.style.left = isLeft ? "auto" : left + 12 + "px";
      box.style.right = isLeft ? plot.over.clientWidth - left + 12 + "px" : "auto";
    };
    return { hooks: { init: (plot) => plot.over.append(box), setCursor: show } };
  };

  const draw = (place) => {
    const names = place.dataset.names.split(",");
    const unit = place.dataset.unit;
    const words = WORDS[unit];
    // The canvas understands plain colours only: the page's are asked for as they come out.
    const axis = { stroke: () => getComputedStyle(place).color, grid: { stroke: () => getComputedStyle(place).borderTopColor, width: 1 }, ticks: { show: false } };
    const plot = new uPlot({
      width: place.clientWidth || 300, height: place.clientHeight || 200, padding: [8, 8, 0, 0],
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), "Etc/UTC"),
      cursor: { y: false, sync: { key: "reports" } }, legend: { show: false }, plugins: [tooltip(words, names)],
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(high || 0, LEAST[unit]) * 1.05] } },
      series: [{}, ...names.map((_name, at) => ({ stroke: COLOURS[at], width: 2, fill: COLOURS[at] + "22", points: { size: 5, filter: lonely } }))],
      axes: [{ ...axis, space: 70, size: 28, values: dates }, { ...axis, size: 78, space: 32, incrs: STEPS[unit], values: (_plot, ticks) => ticks.map((tick) => ((unit === "number" || unit === "count") && tick % 1 ? "" : words(tick))) }],
    }, [[], ...names.map(() => [])], place);
    new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
    return { plot, measures: place.dataset.report.split(" ") };
  };

  document.addEventListener("DOMContentLoaded", () => {
    const charts = [...document.querySelectorAll("[data-report]")].map(draw);
    const source = document.querySelector("[data-figures]").dataset.figures;
    const fill = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(source, { cache: "no-store" });
        if (!answer.ok) return;
        const found = await answer.json();
        for (const { plot, measures } of charts) plot.setData([found.at, ...measures.map((measure) => found.values[measure])]);
      } catch { /* The page says by its stream that ftpair does not answer. */ }
    };
    fill();
    setInterval(fill, AGAIN_MS);
    document.addEventListener("visibilitychange", fill);
    new MutationObserver(() => charts.forEach(({ plot }) => plot.redraw())).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    const of = document.getElementById("of");
    of.addEventListener("change", () => of.form.requestSubmit());
  });
})();
