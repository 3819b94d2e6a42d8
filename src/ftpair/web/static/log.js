// The log as it is written: the latest lines, filtered here, paused and followed as somebody wishes.
// What a line says comes from the net: it is put in as text, never as HTML.
"use strict";
(() => {
  const RANKS = { debug: 0, info: 1, warning: 2, error: 3 };
  const AT_ONCE = 150;      // Lines that are put in before the browser may draw.

  class Log {
    constructor(list) {
      this.list = list;
      this.kept = Number(list.dataset.kept);
      this.window = document.getElementById("log-window");
      this.form = document.getElementById("sieve");
      this.pause = document.getElementById("pause");
      this.follow = document.getElementById("follow");
      this.waiting = [];      // Lines that are not put in yet.
      this.shown = 0;
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("input", () => { this.sift(); this.remember(); });
      this.pause.addEventListener("click", () => { this.press(this.pause, !this.isPaused); this.soon(); });
      this.follow.addEventListener("click", () => { this.press(this.follow, !this.isFollowing); this.toEnd(); });
      this.window.addEventListener("wheel", (event) => { if (event.deltaY < 0) this.press(this.follow, false); }, { passive: true });
      this.window.addEventListener("keydown", (event) => { if (["ArrowUp", "PageUp", "Home"].includes(event.key)) this.press(this.follow, false); });
      this.window.addEventListener("touchmove", () => this.press(this.follow, false), { passive: true });
      document.addEventListener("rows", (event) => this.hear(event.detail));
      // A line that wraps gets its height only as it comes into sight, and pushes the end away.
      new ResizeObserver(() => this.toEnd()).observe(this.list);
    }

    get isPaused() { return this.pause.ariaPressed === "true"; }
    get isFollowing() { return this.follow.ariaPressed === "true"; }
    press(button, isOn) { button.ariaPressed = String(isOn); this.count(); }

    hear(news) {
      if (news.whole) { this.waiting = []; this.list.replaceChildren(); this.shown = 0; }
      this.waiting.push(...news.rows);
      if (this.waiting.length > this.kept) this.waiting.splice(0, this.waiting.length - this.kept);
      this.soon();
    }

    soon() {
      if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.put(); });
    }

    put() {
      if (!this.isPaused) {
        const fits = this.sieve(), lines = this.waiting.splice(0, AT_ONCE);
        this.list.append(...lines.map((line) => this.line(line, fits)));
        while (this.list.childElementCount > this.kept) this.drop();
        if (this.waiting.length) this.soon();
        this.toEnd();
      }
      this.count();
    }

    drop() {
      if (!this.list.firstChild.hidden) this.shown -= 1;
      this.list.firstChild.remove();
    }

    line(said, fits) {
      const line = document.createElement("li");
      const part = (name, text) => { const node = line.appendChild(document.createElement("span")); node.className = name; node.textContent = text; };
      part("log-at figure", new Date(said.at * 1000).toISOString().slice(11, 23));
      part("log-level log-" + said.level, said.level);
      part("log-process text-secondary", said.process);
      part("log-text", said.text);
      line.said = said;
      said.words = (said.process + " " + said.text).toLowerCase();
      line.hidden = !fits(said);
      if (!line.hidden) this.shown += 1;
      this.know(said.process);
      return line;
    }

    // Processes are offered as they are heard of.
    know(process) {
      const choice = this.form.elements.process;
      if (![...choice.options].some((option) => option.value === process)) choice.add(new Option(process, process));
    }

    sieve() {
      const given = new FormData(this.form), words = given.get("q").toLowerCase().split(/\s+/).filter(Boolean);
      const rank = RANKS[given.get("level")] || 0, process = given.get("process");
      return (said) => RANKS[said.level] >= rank && (!process || said.process === process) && words.every((word) => said.words.includes(word));
    }

    sift() {
      const fits = this.sieve();
      this.shown = 0;
      for (const line of this.list.children) { line.hidden = !fits(line.said); if (!line.hidden) this.shown += 1; }
      this.toEnd();
      this.count();
    }

    toEnd() { if (this.isFollowing) this.window.scrollTop = this.window.scrollHeight; }

    count() {
      const all = this.list.childElementCount, noun = (number) => number + (number === 1 ? " line" : " lines");
      const waits = this.isPaused && this.waiting.length ? ", " + this.waiting.length + " more wait" : "";
      document.getElementById("log-count").textContent = (this.shown < all ? this.shown + " of " : "") + noun(all) + waits + ", times in UTC";
      document.getElementById("log-empty").hidden = this.shown > 0 || this.waiting.length > 0;
    }

    // The URL says what is seen, so that a reload, a bookmark and Back show it again.
    remember() {
      const said = new URLSearchParams([...new FormData(this.form)].filter(([name, value]) => value && !(name === "level" && value === "debug")));
      history.replaceState(history.state, "", location.pathname + (said.size ? "?" + said : ""));
    }
  }

  document.addEventListener("DOMContentLoaded", () => new Log(document.getElementById("log")));
})();
