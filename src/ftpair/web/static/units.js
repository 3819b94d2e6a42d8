// Figures in the units that people read, for charts and tables.
"use strict";
globalThis.ftpairUnits = (() => {
  const STEPS = ["B", "KiB", "MiB", "GiB", "TiB"];
  const size = (value) => {
    let at = 0;
    while (value >= 1024 && at < STEPS.length - 1) { value /= 1024; at += 1; }
    return (value >= 100 || at === 0 ? value.toFixed(0) : value.toFixed(1)) + " " + STEPS[at];
  };
  const TIMES = [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]];
  // From ten of a unit on, the lesser one is left out: a column is narrow.
  const duration = (seconds) => {
    for (const [unit, step, lesser, part] of TIMES)
      if (seconds >= step) return Math.floor(seconds / step) + " " + unit + (seconds < 10 * step ? " " + Math.floor((seconds % step) / part) + " " + lesser : "");
    return Math.max(0, Math.floor(seconds)) + " s";
  };
  return { size, duration, rate: (value) => size(value) + "/s", clock: (second) => new Date(second * 1000).toTimeString().slice(0, 5) };
})();
