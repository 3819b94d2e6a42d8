// Figures in the units that people read, for charts.
"use strict";
globalThis.ftpairUnits = (() => {
  const STEPS = ["B", "KiB", "MiB", "GiB", "TiB"];
  const size = (value) => {
    let at = 0;
    while (value >= 1024 && at < STEPS.length - 1) { value /= 1024; at += 1; }
    return (value >= 100 || at === 0 ? value.toFixed(0) : value.toFixed(1)) + " " + STEPS[at];
  };
  return { size, rate: (value) => size(value) + "/s", clock: (second) => new Date(second * 1000).toTimeString().slice(0, 5) };
})();
