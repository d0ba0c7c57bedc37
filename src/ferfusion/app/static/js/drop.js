// The zone for files: dropped, or chosen by the keyboard; folders are read at every depth.

import { h } from "./dom.js";

/** Return the zone; `take(files)` gets what was dropped or chosen, `below` stands under the buttons. */
export function dropZone(take, below) {
  const files = h("input", { type: "file", id: "files", class: "unseen", multiple: true, on: { change: () => chosen(files) } });
  const folder = h("input", { type: "file", id: "folder", class: "unseen", webkitdirectory: true, on: { change: () => chosen(folder) } });
  const chosen = (input) => {
    take([...input.files].filter(isShown));
    input.value = "";
  };
  const zone = h("div", { class: "drop", id: "drop" },
    h("p", { class: "drop-title" }, "Drop videos, photographs or a folder here"),
    h("p", { class: "soft small" }, "or a model that you trained (", h("code", {}, "bundle.safetensors"), ")"),
    h("div", { class: "row" },
      h("label", { class: "button primary", for: "files" }, "Choose files"), files,
      h("label", { class: "button", for: "folder" }, "Choose a folder"), folder), below);
  listen(zone, take);
  return zone;
}

function listen(zone, take) {
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("over", depth > 0);
  };
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; });
  zone.addEventListener("dragleave", () => mark(-1));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    mark(0);
    take(await filesOf(event.dataTransfer));
  });
}

/** All files of a drop; entries are taken before the first wait, since the browser clears them. */
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.filter(isShown);
}

async function walk(entry, found) {
  if (entry.isFile) {
    found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {  // a browser gives at most 100 entries at a time
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const each of entries) await walk(each, found);
  }
}

const isShown = (file) => !file.name.startsWith(".");
