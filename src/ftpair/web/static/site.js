// What a page does by itself: parts that live, dialogs, messages that go, countdowns, text to copy. No page needs more.
"use strict";
(() => {
  const RETRY_MS = 2000;
  const away = (isAway) => { const note = document.getElementById("away"); if (note) note.hidden = !isAway; };
  // What the mark of a page that lives says: live, paused, away.
  const mark = (state) => { document.documentElement.dataset.stream = state; };

  // Parts that live: one stream per page; an event's name is the id of the element that it renews.
  let stream = null;
  const renew = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    // What is being typed stays; a button that has the focus must say what it does by now.
    const isTyped = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    Idiomorph.morph(part, html, { morphStyle: "innerHTML", ignoreActiveValue: isTyped });
    htmx.process(part);
    part.dispatchEvent(new CustomEvent("part:renewed", { bubbles: true }));
  };
  const open = () => {
    const path = document.querySelector("[data-live]")?.dataset.live || (document.getElementById("banner") ? "/live/banner" : "");
    if (!path || stream) return;
    stream = new EventSource(path);
    stream.addEventListener("open", () => { away(false); mark("live"); });
    stream.addEventListener("part", (event) => { const said = JSON.parse(event.data); renew(said.id, said.html); });
    stream.addEventListener("figures", (event) => document.dispatchEvent(new CustomEvent("figures", { detail: JSON.parse(event.data) })));
    stream.addEventListener("rows", (event) => document.dispatchEvent(new CustomEvent("rows", { detail: JSON.parse(event.data) })));
    stream.addEventListener("error", () => { close(); away(true); mark("away"); setTimeout(again, RETRY_MS); });
  };
  const close = () => { stream?.close(); stream = null; };
  const again = async () => {
    if (document.hidden || stream) return;
    try {
      const answer = await fetch("/session", { cache: "no-store" });
      if (answer.status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
      else open();
    } catch { setTimeout(again, RETRY_MS); }
  };
  // A browser has six connections to a site: a tab that nobody sees keeps none.
  document.addEventListener("visibilitychange", () => (document.hidden ? (close(), mark("paused")) : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  document.addEventListener("DOMContentLoaded", open);
  document.addEventListener("live:again", () => { close(); open(); });

  document.addEventListener("htmx:sendError", () => { away(true); setTimeout(again, RETRY_MS); });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) away(false); });

  // A dialog opens when something is put into it, and closes on success or on "data-close".
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = document.getElementById("dialog");
    if (event.detail.target === dialog && dialog.innerHTML.trim() && !dialog.open) dialog.showModal();
  });
  // What stood in it is gone with it: the secret of a token, too.
  document.addEventListener("DOMContentLoaded", () => { const dialog = document.getElementById("dialog"); dialog?.addEventListener("close", () => dialog.replaceChildren()); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]") || event.target.id === "dialog") document.getElementById("dialog").close();
    const toast = event.target.closest("[data-dismiss]")?.closest(".toast");
    if (toast) toast.remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
  });
  document.body?.addEventListener("dialog:close", () => document.getElementById("dialog").close());
  document.addEventListener("dialog:close", () => document.getElementById("dialog").close());

  const copyFrom = async (button) => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    const former = button.getAttribute("aria-label") || "";
    button.setAttribute("aria-label", "Copied");
    button.classList.add("text-green");
    setTimeout(() => { button.setAttribute("aria-label", former); button.classList.remove("text-green"); }, 1500);
  };

  // Good news goes by itself; bad news stays until somebody has read it.
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node.dataset && "passing" in node.dataset) setTimeout(() => node.remove(), 8000);
  }).observe(document.documentElement, { childList: true, subtree: true });

  const left = (seconds) => {
    for (const [unit, step, lesser, part] of [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]])
      if (seconds >= step && seconds > 120) return `${Math.floor(seconds / step)} ${unit} ${Math.floor((seconds % step) / part)} ${lesser}`;
    return seconds + " s";
  };
  setInterval(() => {
    const now = Date.now() / 1000;
    for (const node of document.querySelectorAll("[data-until]"))
      node.textContent = left(Math.max(0, Math.round(node.dataset.until - now)));
  }, 1000);
})();
