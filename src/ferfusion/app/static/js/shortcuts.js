// The keys of the player. They work anywhere on its page but where text is written, and can be turned off.

import { show } from "./dialogs.js";
import { h } from "./dom.js";

const KEPT = "ferfusion.keys";
const LIST = [
  ["Space", "play and pause"], ["← →", "one frame back and on"], ["Shift ← →", "one second back and on"],
  ["J K L", "back, stop, play; L again is faster"], ["Home End", "first and last frame"], ["+ −", "zoom the timeline in and out"],
  ["0", "the whole video"], ["[ ]", "the named stretch before and after"], ["M", "sound"], ["F", "full screen"], ["R", "reasons at this frame"], ["?", "this list"],
];

const isOn = () => localStorage.getItem(KEPT) !== "off";

/** Listen until the page is left. `moves` has what the page can do beside the player. */
export function listenToKeys({ player, view, moves, signal }) {
  const end = player.result.video.seconds;
  const keys = {
    " ": () => player.toggle(), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
    "Shift+ArrowLeft": () => player.skip(-1), "Shift+ArrowRight": () => player.skip(1),
    ",": () => player.step(-1), ".": () => player.step(1),
    j: () => player.shuttle(-1), k: () => player.pause(), l: () => player.shuttle(1),
    Home: () => player.seek(0), End: () => player.seek(end),
    "+": () => view.zoom(1.6, player.time), "=": () => view.zoom(1.6, player.time), "-": () => view.zoom(1 / 1.6, player.time),
    0: () => view.showWhole(), "[": () => moves.stretch(-1), "]": () => moves.stretch(1),
    m: () => player.mute(), f: () => player.fullScreen(), r: () => moves.reasons(), "?": showKeys,
  };
  document.addEventListener("keydown", (event) => {
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = keys[event.shiftKey && name.startsWith("Arrow") ? `Shift+${name}` : name];
    if (!action) return;
    event.preventDefault();
    action();
  }, { signal });
}

/** Whether a key belongs to the element that has the focus. */
function isTaken({ key, target }) {
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest("input, textarea, select")) return true;
  return (key === " " || key === "Enter") && Boolean(target.closest("button, a, summary, label"));
}

/** Show the list of keys, and a switch for those who use a voice or a screen reader. */
export function showKeys() {
  const box = h("input", { type: "checkbox", id: "keys-on", on: { change: () => localStorage.setItem(KEPT, box.checked ? "on" : "off") } });
  box.checked = isOn();
  show("Keys", h("div", {},
    h("dl", { class: "keys" }, LIST.map(([key, text]) => [h("dt", {}, key.split(" ").map((each) => h("kbd", {}, each))), h("dd", {}, text)])),
    h("label", { class: "check", for: "keys-on" }, box, "These keys are on")));
}
