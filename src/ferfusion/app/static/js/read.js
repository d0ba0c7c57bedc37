// Read: one result, a video or photographs.

import { BASE, get, part } from "./api.js";
import { Boxes, drawBoxes } from "./boxes.js";
import { addressOf, besideChoice } from "./compare.js";
import { fill, h, swatch } from "./dom.js";
import { faceHead, nameOf } from "./faces.js";
import { Lanes } from "./lanes.js";
import { spanOf } from "./levels.js";
import { Player } from "./player.js";
import { deleteJob } from "./queue.js";
import { jobs } from "./jobs.js";
import { Present } from "./reasons.js";
import { listenToKeys, showKeys } from "./shortcuts.js";
import { stretchList, stretchMoves } from "./stretches.js";
import { verdictCard } from "./verdict.js";
import { View } from "./view.js";

/** Show a result, with another model's result of the same video beside it if the address names one. */
export async function showResult({ main, name, values, signal }) {
  fill(main, h("p", { class: "soft" }, "Opens…"));
  const beside = values.get("beside");
  const [result, second] = await Promise.all([get(`/results/${part(name)}`, signal), beside ? get(`/results/${part(beside)}`, signal) : null]);
  document.title = `${result.name} · ferfusion`;
  if (result.kind === "photographs") showPhotographs(main, result);
  else new Reading({ main, result, second, signal }).show();
}

function heading(result) {
  return [
    h("p", { class: "eyebrow" }, h("a", { href: "#/read" }, "Results")),
    h("h1", { tabindex: "-1" }, result.name),
    reading(result.reading ?? []),
    result.caution ? h("div", { class: "note" }, h("p", {}, result.caution)) : null,
  ];
}

/** What the result says, a sentence a face. */
function reading(sentences) {
  if (sentences.length < 2) return h("p", { class: "lead" }, sentences);
  return h("ul", { class: "reading" }, sentences.map((sentence) => h("li", {}, sentence)));
}

/** Photographs have the page that `predict` writes, in a frame. */
function showPhotographs(main, result) {
  fill(main, heading(result),
    h("iframe", { class: "report", title: `Page of ${result.name}`, src: `${BASE}/results/${part(result.id)}/report.html` }),
    downloads(result));
}

/** The page of a video. */
class Reading {
  constructor({ main, result, second, signal }) {
    Object.assign(this, { main, result, second, signal });
    this.colours = { ...second?.colours, ...result.colours };
    if (result.unsure) delete this.colours[result.unsure];
    const { from, to } = spanOf(result);
    this.view = new View([from, to], 10 / (result.video.fps || 25));
    this.player = new Player(result);
    this.boxes = new Boxes({ id: result.id, seconds: to, changed: () => this.#draw(), signal });
    this.player.nextFrame = (seconds, step) => this.boxes.beside(seconds, step);
    this.faces = h("div");
    this.verdicts = h("div", { class: "verdicts" });
    this.present = h("div");
  }

  show() {
    const { result, second, player, view, signal } = this;
    const change = (beside) => { location.hash = addressOf(result.id, beside); };
    fill(this.main, heading(result),
      h("div", { class: "stage" }, player.element, this.present),
      h("section", { class: "timeline", "aria-label": "Timeline" },
        h("div", { class: "row timeline-head" }, h("h2", { class: "grow" }, "Timeline"),
          besideChoice({ result, beside: second?.id, changed: change, signal }), this.#zoomButtons()),
        this.#key(), this.faces,
        h("p", { class: "soft small" }, "Height: probabilities of the classes, stacked. Strip: the named stretches; a thin line where no class is likely enough. Hatched: the face is not in view. Click to go there; Ctrl and the wheel zoom.")),
      h("section", { "aria-labelledby": "verdict-title" }, h("h2", { id: "verdict-title" }, "Verdicts"), this.verdicts),
      downloads(result));
    this.#fillFaces();
    player.addEventListener("time", () => this.#time());
    player.addEventListener("state", () => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(player.screen);
    const [list, moves] = [stretchList(this), stretchMoves(this)];
    this.faces.after(list);
    listenToKeys({ player, view, moves: { ...moves, reasons: () => this.panel.explain() }, signal });
    signal.addEventListener("abort", () => player.video.pause());
  }

  /** Make the lanes, the verdicts and the panel; again after a face was renamed, joined or left out. */
  #fillFaces() {
    const { result, second, player, view, colours } = this;
    this.leaveLanes?.abort();
    this.leaveLanes = new AbortController();
    const signal = AbortSignal.any([this.signal, this.leaveLanes.signal]);
    const changed = (answer) => {
      Object.assign(this.result, answer);
      this.#fillFaces();
      this.#time();
    };
    this.lanes = new Lanes({
      results: [result, second].filter(Boolean), view, player, colours, signal, nameOf,
      heads: (face) => faceHead({ result, face, changed }), drawn: () => this.panel.show(player.time),
    });
    this.panel = new Present({ result, colours, lanes: this.lanes, player, signal });
    const empty = result.faces.length ? null : h("p", {}, "No face was found in this video.");
    fill(this.faces, empty, this.lanes.element);
    fill(this.present, this.panel.element);
    fill(this.verdicts, this.#verdictCards());
    this.verdicts.classList.toggle("pairs", Boolean(second));
    this.lanes.redraw();
  }

  #verdictCards() {
    const { result, second, colours } = this;
    const seek = (seconds) => {
      this.player.video.pause();
      this.player.seek(seconds);
      this.view.reveal(seconds);
      this.player.element.scrollIntoView({ block: "center", behavior: "smooth" });
    };
    return result.faces.filter((face) => !face.left_out && face.verdict).flatMap((face) => {
      const other = second?.faces.find((each) => each.face === face.face);
      return [
        verdictCard({ result, face, colours, seek, letter: second ? "A" : "" }),
        other?.verdict ? verdictCard({ result: second, face: other, colours, seek, letter: "B" }) : null,
      ];
    });
  }

  #time() {
    const seconds = this.player.time;
    this.player.showClock(this.boxes.frameNumber(seconds));
    this.lanes.show(seconds);
    this.panel.show(seconds);
    this.#draw();
  }

  #draw() {
    if (!this.player.drawsBoxes || !this.player.size.width) return;
    const { width, height } = this.player.size;
    const faces = new Map(this.result.faces.map((face) => [face.face, face]));
    const owner = new Map(this.result.faces.flatMap((face) => (face.joined ?? []).map((other) => [other, face])));
    const faceOf = (number) => owner.get(number) ?? faces.get(number) ?? { face: number };
    drawBoxes(this.player.canvas, {
      rows: this.boxes.at(this.player.time), video: this.result.video, width, height,
      nameOf: (number) => (faces.size > 1 || faceOf(number).name ? nameOf(faceOf(number)) : ""),
      colourOf: (name) => this.colours[name], isLeftOut: (number) => Boolean(faceOf(number).left_out),
      second: (number) => this.#secondAt(number),
    });
    this.player.showClock(this.boxes.frameNumber(this.player.time));
  }

  #secondAt(number) {
    const name = this.second && this.lanes.laneOf(number, this.second)?.named(this.player.time);
    return name ? { text: `B: ${name}`, colour: this.colours[name] } : null;
  }

  #zoomButtons() {
    const { view, player } = this;
    const middle = () => (player.time >= view.from && player.time <= view.to ? player.time : (view.from + view.to) / 2);
    const button = (text, label, action) => h("button", { type: "button", "aria-label": label, on: { click: action } }, text);
    return h("div", { class: "row zoom", role: "group", "aria-label": "Zoom" },
      button("−", "Zoom out", () => view.zoom(0.5, middle())), button("+", "Zoom in", () => view.zoom(2, middle())),
      button("Whole", "Show the whole video", () => view.showWhole()), button("◂", "Earlier", () => view.pan(-0.5 * view.seconds)),
      button("▸", "Later", () => view.pan(0.5 * view.seconds)), button("Keys", "Keys of the player", showKeys));
  }

  #key() {
    const names = [...Object.keys(this.colours), ...(this.result.unsure ? [this.result.unsure] : [])];
    return h("ul", { class: "key" }, names.map((name) => h("li", {}, swatch(name, this.colours), name)));
  }
}

/** Everything that can be taken away, and the button that deletes all of it. */
function downloads(result) {
  const root = `${BASE}/results/${part(result.id)}`;
  const files = result.kind === "photographs"
    ? [["Table (CSV)", "frames.csv"], ["Verdicts (JSON)", "verdict.json"], ["Page (HTML)", "report.html"], ["Everything (zip)", "zip"]]
    : [["Frames (CSV)", "frames.csv"], ["Verdicts (JSON)", "verdict.json"], ["Annotated video", "annotated.mp4"], ["Page (HTML)", "report.html"], ["Everything (zip)", "zip"]];
  const job = jobs.byId.get(result.job) ?? jobs.all.find((each) => each.results?.includes(result.id));
  const drop = async () => { if (await deleteJob(job ?? { id: result.job, name: result.name })) location.hash = "#/read"; };
  return h("section", { "aria-labelledby": "download-title" }, h("h2", { id: "download-title" }, "Take it with you"),
    h("div", { class: "row downloads" }, files.map(([text, file]) => h("a", { class: "button", href: `${root}/${file}`, download: file === "zip" ? `${result.name}.zip` : file }, text)),
      h("button", { type: "button", class: "danger", on: { click: drop } }, "Delete this result")));
}
