// The editor of the configuration: line numbers that scroll with the text, and links that lead to a line.
"use strict";
(() => {
  const begin = (box) => {
    if (box.dataset.begun) return;
    box.dataset.begun = "yes";
    const gutter = box.querySelector(".gutter");
    const text = box.querySelector("textarea");
    let count = 0;
    const number = () => {
      const lines = text.value.split("\n").length;
      if (lines !== count) gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n") + "\n\n";
      count = lines;
      scroll();
    };
    const scroll = () => { gutter.scrollTop = text.scrollTop; };
    const fit = () => { gutter.style.height = text.offsetHeight + "px"; scroll(); };
    text.addEventListener("input", number);
    text.addEventListener("scroll", scroll);
    new ResizeObserver(fit).observe(text);
    number();
  };
  const lead = (event) => {
    const link = event.target.closest("[data-line]");
    const text = link && document.getElementById("content-text");
    if (!text) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const line = Number(link.dataset.line);
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    text.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(text).lineHeight));
    text.scrollLeft = 0;
    text.scrollIntoView({ block: "nearest" });
  };
  const all = () => {
    document.querySelectorAll("[data-editor]").forEach(begin);
    document.getElementById("refused")?.focus();
  };
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSwap", all);
  document.addEventListener("click", lead);
  let isChanged = false;
  document.addEventListener("input", (event) => { if (event.target.id === "content-text") isChanged = true; });
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.closest?.("#editor")) isChanged = false; });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.target.closest?.("#editor") && !event.detail.successful) isChanged = true; });
  addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });
})();
