// The form of a virtual service: lines of real servers that go, and the first field that has a problem.
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
    document.querySelector("#form [aria-invalid=true]")?.focus();
  });
})();
