// Light or dark, before anything is drawn: what the person chose, else what the system says.
"use strict";
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("ftpair-theme");
  const use = () => document.documentElement.setAttribute("data-bs-theme", chosen() || (system.matches ? "dark" : "light"));
  use();
  system.addEventListener("change", use);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#theme")) return;
    const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    localStorage.setItem("ftpair-theme", next);
    use();
  });
})();
