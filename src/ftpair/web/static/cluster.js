// Forms of Cluster Configuration: lines of real servers that go, the first field that has a problem, files into fields.
"use strict";
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-row]");
    if (!button) return;
    const form = button.closest("form");
    button.closest("tr").remove();
    form.dispatchEvent(new CustomEvent("rows"));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "servers") event.target.lastElementChild?.querySelector("input:not([type=hidden])")?.focus();
  });
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelector("#dialog[open] [aria-invalid=true], #form [aria-invalid=true]")?.focus();
  });
})();
