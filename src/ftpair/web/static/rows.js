// A table that lives: rows by their keys, searched, filtered and sorted here; only those in sight are in the document.
// What a row says comes from the net: it is put in as text, never as HTML.
"use strict";
(() => {
  const SPARE = 6;          // Rows drawn above and below those in sight.
  const LONGEST = 300;      // Signs of a name that are drawn; all of them stand on the page of the session.
  const { size, rate, duration } = globalThis.ftpairUnits;
  const collator = new Intl.Collator("en", { numeric: true });

  const clipped = (text) => (text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text);
  const SAID = {
    text: (value) => (value ? clipped(value) : "–"),
    count: (value) => String(value),
    size,
    rate: (value) => (value ? rate(value) : "–"),
    age: (value, now) => (value === null ? "–" : duration(now - value)),
  };
  // Larger comes after smaller; of ages the moment says the opposite, and what has none is youngest.
  const COMPARED = {
    text: (one, other) => collator.compare(one, other),
    age: (one, other) => (other ?? Infinity) - (one ?? Infinity) || 0,
  };
  const numbers = (one, other) => one - other;

  class Rows {
    constructor(table) {
      this.table = table;
      this.body = table.tBodies[0];
      this.window = document.getElementById("rows-window");
      this.form = document.getElementById("sieve");
      this.columns = [...table.tHead.rows[0].cells].map((cell) => ({
        cell, class: cell.className,
        lines: [...cell.querySelectorAll("[data-sort]")].map((button) => ({ key: button.dataset.sort, kind: button.dataset.kind, button })),
      }));
      this.lines = this.columns.flatMap((column) => column.lines);
      this.rows = new Map();
      this.order = [];        // The rows that the sieve lets through, as they are sorted.
      this.drawn = new Map();
      this.height = 0;
      this.skew = 0;          // How far the server's clock is behind the browser's, in seconds.
      this.spacers = [0, 1].map(() => this.body.appendChild(this.spacer()));
      const wanted = table.dataset.wanted || table.dataset.default;
      this.isDown = wanted.startsWith("-");
      this.sorted = this.lines.find((line) => line.key === wanted.replace(/^-/, "")) || this.lines[0];
      this.listen();
      this.show();
    }

    spacer() {
      const row = document.createElement("tr");
      row.className = "spacer";
      row.setAttribute("aria-hidden", "true");
      row.appendChild(document.createElement("td"));
      return row;
    }

    listen() {
      document.addEventListener("rows", (event) => this.hear(event.detail));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("input", () => { this.window.scrollTop = 0; this.sift(); this.remember(); });
      for (const line of this.lines) line.button.addEventListener("click", () => this.sortBy(line));
      this.window.addEventListener("scroll", () => this.soon(), { passive: true });
      new ResizeObserver(() => { this.height = 0; this.soon(); }).observe(this.window);
      this.body.addEventListener("click", (event) => this.press(event));
      document.querySelector("[data-unsift]")?.addEventListener("click", () => this.unsift());
      setInterval(() => { if (!document.hidden) this.soon(); }, 1000);
    }

    // What the stream tells.
    hear(news) {
      this.skew = Date.now() / 1000 - news.now;
      if (news.whole) this.rows.clear();
      for (const key of news.gone) this.rows.delete(key);
      for (const row of news.rows) {
        row.words = this.lines.filter((line) => line.kind === "text").map((line) => row[line.key]).join(" ").toLowerCase();
        this.rows.set(row.key, row);
      }
      this.fastest = 1;
      for (const row of this.rows.values()) if (row.rate > this.fastest) this.fastest = row.rate;
      this.arrange();
    }

    // While somebody points at a row or has reached it by keyboard, rows change but do not move.
    get isHeld() { return this.body.matches(":hover") || this.body.contains(document.activeElement); }

    arrange() {
      if (!this.isHeld) return this.sift();
      const known = new Set(this.order.map((row) => row.key));
      this.order = this.order.map((row) => this.rows.get(row.key)).filter(Boolean);
      const fits = this.sieve();
      for (const row of this.rows.values()) if (!known.has(row.key) && fits(row)) this.order.push(row);
      this.show();
    }

    sift() {
      const place = new Map(this.order.map((row, at) => [row.key, at]));
      const former = (row) => place.get(row.key) ?? Infinity;
      const passed = [...this.rows.values()].filter(this.sieve());
      passed.sort((one, other) => former(one) - former(other) || 0);  // Nearly sorted, so that the next sort has little to do.
      const { key, kind } = this.sorted, compare = COMPARED[kind] || numbers, sign = this.isDown ? -1 : 1;
      this.order = passed.sort((one, other) => sign * compare(one[key], other[key]));
      this.show();
    }

    sieve() {
      const given = new FormData(this.form);
      const words = given.get("q").toLowerCase().split(/\s+/).filter(Boolean);
      const names = ["service", "server"].filter((name) => given.get(name)).map((name) => [name, given.get(name)]);
      const is = (row, [name, wanted]) => row[name] === wanted || row[name] === wanted + " (removed)";
      return (row) => names.every((pair) => is(row, pair)) && words.every((word) => row.words.includes(word));
    }

    sortBy(line) {
      this.isDown = this.sorted === line ? !this.isDown : line.kind !== "text";
      this.sorted = line;
      this.sift();
      this.remember();
    }

    unsift() {
      for (const field of this.form.elements) field.value = "";
      this.sift();
      this.remember();
      this.form.elements.q.focus();
    }

    // The URL says what is seen, so that a reload, a bookmark and Back show it again.
    remember() {
      const sort = (this.isDown ? "-" : "") + this.sorted.key;
      const said = new URLSearchParams([...new FormData(this.form), ["sort", sort === this.table.dataset.default ? "" : sort]].filter((pair) => pair[1]));
      history.replaceState(history.state, "", location.pathname + (said.size ? "?" + said : ""));
    }

    press(event) {
      const button = event.target.closest("[data-ask]");
      if (button) return htmx.ajax("GET", button.dataset.ask, { target: "#dialog", swap: "innerHTML" });
      const link = event.target.closest("tr")?.querySelector("a");
      if (link && !event.target.closest("a") && !String(getSelection())) link.click();
    }

    show() {
      const noun = this.table.dataset.noun, all = this.rows.size, shown = this.order.length;
      document.getElementById("rows-count").textContent = (shown < all ? shown + " of " : "") + all + " " + noun + (all === 1 ? "" : "s");
      for (const note of this.window.querySelectorAll("[data-empty]")) note.hidden = shown > 0 || (note.dataset.empty === "none") !== (all === 0);
      this.table.hidden = !shown;
      this.table.setAttribute("aria-rowcount", shown + 1);
      for (const column of this.columns) {
        const isSorted = column.lines.includes(this.sorted);
        if (isSorted) column.cell.setAttribute("aria-sort", this.isDown ? "descending" : "ascending");
        else column.cell.removeAttribute("aria-sort");
        for (const line of column.lines) {
          line.button.classList.toggle("asc", line === this.sorted && !this.isDown);
          line.button.classList.toggle("desc", line === this.sorted && this.isDown);
        }
      }
      this.soon();
    }

    soon() {
      if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
    }

    draw() {
      const [above, below] = this.spacers;
      if (!this.height && this.order.length) this.height = this.measured();
      const height = this.height || 1, head = this.table.tHead.offsetHeight;
      const top = Math.max(0, Math.floor(this.window.scrollTop / height) - SPARE);
      const end = Math.min(this.order.length, Math.ceil((this.window.scrollTop + this.window.clientHeight - head) / height) + SPARE);
      const seen = this.order.slice(top, end), wanted = new Set(seen.map((row) => row.key)), spare = [];
      for (const [key, row] of this.drawn) if (!wanted.has(key)) { this.drawn.delete(key); spare.push(row); }
      let next = above.nextSibling;
      seen.forEach((row, at) => {
        const drawn = this.drawn.get(row.key) || spare.pop() || this.blank();
        this.drawn.set(row.key, drawn);
        this.fill(drawn, row, top + at);
        if (drawn.row === next) next = next.nextSibling;
        else this.body.insertBefore(drawn.row, next);
      });
      for (const rest of spare) rest.row.remove();
      above.style.height = top * height + "px";
      below.style.height = (this.order.length - end) * height + "px";
      above.hidden = !top;
      below.hidden = end >= this.order.length;
    }

    measured() {
      const drawn = this.blank();
      this.fill(drawn, this.order[0], 0);
      this.body.appendChild(drawn.row);
      const height = drawn.row.getBoundingClientRect().height;
      drawn.row.remove();
      return height;
    }

    // An empty row: the places that its figures and names go to, and what they say already.
    blank() {
      const row = document.createElement("tr"), places = [];
      for (const column of this.columns) {
        const cell = row.appendChild(document.createElement("td"));
        cell.className = column.class;
        for (const line of column.lines) places.push({ line, node: this.place(cell, line), said: null });
      }
      const ask = "end" in this.table.dataset ? this.button(row.lastElementChild) : null;
      return { row, places, ask, link: row.querySelector("a"), bar: row.querySelector("progress") };
    }

    place(cell, line) {
      const isFirst = !cell.firstChild, isLink = isFirst && cell.matches(":first-child") && this.table.dataset.link;
      const node = cell.appendChild(document.createElement(isLink ? "a" : "div"));
      node.className = isFirst ? "line" : "line text-secondary";
      if (line.kind === "text") node.dir = "auto";
      if (line.button.dataset.bar !== undefined) cell.appendChild(document.createElement("progress")).setAttribute("aria-hidden", "true");
      return node;
    }

    button(cell) {
      const button = cell.appendChild(document.createElement("button"));
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = "End";
      return button;
    }

    fill(drawn, row, at) {
      const now = Date.now() / 1000 - this.skew;
      drawn.row.setAttribute("aria-rowindex", at + 2);
      for (const place of drawn.places) {
        const said = SAID[place.line.kind](row[place.line.key], now);
        if (said === place.said) continue;
        place.said = place.node.textContent = said;
        if (place.line.kind === "text") place.node.title = said;
      }
      if (drawn.bar) { drawn.bar.max = this.fastest; drawn.bar.value = row.rate; }
      if (drawn.key === row.key) return;
      drawn.key = row.key;
      const session = encodeURIComponent(row.session);
      if (drawn.link) session ? (drawn.link.href = this.table.dataset.link + session) : drawn.link.removeAttribute("href");
      if (drawn.ask) {
        drawn.ask.hidden = !session;
        drawn.ask.dataset.ask = "/sessions/" + session + "/end";
        drawn.ask.setAttribute("aria-label", "End the session from " + row.client);
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => new Rows(document.getElementById("rows")));
})();
