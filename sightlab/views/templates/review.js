"use strict";
// Review: maps drawn on one scale, verdicts by key, kept in this browser at each press, exported as JSON lines.
(() => {
  const page = document.body, $ = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".card")];
  const isBlind = page.dataset.blind === "yes";
  $("tools").hidden = $("verdicts").hidden = false;

  // ------------------------------------------------------------ what was said
  const store = `sightlab-review:${page.dataset.id}`;
  const reviewer = $("reviewer"), status = $("status"), target = $("target");
  const words = Object.fromEntries([...document.querySelectorAll("[data-verdict]")].map((b) => [b.dataset.verdict, b.textContent.trim().replace(/^\d\s*/, "")]));
  let lines = [];
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const write = (key, value) => { try { localStorage.setItem(key, value); return true; } catch { return false; } };
  try { lines = JSON.parse(read(store) || "[]"); } catch { lines = []; }
  reviewer.value = read("sightlab-reviewer") || "";
  reviewer.addEventListener("change", () => { write("sightlab-reviewer", reviewer.value.trim()); refresh(); });
  const who = () => reviewer.value.trim();
  const about = () => target ? target.value : "";
  const standing = () => {
    const undone = new Set(lines.filter((l) => l.undoes).map((l) => l.undoes));
    return lines.filter((l) => !l.undoes && !undone.has(l.id) && l.reviewer === who());
  };
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const say = (text, isWarning = false) => { status.textContent = text; status.classList.toggle("warn", isWarning); };
  const add = (facts, said) => {
    if (!who()) {
      say("First write your name: verdicts are kept by name.", true);
      reviewer.focus();
      return false;
    }
    const newest = lines.length ? lines[lines.length - 1].time : "";
    const now = new Date().toISOString().replace("Z", "+00:00");
    lines.push({ id: newId(), reviewer: who(), time: now > newest ? now : newest, ...facts });
    const isKept = write(store, JSON.stringify(lines));
    say(isKept ? said : `${said}. This browser keeps nothing: export before you close the page.`, !isKept);
    refresh();
    return true;
  };
  const aboutCard = (card) => standing().filter((l) => l.photo_id === card.dataset.photo && l.target === about()).pop();
  const press = (verdict, note, card = chosen) => {
    const before = aboutCard(card);
    const facts = {
      photo_id: card.dataset.photo, model: page.dataset.model, target: about(),
      verdict: verdict ?? (before ? before.verdict : ""), note: note ?? (before ? before.note : ""), blind: isBlind,
    };
    return add(facts, `${number(card)}: ${verdict ? words[verdict] : "note kept"}`);
  };
  const undo = () => {
    const last = standing().pop();
    if (!last) { say("Nothing to undo."); return; }
    const card = cards.find((c) => c.dataset.photo === last.photo_id);
    if (add({ undoes: last.id }, `Undone: ${words[last.verdict] || "note"}`) && card && !card.hidden) choose(card);
  };
  const refresh = () => {
    const said = new Map();
    for (const line of standing()) said.set(`${line.photo_id}\n${line.target}`, line);
    let n = 0;
    for (const card of cards) {
      const line = said.get(`${card.dataset.photo}\n${about()}`), shown = card.querySelector(".verdict");
      card.dataset.verdict = line ? line.verdict : "";
      shown.hidden = !line;
      shown.textContent = line ? [words[line.verdict] || "", line.note].filter(Boolean).join(": ") : "";
      if (line && line.verdict) n += 1;
    }
    $("progress").textContent = `${n} of ${cards.length} reviewed${who() ? ` by ${who()}` : ""}`;
    $("n-said").textContent = standing().length;
    $("export").disabled = !lines.some((l) => l.reviewer === who());
    $("table").disabled = !standing().length;
    showChosen();
  };
  const save = (rows, type, end) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([rows.join("\n") + "\n"], { type }));
    link.download = `${who().toLowerCase().replace(/[^a-z0-9_-]+/g, "-") || "reviewer"}.${end}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    return link.download;
  };
  $("export").addEventListener("click", () => {
    const mine = lines.filter((l) => l.reviewer === who());
    say(`${mine.length} lines exported as ${save(mine.map((l) => JSON.stringify(l)), "application/x-ndjson", "jsonl")}`);
  });
  const cell = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`; // no name becomes a formula
  $("table").addEventListener("click", () => {
    const columns = ["photo_id", "target", "verdict", "note", "reviewer", "time", "model"];
    const last = new Map(standing().map((l) => [`${l.photo_id}\n${l.target}`, l]));
    const rows = [...last.values()].map((l) => columns.map((c) => cell(c === "verdict" ? words[l.verdict] || "" : l[c])).join(","));
    say(`${rows.length} verdicts exported as ${save([columns.join(","), ...rows], "text/csv", "csv")}`);
  });

  // ------------------------------------------------------------ which photo
  let chosen = cards[0];
  const number = (card) => `Photo ${cards.indexOf(card) + 1}`;
  const visible = () => cards.filter((c) => !c.hidden);
  const choose = (card, isFocused = true) => {
    if (!card) return;
    for (const each of cards) { each.classList.toggle("chosen", each === card); each.tabIndex = each === card ? 0 : -1; }
    chosen = card;
    if (isFocused) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest", behavior: "instant" }); }
    showChosen();
  };
  const showChosen = () => {
    $("chosen").textContent = chosen ? number(chosen) : "";
    for (const button of document.querySelectorAll("button[data-verdict]")) {
      button.setAttribute("aria-pressed", String(Boolean(chosen) && chosen.dataset.verdict === button.dataset.verdict));
    }
  };
  const step = (by) => { const all = visible(), here = all.indexOf(chosen); choose(all[here < 0 ? 0 : here + by]); };
  const row = (by) => { // the photo above or below
    const from = chosen.getBoundingClientRect();
    const others = visible().map((card) => ({ card, box: card.getBoundingClientRect() })).filter(({ box }) => by > 0 ? box.top > from.top + 5 : box.top < from.top - 5);
    const far = ({ box }) => Math.abs(box.top - from.top) + 3 * Math.abs(box.left - from.left);
    others.sort((a, b) => far(a) - far(b));
    if (others.length) choose(others[0].card);
  };
  for (const card of cards) {
    card.addEventListener("focusin", () => { if (card !== chosen) choose(card, false); });
    card.addEventListener("click", (event) => { if (!event.target.closest("summary")) choose(card); });
  }

  // ------------------------------------------------------------ filters
  const filter = () => {
    const wanted = [...document.querySelectorAll(".filter")].filter((s) => s.value), find = $("find").value.trim().toLowerCase();
    const verdict = $("by-verdict").value;
    for (const card of cards) {
      const isSame = wanted.every((s) => card.dataset[s.dataset.by] === s.value);
      const isVerdict = !verdict || (verdict === "none" ? !card.dataset.verdict : card.dataset.verdict === verdict);
      card.hidden = !(isSame && isVerdict && (!find || card.textContent.toLowerCase().includes(find) || card.dataset.photo.toLowerCase().includes(find)));
    }
    $("nothing").hidden = visible().length > 0;
    if (chosen && chosen.hidden) choose(visible()[0], false);
    say(`${visible().length} of ${cards.length} photos`);
  };
  for (const control of [...document.querySelectorAll(".filter"), $("by-verdict")]) control.addEventListener("change", filter);
  $("find").addEventListener("input", filter);

  // ------------------------------------------------------------ maps
  const colors = page.dataset.colors.split(" ").map((c) => [0, 2, 4].map((i) => parseInt(c.slice(i, i + 2), 16)));
  const [gridHeight, gridWidth] = page.dataset.grid.split(" ").map(Number);
  const draw = (card) => {
    const under = card.querySelector(".under");
    if (!under || !target) return; // no photo, or a page without maps
    const text = card.getAttribute(`data-map-${target.value.replace("_", "-")}`);
    const key = `${target.value} ${page.classList.contains("native")}`;
    under.classList.toggle("empty", !text);
    const below = under.querySelector("img"); // the photo again; the page holds it once
    if (below.hidden) { below.src = card.querySelector(".pair > img").src; below.hidden = false; }
    if (!text || card.drawn === key) return;
    card.drawn = key;
    const steps = Int8Array.from(atob(text), (c) => c.charCodeAt(0) << 24 >> 24);
    const isNative = page.classList.contains("native");
    const width = isNative ? gridWidth : gridWidth * 12, height = isNative ? gridHeight : gridHeight * 12;
    const canvas = under.querySelector("canvas"), context = canvas.getContext("2d");
    canvas.width = width;
    canvas.height = height;
    const picture = context.createImageData(width, height);
    const place = (i, size, n) => { // between which two cells, and how far
      const at = Math.min(Math.max((i + 0.5) * n / size - 0.5, 0), n - 1), low = Math.min(Math.floor(at), Math.max(n - 2, 0));
      return [low, Math.min(low + 1, n - 1), at - low];
    };
    for (let y = 0; y < height; y += 1) {
      const [top, bottom, down] = place(y, height, gridHeight);
      for (let x = 0; x < width; x += 1) {
        const [left, right, across] = place(x, width, gridWidth);
        const upper = steps[top * gridWidth + left] * (1 - across) + steps[top * gridWidth + right] * across;
        const lower = steps[bottom * gridWidth + left] * (1 - across) + steps[bottom * gridWidth + right] * across;
        const color = colors[Math.round(upper * (1 - down) + lower * down) + 127];
        picture.data.set([...color, 255], 4 * (y * width + x));
      }
    }
    context.putImageData(picture, 0, 0);
  };
  const inSight = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) { inSight.add(entry.target); draw(entry.target); } else inSight.delete(entry.target);
    }
  }, { rootMargin: "400px" });
  for (const card of cards) watch.observe(card);
  window.addEventListener("beforeprint", () => { // what was never in sight, too
    for (const card of visible()) { card.querySelector(".pair > img")?.setAttribute("loading", "eager"); draw(card); }
  });
  const redraw = () => { for (const card of inSight) draw(card); };
  if (target) {
    const scales = () => { for (const scale of document.querySelectorAll(".scale")) scale.hidden = scale.dataset.unit !== target.selectedOptions[0].dataset.unit; };
    target.addEventListener("change", () => { scales(); redraw(); refresh(); });
    scales(); // a reloaded page may remember another map
    $("native").addEventListener("change", () => { page.classList.toggle("native", $("native").checked); redraw(); });
    $("opacity").addEventListener("input", () => page.style.setProperty("--opacity", $("opacity").value / 100));
  }
  const nextTarget = () => {
    if (!target) return;
    target.selectedIndex = (target.selectedIndex + 1) % target.options.length;
    target.dispatchEvent(new Event("change"));
    say(`Map: ${target.selectedOptions[0].textContent}`);
  };
  const fade = (by) => {
    if (!target) return;
    $("opacity").value = Number($("opacity").value) + by;
    $("opacity").dispatchEvent(new Event("input"));
  };

  // ------------------------------------------------------------ notes, keys
  const note = $("note"), help = $("help");
  let noted = null; // the close of a dialog is told late: by then another photo may be chosen
  const openNote = () => {
    const line = aboutCard(chosen);
    noted = chosen;
    $("note-text").value = line ? line.note : "";
    note.returnValue = "";
    note.showModal();
    $("note-text").focus();
  };
  note.addEventListener("close", () => { if (note.returnValue === "save") press(null, $("note-text").value.trim(), noted); choose(chosen); });
  $("note-button").addEventListener("click", openNote);
  $("undo").addEventListener("click", undo);
  for (const button of document.querySelectorAll("button[data-verdict]")) button.addEventListener("click", () => press(button.dataset.verdict));
  $("open-help").addEventListener("click", () => help.showModal());
  $("close-help").addEventListener("click", () => help.close());
  const verdicts = [...document.querySelectorAll("button[data-verdict]")].map((b) => b.dataset.verdict);
  const keys = {
    j: () => step(1), k: () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowDown: () => row(1), ArrowUp: () => row(-1),
    n: openNote, z: undo, c: nextTarget, "[": () => fade(-10), "]": () => fade(10), "?": () => help.showModal(),
    "/": () => $("find").focus(), t: () => { const d = chosen.querySelector("details"); if (d) d.open = !d.open; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || note.open) return;
    if (event.key === "Escape" && event.target.matches("input")) { choose(chosen); return; }
    if (event.key === "Enter" && event.target === reviewer) { reviewer.dispatchEvent(new Event("change")); choose(chosen); return; }
    if (event.target.matches("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    if (event.target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === " ") {
      if (event.target.matches("button, summary, input")) return;
      page.classList.add("bare");
    } else if (/^[1-5]$/.test(key) && verdicts[Number(key) - 1]) press(verdicts[Number(key) - 1]);
    else if (keys[key]) { if (!event.repeat || /^Arrow|^[jk[\]]$/.test(key)) keys[key](); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("keyup", (event) => { if (event.key === " ") page.classList.remove("bare"); });
  window.addEventListener("blur", () => page.classList.remove("bare"));

  refresh();
  choose(chosen, false);
  say("");
})();
