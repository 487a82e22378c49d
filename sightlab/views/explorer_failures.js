// The page of the failure explorer. It asks, `explorer_desk.py` answers; nothing is kept in the widget's state.
// Every text is set by textContent: what came from a file name or a table can never become markup.

const KEYS = [
  ["J or \u2192", "next photo"], ["K or \u2190", "previous photo"], ["\u2191 \u2193", "a row up or down"],
  ["PgUp PgDn", "a page back or on"], ["1 to 5", "verdict on this photo and map"], ["N", "write a note"],
  ["Z", "undo the last verdict, also of an earlier day"], ["C", "next target of the map"],
  ["hold Space", "the photo without its map"], ["R", "references"], ["G", "map of the square around the camera"],
  ["M", "local matches"], ["S", "mark the photo: explorer.selected"], ["T", "threshold"],
  ["U", "map of all photos, with a lasso"], ["?", "this help"], ["Esc", "close help; leave a text field"],
];
const SLOW = 4000; // ms until a silent kernel is mentioned

function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== "") node.textContent = text;
  return node;
}

function button(className, text, onClick, title = "") {
  const node = make("button", className, text);
  node.type = "button";
  if (title) node.title = title;
  node.addEventListener("click", onClick);
  return node;
}

// Questions to the kernel and their answers, each by its number.
class Line {
  constructor(model, onSlow) {
    this.model = model;
    this.onSlow = onSlow;
    this.waiting = new Map();
    this.mark = Math.random().toString(36).slice(2);
    this.count = 0;
    this.onMessage = (message, buffers) => {
      const waiting = this.waiting.get(message.id);
      if (!waiting) return; // another view of the same widget asked
      this.waiting.delete(message.id);
      clearTimeout(waiting.timer);
      waiting.done([message, buffers || []]);
    };
    model.on("msg:custom", this.onMessage);
  }
  ask(what, fields = {}) {
    const id = `${this.mark}-${++this.count}`;
    return new Promise((done) => {
      const timer = setTimeout(() => this.onSlow(), SLOW);
      this.waiting.set(id, { done, timer });
      this.model.send({ id, ask: what, ...fields });
    });
  }
  close() {
    this.model.off("msg:custom", this.onMessage);
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }
}

// Pictures of one part of the page: showing new ones gives the memory of the old ones back.
class Pictures {
  constructor() { this.urls = []; }
  clear() {
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.urls = [];
  }
  image(buffer, kind, alt) {
    const url = URL.createObjectURL(new Blob([buffer], { type: kind }));
    this.urls.push(url);
    const node = make("img");
    node.src = url;
    node.alt = alt;
    node.draggable = false;
    return node;
  }
}

// Only the newest of several quick wishes is worked on; the others are dropped.
function latest(work) {
  let isBusy = false;
  let wish = null;
  return async (...args) => {
    wish = args;
    if (isBusy) return;
    isBusy = true;
    while (wish) {
      const now = wish;
      wish = null;
      await work(...now);
    }
    isBusy = false;
  };
}

class Explorer {
  constructor(model, el) {
    this.line = new Line(model, () => this.say("The kernel does not answer yet: it is busy, or the cell must be run again."));
    this.gridPictures = new Pictures();
    this.cardPictures = new Pictures();
    this.squarePictures = new Pictures();
    this.matchPictures = new Pictures();
    this.curvePictures = new Pictures();
    this.root = make("div", "sl");
    this.root.tabIndex = 0;
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab leaves the keys to us
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "failure explorer; press ? for its keys");
    el.append(this.root);
    this.order = "severity";
    this.chosen = {};
    this.polygon = null;
    this.position = 0; // in the chosen photos
    this.rows = [];
    this.tiles = [];
    this.target = "difference";
    this.wants = { references: false, square: false, matches: false };
    this.opacity = 0.55;
    this.build();
    this.loadCard = latest(() => this.showCard());
    this.loadThreshold = latest((value) => this.showThreshold(value));
    this.onKeyDown = (event) => this.keyDown(event);
    this.onKeyUp = (event) => { if (event.key === " ") this.root.classList.remove("sl-bare"); };
    this.root.addEventListener("keydown", this.onKeyDown);
    this.root.addEventListener("keyup", this.onKeyUp);
    this.root.addEventListener("focusout", () => this.root.classList.remove("sl-bare"));
    this.root.addEventListener("click", (event) => {
      if (!event.target.closest("input, select, button, summary, textarea")) this.root.focus({ preventScroll: true });
    });
    this.open();
  }

  build() {
    this.bar = make("div", "sl-bar");
    this.panel = make("div", "sl-panel");
    this.panel.hidden = true;
    this.left = make("div", "sl-left");
    this.grid = make("div", "sl-grid");
    this.pager = make("div", "sl-pager");
    this.left.append(this.grid, this.pager);
    this.card = make("div", "sl-card");
    const body = make("div", "sl-body");
    body.append(this.left, this.card);
    this.status = make("div", "sl-status");
    this.status.setAttribute("role", "status");
    this.status.setAttribute("aria-live", "polite");
    this.help = make("div", "sl-help");
    this.help.hidden = true;
    this.root.append(this.bar, this.panel, body, this.status, this.help);
  }

  say(text, isError = false) {
    this.status.textContent = text;
    this.status.classList.toggle("sl-error", isError);
  }

  async ask(what, fields) {
    const [reply, pictures] = await this.line.ask(what, fields);
    if (reply.error) this.say(reply.error, true);
    return [reply, pictures];
  }

  async open() {
    this.say("Opening\u2026");
    const [facts] = await this.ask("open");
    if (facts.error) return;
    this.facts = facts;
    this.buildBar();
    this.buildHelp();
    await this.list(0);
    if (facts.notice) this.say(facts.notice, true);
    else this.say(this.rows.length ? "Click here, then J and K move, 1 to 5 judge, ? shows all keys." : "No photo is left: widen the slices.");
  }

  // ---------------------------------------------------------------- bar: slices, order, panels

  buildBar() {
    const { facts } = this;
    this.bar.replaceChildren();
    this.count = make("strong", "sl-count");
    this.bar.append(this.count);
    const names = Object.keys(facts.slices);
    if (names.length) {
      const first = names.includes("outcome") ? "outcome" : names[0];
      this.slice = this.select("slice by", names.map((n) => [n, n.replaceAll("_", " ")]), first, () => this.buildChips());
      this.chips = make("span", "sl-chips");
      this.bar.append(this.slice.label, this.chips);
      this.buildChips();
    }
    const orders = this.select("order", Object.entries(facts.orders), this.order, (value) => {
      this.order = value;
      this.list(0);
    });
    const tools = make("span", "sl-tools");
    if (facts.threshold) tools.append(button("sl-tool", "Threshold", () => this.togglePanel("threshold"), "key T"));
    if (facts.has_plane) tools.append(button("sl-tool", "All photos", () => this.togglePanel("plane"), "key U"));
    tools.append(button("sl-tool", "Keys ?", () => this.toggleHelp()));
    this.bar.append(orders.label, tools);
  }

  select(text, options, value, onChange) {
    const label = make("label", "sl-select", `${text} `);
    const node = make("select");
    for (const [key, words] of options) {
      const option = make("option", "", words);
      option.value = key;
      node.append(option);
    }
    node.value = value;
    node.addEventListener("change", () => { onChange(node.value); this.root.focus({ preventScroll: true }); });
    label.append(node);
    return { label, node };
  }

  buildChips() {
    const column = this.slice.node.value;
    this.chips.replaceChildren();
    for (const [value, n] of Object.entries(this.facts.slices[column])) {
      const chip = button("sl-chip", "", () => this.choose(column, value));
      const color = column === "outcome" ? this.facts.colors[value] : "";
      if (color) chip.append(this.dot(color));
      chip.append(`${value.replaceAll("_", " ")} `, make("span", "sl-number", n.toLocaleString("en")));
      chip.setAttribute("aria-pressed", String(this.chosen[column] === value));
      this.chips.append(chip);
    }
    for (const [other, value] of Object.entries(this.chosen)) {
      if (other === column) continue;
      this.chips.append(button("sl-chip sl-other", `${other.replaceAll("_", " ")}: ${value} \u00d7`, () => this.choose(other, value), "take away"));
    }
    if (this.polygon) this.chips.append(button("sl-chip sl-other", "lasso \u00d7", () => { this.polygon = null; this.list(0); }, "take away"));
  }

  dot(color) {
    const dot = make("span", "sl-dot");
    dot.style.background = color;
    return dot;
  }

  choose(column, value) {
    if (this.chosen[column] === value) delete this.chosen[column];
    else this.chosen[column] = value;
    this.list(0);
  }

  // ---------------------------------------------------------------- grid

  async list(position) {
    const size = this.facts.page_size;
    const fields = { order: this.order, chosen: this.chosen, polygon: this.polygon, page: Math.floor(position / size) };
    const [reply, pictures] = await this.ask("list", fields);
    if (reply.error) return;
    this.rows = reply.rows;
    this.page = reply.page;
    this.position = Math.max(0, Math.min(position, this.rows.length - 1));
    this.count.textContent = `${reply.n.toLocaleString("en")} of ${this.facts.n.toLocaleString("en")} ${this.facts.title}`;
    if (this.slice) this.buildChips();
    this.showTiles(reply.tiles, pictures);
    this.drawPlane();
    this.move(this.position);
  }

  showTiles(tiles, pictures) {
    this.gridPictures.clear();
    this.tiles = tiles;
    const start = this.page * this.facts.page_size;
    const nodes = tiles.map((tile, i) => {
      const node = button("sl-tile", "", () => { this.move(start + i); this.root.focus({ preventScroll: true }); });
      node.tabIndex = -1; // the root has the focus, the keys move
      const frame = make("span", "sl-frame");
      const alt = `${tile.caption}${tile.below ? `: ${tile.below}` : ""}`;
      if (tile.picture >= 0) frame.append(this.gridPictures.image(pictures[tile.picture], "image/jpeg", alt));
      else frame.append(make("span", "sl-gone", `unreadable: ${tile.problem}`));
      const badge = make("span", "sl-badge");
      frame.append(badge, make("span", "sl-star", "\u2713"));
      const caption = make("span", "sl-caption");
      if (tile.outcome) caption.append(this.dot(this.facts.colors[tile.outcome] || "#999"));
      caption.append(tile.caption);
      node.append(frame, caption, make("span", "sl-below", tile.below));
      node.title = alt;
      tile.node = node;
      tile.badge = badge;
      this.dress(tile);
      return node;
    });
    if (!nodes.length) nodes.push(make("p", "sl-empty", "No photo is left. Take a slice away, or choose another value."));
    this.grid.replaceChildren(...nodes);
    this.grid.scrollTop = 0;
    this.buildPager();
  }

  dress(tile) {
    const place = Object.keys(this.facts.verdicts).indexOf(tile.verdict) + 1;
    tile.badge.textContent = place ? String(place) : "";
    tile.badge.title = place ? this.facts.verdicts[tile.verdict] : "";
    tile.node.classList.toggle("sl-marked", tile.marked);
  }

  buildPager() {
    const size = this.facts.page_size;
    const pages = Math.max(1, Math.ceil(this.rows.length / size));
    const back = button("sl-tool", "\u2039 back", () => this.list((this.page - 1) * size));
    const on = button("sl-tool", "on \u203a", () => this.list((this.page + 1) * size));
    back.disabled = this.page <= 0;
    on.disabled = this.page >= pages - 1;
    this.pager.hidden = pages === 1;
    this.pager.replaceChildren(back, make("span", "", `page ${this.page + 1} of ${pages}`), on);
  }

  // The photo at a place of the list becomes the current one; its page is fetched if need be.
  async move(position) {
    if (!this.rows.length) {
      this.current = null;
      this.card.replaceChildren(make("p", "sl-empty", "Nothing to show."));
      return;
    }
    const bounded = Math.max(0, Math.min(position, this.rows.length - 1));
    const size = this.facts.page_size;
    if (Math.floor(bounded / size) !== this.page) return this.list(bounded);
    this.position = bounded;
    this.current = this.rows[bounded];
    this.tiles.forEach((tile) => tile.node.setAttribute("aria-current", String(tile.row === this.current)));
    const node = this.tile(this.current)?.node;
    if (node) { // scrolls the grid, never the notebook
      const top = node.offsetTop - this.grid.offsetTop;
      if (top < this.grid.scrollTop) this.grid.scrollTop = top;
      const below = top + node.offsetHeight - this.grid.clientHeight;
      if (below > this.grid.scrollTop) this.grid.scrollTop = below;
    }
    this.drawPlane();
    this.loadCard();
  }

  tile(row) { return this.tiles.find((tile) => tile.row === row); }

  columns() {
    const tops = this.tiles.map((tile) => tile.node.offsetTop);
    const n = tops.findIndex((top) => top !== tops[0]);
    return n < 0 ? Math.max(1, tops.length) : n;
  }

  // ---------------------------------------------------------------- card

  async showCard() {
    const row = this.current;
    if (row === null || row === undefined) return;
    const [card, pictures] = await this.ask("card", { row, target: this.target, references: this.wants.references });
    if (card.error || row !== this.current) return;
    this.shown = card;
    this.cardPictures.clear();
    const head = make("div", "sl-head");
    head.append(make("strong", "sl-name", card.photo_id), make("span", "sl-place", `${(this.position + 1).toLocaleString("en")} of ${this.rows.length.toLocaleString("en")}`));
    if (card.outcome) {
      const badge = make("span", "sl-outcome");
      badge.append(this.dot(this.facts.colors[card.outcome] || "#999"), card.outcome_words);
      head.append(badge);
    }
    this.extra = make("div", "sl-extra");
    this.card.replaceChildren(head, this.pair(card, pictures), this.judge(card), this.knowledge(card), ...this.strips(card, pictures), this.extra);
    if (this.wants.square) await this.showSquare(row);
    if (this.wants.matches) await this.showMatches(row);
  }

  pair(card, pictures) {
    const pair = make("div", "sl-pair");
    if (card.picture < 0) {
      pair.append(make("p", "sl-gone", `This photo cannot be shown: ${card.problem}.`));
      return pair;
    }
    const photo = () => this.cardPictures.image(pictures[card.picture], "image/jpeg", `photo ${card.photo_id}`);
    const plain = make("figure", "sl-figure");
    plain.append(photo(), make("figcaption", "", "photo"));
    const over = make("figure", "sl-figure");
    const stack = make("div", "sl-stack");
    const grey = photo();
    grey.classList.add("sl-grey");
    stack.append(grey);
    const caption = make("figcaption", "sl-target", [card.target_words, card.score].filter(Boolean).join(" "));
    over.append(stack, caption);
    if (card.map >= 0) {
      const map = this.cardPictures.image(pictures[card.map], "image/png", card.target_words);
      map.className = "sl-map";
      stack.append(map);
      stack.style.setProperty("--sl-opacity", this.opacity);
      const limit = card.limit.toPrecision(2);
      const scale = make("div", "sl-scale");
      scale.append(make("span", "", `\u2264 \u2212${limit}`), make("span", "sl-ramp"), make("span", "", `\u2265 ${limit} ${card.unit}`));
      const slider = make("input");
      Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.05, value: this.opacity, title: "opacity of the map" });
      slider.setAttribute("aria-label", "opacity of the map");
      slider.addEventListener("input", () => {
        this.opacity = Number(slider.value);
        stack.style.setProperty("--sl-opacity", this.opacity);
      });
      over.append(scale, slider);
    } else {
      over.append(make("p", "sl-muted", card.map_problem));
    }
    pair.append(plain, over);
    return pair;
  }

  judge(card) {
    const box = make("div", "sl-judge");
    Object.entries(this.facts.verdicts).forEach(([verdict, words], i) => {
      const node = button("sl-verdict", "", () => this.press(verdict));
      node.append(make("kbd", "", String(i + 1)), words);
      node.setAttribute("aria-pressed", String(card.said?.verdict === verdict));
      box.append(node);
    });
    this.note = make("input", "sl-note");
    Object.assign(this.note, { type: "text", maxLength: 2000, value: card.said?.note || "", placeholder: "note (N), Enter keeps it" });
    this.note.setAttribute("aria-label", "note");
    box.append(this.note);
    return box;
  }

  knowledge(card) {
    const box = make("div", "sl-know");
    const list = make("dl");
    for (const [word, value] of card.facts) list.append(make("dt", "", word), make("dd", "", value));
    box.append(list);
    if (card.reason) box.append(make("p", "sl-reason", card.reason));
    if (card.trace.length) {
      const details = make("details");
      details.open = Boolean(this.isTraceOpen);
      details.addEventListener("toggle", () => { this.isTraceOpen = details.open; });
      const steps = make("ol");
      for (const step of card.trace) steps.append(make("li", "", step));
      details.append(make("summary", "", "every step of the decision"), steps);
      box.append(details);
    }
    return box;
  }

  strips(card, pictures) {
    return card.strips.map((strip) => {
      const box = make("section", "sl-strip");
      const photos = make("div", "sl-photos");
      for (const photo of strip.photos) {
        const figure = make("figure");
        if (photo.picture >= 0) figure.append(this.cardPictures.image(pictures[photo.picture], "image/jpeg", strip.words));
        else figure.append(make("span", "sl-gone", photo.problem));
        figure.append(make("figcaption", "", photo.caption));
        photos.append(figure);
      }
      box.append(make("h4", "", strip.words), photos);
      return box;
    });
  }

  async showSquare(row) { await this.showExtra("square", "sl-square", this.squarePictures, "the square around the camera", row); }

  async showMatches(row) { await this.showExtra("matches", "sl-matches", this.matchPictures, "local matches with the nearest reference", row); }

  async showExtra(what, className, store, alt, row) {
    const [reply, pictures] = await this.line.ask(what, { row });
    if (row !== this.current || !this.wants[what]) return;
    store.clear();
    const box = make("section", `sl-strip ${className}`);
    box.append(make("h4", "", alt));
    if (reply.error) box.append(make("p", "sl-muted", reply.error));
    else box.append(store.image(pictures[0], "image/png", alt));
    this.extra.querySelector(`.${className}`)?.remove();
    this.extra.append(box);
  }

  toggle(what) {
    this.wants[what] = !this.wants[what];
    this.loadCard();
  }

  cycle() {
    const targets = Object.keys(this.facts.targets);
    this.target = targets[(targets.indexOf(this.target) + 1) % targets.length];
    this.say(`Map: ${this.facts.targets[this.target]}.`);
    this.loadCard();
  }

  // ---------------------------------------------------------------- verdicts

  async press(verdict, note = this.note?.value || "") {
    const row = this.current;
    if (row === null || row === undefined) return;
    this.say("Saving\u2026");
    const [reply] = await this.ask("press", { row, verdict, target: this.target, note });
    if (reply.error) return;
    const words = this.facts.verdicts[verdict] || "note";
    this.say(`Saved: ${words}. Z takes it back.`);
    this.wear(row, verdict || this.tile(row)?.verdict || "");
    if (row === this.current && this.shown) {
      this.shown.said = reply.said;
      this.card.querySelectorAll(".sl-verdict").forEach((node, i) => {
        node.setAttribute("aria-pressed", String(Object.keys(this.facts.verdicts)[i] === verdict));
      });
    }
  }

  async undo() {
    const [reply] = await this.ask("undo");
    if (reply.error) return;
    const words = this.facts.verdicts[reply.taken.verdict] || "note";
    this.say(`Taken back: ${words}${reply.row < 0 ? ", on a photo that is not in this explorer" : ""}.`);
    if (reply.row < 0) return;
    this.wear(reply.row, reply.verdict);
    const position = this.rows.indexOf(reply.row);
    if (position >= 0) this.move(position);
  }

  wear(row, verdict) {
    const tile = this.tile(row);
    if (!tile) return;
    tile.verdict = verdict;
    this.dress(tile);
  }

  async mark() {
    const [reply] = await this.ask("mark", { row: this.current });
    if (reply.error) return;
    const tile = this.tile(reply.row);
    if (tile) { tile.marked = reply.marked; this.dress(tile); }
    this.say(`${reply.n_marked.toLocaleString("en")} marked; explorer.selected gives them as a frame.`);
  }

  // ---------------------------------------------------------------- panels

  togglePanel(which) {
    const isSame = this.open_panel === which;
    this.open_panel = isSame ? null : which;
    this.panel.replaceChildren();
    this.panel.hidden = isSame;
    this.plane = null;
    for (const tile of this.tiles) delete tile.node.dataset.now;
    if (isSame) return;
    if (which === "threshold") this.buildThreshold();
    else this.buildPlane();
  }

  buildThreshold() {
    const [low, high, start] = this.facts.threshold;
    const slider = make("input");
    Object.assign(slider, { type: "range", min: low, max: high, step: 0.001, value: this.value ?? start });
    const label = make("label", "sl-slide", "threshold for every photo ");
    const value = make("output");
    label.append(slider, value);
    const side = make("div", "sl-side");
    this.counts = make("div", "sl-counts");
    this.rates = make("p", "sl-muted");
    side.append(label, this.counts, this.rates, make("p", "sl-muted", "From stored scores, before verification and without the lower threshold for coordinates. For looking: thresholds are chosen on tune."));
    this.curve = make("div", "sl-curve");
    this.panel.append(side, this.curve);
    const show = () => {
      this.value = Number(slider.value);
      value.textContent = this.value.toFixed(3);
      this.loadThreshold(this.value);
    };
    slider.addEventListener("input", show);
    show();
  }

  async showThreshold(value) {
    const [reply, pictures] = await this.ask("threshold", { value, rows: this.tiles.map((tile) => tile.row) });
    if (reply.error || this.open_panel !== "threshold") return;
    this.counts.replaceChildren(...reply.counts.map(([name, words, n]) => {
      const node = make("span", "sl-outcome");
      node.append(this.dot(this.facts.colors[name]), `${words} `, make("b", "", n.toLocaleString("en")));
      return node;
    }));
    this.rates.textContent = `${reply.rates.join(", ")}; Wilson 95 %.`;
    this.curvePictures.clear();
    this.curve.replaceChildren(this.curvePictures.image(pictures[0], "image/png", "sensitivity at every false-positive rate"));
    for (const tile of this.tiles) {
      const now = reply.now[String(tile.row)];
      const isRight = now === "correct" || now === "correct_rejection";
      if (isRight) tile.node.dataset.now = "right at this threshold";
      else delete tile.node.dataset.now;
    }
  }

  async buildPlane() {
    this.panel.append(make("p", "sl-muted", "Every photo on the UMAP plane, these in color. Draw a line around some to see only them."));
    const canvas = make("canvas", "sl-plane");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "photos on the UMAP plane; slices choose the same photos by keyboard");
    this.panel.append(canvas);
    const [reply, buffers] = await this.ask("plane");
    if (reply.error || this.open_panel !== "plane") return;
    const pairs = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    const plane = { canvas, every: pairs(buffers[0]), mine: pairs(buffers[1]), outcomes: reply.outcomes, line: [] };
    const [xs, ys] = [0, 1].map((k) => [...plane.every, ...plane.mine].filter((v, i) => i % 2 === k && Number.isFinite(v)));
    const bounds = (v) => v.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
    [plane.x, plane.y] = [bounds(xs), bounds(ys)];
    this.plane = plane;
    this.lasso(canvas);
    this.drawPlane();
  }

  lasso(canvas) {
    const place = (event) => [event.offsetX, event.offsetY];
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.plane.line = [place(event)];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.plane?.line.length) return;
      this.plane.line.push(place(event));
      this.drawPlane();
    });
    canvas.addEventListener("pointerup", () => {
      const line = this.plane.line;
      this.plane.line = [];
      this.polygon = line.length > 4 ? line.map(([px, py]) => this.toPlane(px, py)) : null;
      this.list(0);
    });
  }

  frame() {
    const { canvas, x, y } = this.plane;
    const [width, height, pad] = [canvas.clientWidth, canvas.clientHeight, 12];
    const unit = Math.min((width - 2 * pad) / (x[1] - x[0] || 1), (height - 2 * pad) / (y[1] - y[0] || 1));
    return { width, height, unit, left: (width - unit * (x[1] - x[0])) / 2, top: (height - unit * (y[1] - y[0])) / 2 };
  }

  toPlane(px, py) {
    const { unit, left, top } = this.frame();
    return [(px - left) / unit + this.plane.x[0], this.plane.y[1] - (py - top) / unit];
  }

  drawPlane() {
    if (!this.plane) return;
    const { canvas, every, mine, outcomes, x, y, line } = this.plane;
    const { width, height, unit, left, top } = this.frame();
    const sharp = window.devicePixelRatio || 1;
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const spot = (pairs, i, radius, color, alpha) => {
      const [px, py] = [left + unit * (pairs[2 * i] - x[0]), top + unit * (y[1] - pairs[2 * i + 1])];
      if (!Number.isFinite(px + py)) return null;
      pen.globalAlpha = alpha;
      pen.fillStyle = color;
      pen.beginPath();
      pen.arc(px, py, radius, 0, 7);
      pen.fill();
      return [px, py];
    };
    for (let i = 0; i < every.length / 2; i++) spot(every, i, 1.5, "#999999", 0.35);
    const shown = new Set(this.rows);
    for (let i = 0; i < mine.length / 2; i++) {
      spot(mine, i, 3.5, this.facts.colors[outcomes[i]] || "#0072B2", shown.has(i) ? 0.95 : 0.15);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = getComputedStyle(this.root).getPropertyValue("--sl-accent") || "#0072B2";
    pen.lineWidth = 2;
    if (this.current !== null && this.current !== undefined) {
      const at = spot(mine, this.current, 0, "#000", 0);
      pen.globalAlpha = 1;
      if (at) { pen.beginPath(); pen.arc(...at, 8, 0, 7); pen.stroke(); }
    }
    const edge = line.length ? line : (this.polygon || []).map(([a, b]) => [left + unit * (a - x[0]), top + unit * (y[1] - b)]);
    if (edge.length > 1) {
      pen.beginPath();
      edge.forEach(([px, py], i) => (i ? pen.lineTo(px, py) : pen.moveTo(px, py)));
      if (!line.length) pen.closePath();
      pen.stroke();
    }
  }

  buildHelp() {
    const list = make("dl");
    for (const [key, words] of KEYS) {
      const term = make("dt");
      term.append(make("kbd", "", key));
      list.append(term, make("dd", "", words));
    }
    const said = this.facts.reviewer ? `Verdicts are those of ${this.facts.reviewer}${this.facts.is_blind ? ", who does not see answers" : ""}.` : this.facts.notice;
    this.help.replaceChildren(make("h4", "", "Keys"), list, make("p", "sl-muted", said), button("sl-tool", "Close", () => this.toggleHelp()));
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.root.focus({ preventScroll: true });
  }

  // ---------------------------------------------------------------- keys

  keyDown(event) {
    if (!this.facts || event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation(); // nothing in the notebook hears a key that was meant for us
    const { target } = event;
    if (target === this.note) {
      if (event.key === "Enter") this.keepNote();
      if (event.key === "Escape" || event.key === "Enter") this.root.focus({ preventScroll: true });
      return;
    }
    const isControl = target.closest("button, summary");
    if (target.closest("select, input") && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    if (target.closest("select") || (isControl && (event.key === " " || event.key === "Enter"))) return;
    const act = this.action(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  keepNote() {
    this.press(this.shown?.said?.verdict || "", this.note.value);
  }

  action(key) {
    const verdicts = Object.keys(this.facts.verdicts);
    if (/^[1-5]$/.test(key) && verdicts[Number(key) - 1]) return () => this.press(verdicts[Number(key) - 1]);
    const [at, size] = [this.position, this.facts.page_size];
    const actions = {
      j: () => this.move(at + 1), arrowright: () => this.move(at + 1),
      k: () => this.move(at - 1), arrowleft: () => this.move(at - 1),
      arrowdown: () => this.move(at + this.columns()), arrowup: () => this.move(at - this.columns()),
      pagedown: () => this.move(at + size), pageup: () => this.move(at - size),
      home: () => this.move(0), end: () => this.move(this.rows.length - 1),
      r: () => this.toggle("references"), g: () => this.toggle("square"), m: () => this.toggle("matches"),
      c: () => this.cycle(), z: () => this.undo(), s: () => this.mark(),
      n: () => this.note?.focus({ preventScroll: true }),
      t: () => this.facts.threshold && this.togglePanel("threshold"),
      u: () => this.facts.has_plane && this.togglePanel("plane"),
      " ": () => this.root.classList.add("sl-bare"),
      "?": () => this.toggleHelp(), escape: () => { this.help.hidden = true; },
    };
    return actions[key.toLowerCase()];
  }

  close() {
    this.line.close();
    for (const store of [this.gridPictures, this.cardPictures, this.squarePictures, this.matchPictures, this.curvePictures]) store.clear();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.close();
  },
};
