"use strict";
// Albums: which one is open, the large photo, keys, and corrections that stay in this browser until downloaded.
(() => {
  const root = document.documentElement, page = document.body;
  const $ = (id) => document.getElementById(id);
  const viewer = $("viewer");
  if (!viewer) return; // an empty page
  root.classList.add("js");
  document.querySelector(".tools").hidden = false;

  // ------------------------------------------------------------ corrections
  const store = `sightlab-corrections:${page.dataset.id}`;
  let lines = [];
  try { lines = JSON.parse(localStorage.getItem(store) || "[]"); } catch { lines = []; }
  const keep = () => {
    try { localStorage.setItem(store, JSON.stringify(lines)); return true; } catch { return false; }
  };
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const standing = () => {
    const undone = new Set(lines.filter((l) => l.undoes).map((l) => l.undoes));
    return lines.filter((l) => !l.undoes && !undone.has(l.id));
  };
  const about = (item) => {
    const landmark = item.closest(".album").dataset.landmark;
    return standing().filter((l) => l.sha256 === item.dataset.sha256 && l.landmark_id === landmark).pop();
  };
  const placeOf = (id) => {
    const option = [...document.querySelectorAll("#places option")].find((o) => o.dataset.id === id);
    return option ? option.value : id;
  };
  const inWords = (line) => !line ? "" : line.says === "is" ? `You said: this is ${placeOf(line.instead)}` : "You said: not this place";
  const add = (line) => {
    lines.push({ id: newId(), time: new Date().toISOString(), ...line });
    const safe = keep();
    show();
    if (!safe) $("said").textContent += " (this browser keeps nothing: download before you close the page)";
  };
  const correct = (item, says, instead = "") => add({
    photo: item.dataset.photo, sha256: item.dataset.sha256, landmark_id: item.closest(".album").dataset.landmark,
    says, instead, model: page.dataset.model,
  });
  const undo = () => {
    const last = standing().pop();
    if (last) add({ undoes: last.id });
  };
  const show = () => {
    for (const item of document.querySelectorAll(".photo")) {
      const words = inWords(about(item)), said = item.querySelector(".said");
      said.textContent = words;
      said.hidden = !words;
    }
    $("n-said").textContent = standing().length;
    $("export").disabled = lines.length === 0;
    if (current) {
      const line = about(current);
      $("said").textContent = inWords(line);
      $("not-this").setAttribute("aria-pressed", String(Boolean(line && line.says === "not_this")));
    }
  };
  $("export").addEventListener("click", () => {
    const text = lines.map((l) => JSON.stringify(l)).join("\n") + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
    link.download = "corrections.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  // ------------------------------------------------------------ one album, or all
  let opener = null;
  const route = () => {
    const album = [...document.querySelectorAll(".album")].find((a) => `#${a.id}` === location.hash);
    for (const each of document.querySelectorAll(".album")) each.classList.toggle("open", each === album);
    root.classList.toggle("in-album", Boolean(album));
    if (album) {
      opener = document.querySelector(`.cover[href="#${album.id}"]`);
      window.scrollTo({ top: 0, behavior: "instant" });
      album.querySelector("h2").focus({ preventScroll: true });
    } else if (opener) opener.focus();
  };
  window.addEventListener("hashchange", route);

  // ------------------------------------------------------------ the large photo
  let current = null;
  const siblings = () => [...current.parentElement.querySelectorAll(".photo")].filter((p) => p.querySelector(".tile"));
  const fit = () => { // as large as it fits, at most twice its pixels
    const photo = $("viewer-photo"), stage = $("stage"), isNarrow = matchMedia("(max-width: 52rem)").matches;
    if (!current || !photo.naturalWidth) return;
    const room = { width: stage.clientWidth - (isNarrow ? 0 : 32), height: isNarrow ? 0.62 * innerHeight : innerHeight - 32 };
    const scale = Math.min(room.width / photo.naturalWidth, room.height / photo.naturalHeight, 2);
    photo.style.width = `${photo.naturalWidth * scale}px`;
    photo.style.height = `${photo.naturalHeight * scale}px`;
  };
  $("viewer-photo").addEventListener("load", fit);
  window.addEventListener("resize", fit);
  const frame = () => { // the part of the photo that shows the landmark
    const mark = $("viewer-window"), edges = current.dataset.window.split(" ").map(Number);
    mark.hidden = edges.length !== 4;
    if (mark.hidden) return;
    const [left, top, right, bottom] = edges;
    Object.assign(mark.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
  };
  const open = (item) => {
    current = item;
    const tile = item.querySelector(".tile"), thumb = tile.querySelector("img"), photo = $("viewer-photo");
    photo.onerror = () => { photo.onerror = null; photo.src = thumb.src; }; // a format that this browser cannot show
    photo.src = tile.href;
    photo.alt = thumb.alt;
    $("viewer-name").textContent = item.closest(".album").querySelector("h2").textContent;
    $("viewer-when").textContent = item.querySelector(".when").textContent;
    $("viewer-why").replaceChildren(...[...item.querySelector(".why").children].map((p) => p.cloneNode(true)));
    $("is").value = "";
    const all = siblings();
    $("viewer-count").textContent = `${all.indexOf(item) + 1} of ${all.length}`;
    frame();
    show();
    if (!viewer.open) viewer.showModal();
  };
  const step = (by) => {
    const all = siblings(), next = all[all.indexOf(current) + by];
    if (next) open(next);
  };
  viewer.addEventListener("close", () => {
    const tile = current && current.querySelector(".tile");
    current = null;
    if (tile) tile.focus();
  });
  for (const tile of document.querySelectorAll(".tile")) {
    tile.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // a new tab, as anywhere
      event.preventDefault();
      open(tile.closest(".photo"));
    });
  }
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("close").addEventListener("click", () => viewer.close());
  $("not-this").addEventListener("click", () => correct(current, "not_this"));
  $("undo").addEventListener("click", undo);
  $("is-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = $("is").value.trim();
    if (!words) return;
    const option = [...document.querySelectorAll("#places option")].find((o) => o.value.toLowerCase() === words.toLowerCase());
    correct(current, "is", option ? option.dataset.id : words);
    $("is").value = "";
    $("next").focus();
  });

  // ------------------------------------------------------------ keys
  const move = (dx, dy) => { // to the nearest link in that direction
    const links = [...document.querySelectorAll(root.classList.contains("in-album") ? ".album.open .tile" : ".cover")];
    const here = links.indexOf(document.activeElement);
    if (here < 0) { if (links[0]) links[0].focus(); return; }
    if (dx) { const next = links[here + dx]; if (next) next.focus(); return; }
    const from = links[here].getBoundingClientRect(), middle = from.left + from.width / 2;
    const rows = links.map((link) => ({ link, box: link.getBoundingClientRect() }))
      .filter(({ box }) => dy > 0 ? box.top > from.top + 20 : box.top < from.top - 20);
    const distance = ({ box }) => Math.abs(box.top - from.top) * 4 + Math.abs(box.left + box.width / 2 - middle);
    rows.sort((a, b) => distance(a) - distance(b));
    if (rows.length) rows[0].link.focus();
  };
  const help = $("help");
  $("open-help").addEventListener("click", () => help.showModal());
  $("close-help").addEventListener("click", () => help.close());
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (help.open) return;
    if (key === "?") help.showModal();
    else if (key === "z") undo();
    else if (viewer.open) {
      if (key === "ArrowLeft" || key === "k") step(-1);
      else if (key === "ArrowRight" || key === "j") step(1);
      else if (key === "x") correct(current, "not_this");
      else if (key === "i") $("is").focus();
      else return;
    } else if (key in steps) move(...steps[key]);
    else if (key === "x" && document.activeElement.matches(".tile")) correct(document.activeElement.closest(".photo"), "not_this");
    else if (key === "Escape" && root.classList.contains("in-album")) location.hash = "#overview";
    else return;
    event.preventDefault();
  });
  let startX = null; // swipe on a phone
  viewer.addEventListener("touchstart", (event) => { startX = event.touches.length === 1 ? event.touches[0].clientX : null; }, { passive: true });
  viewer.addEventListener("touchend", (event) => {
    if (startX === null || !event.target.closest(".stage")) return;
    const by = event.changedTouches[0].clientX - startX;
    if (Math.abs(by) > 60) step(by < 0 ? 1 : -1);
  });
  show();
  route();
})();
