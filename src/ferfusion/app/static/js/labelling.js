// Labelling: one rater watches one item after the other and marks what the face displays.

import { BASE, get, part, post } from "./api.js";
import { drawBoxes } from "./boxes.js";
import { show } from "./dialogs.js";
import { fill, h, say, swatch, toast } from "./dom.js";
import { MarkStrip } from "./marks.js";
import { Player } from "./player.js";
import { clock, counted } from "./words.js";

const KEYS = [
  ["1 … 9", "begin a stretch of one of the first nine classes; again, or another class: end it"], ["Esc", "drop the stretch that is begun"],
  ["Shift 1 … 9", "intensity of the chosen mark"], ["Delete", "remove the chosen mark"], ["Ctrl Z", "undo"],
  ["Space", "play and pause"], ["← →", "one frame back and on"], ["J K L", "back, stop, play; L again is faster"],
  ["D", "done, and the next one"], ["N P", "next and previous; a stretch that is begun ends here"], ["?", "this list"],
];
const KEYS_OF_VIDEOS = [["1 … 9", "label the video"], ...KEYS.slice(2)];

export class Labelling {
  constructor({ main, project, rater, state, signal, agreement, raters }) {
    Object.assign(this, { main, project, rater, state, signal, agreement, raters });
    this.root = `/labels/${part(project.id)}`;
    this.isWhole = project.marks === "videos";
    this.items = h("ol", { class: "label-items", "aria-label": "Items" });
    this.stage = h("div");
    this.progress = h("p", { class: "soft", role: "status" });
    this.undoButton = h("button", { type: "button", on: { click: () => this.#undo() } }, "Undo");
    this.open = null;  // the stretch that is begun: {label, start}
    this.chosen = null;  // the mark that intensity and removal are of
  }

  show() {
    const { project, rater } = this;
    fill(this.main,
      h("p", { class: "eyebrow" }, h("a", { href: "#/label" }, "Projects"), " · ", h("a", { href: this.raters }, project.name)),
      h("div", { class: "row" }, h("h1", { class: "grow", tabindex: "-1" }, rater), this.undoButton,
        h("button", { type: "button", on: { click: () => this.#showKeys() } }, "Keys"), h("a", { class: "button", href: this.agreement }, "Agreement")),
      this.progress, h("div", { class: "label-page" }, this.stage, h("nav", { "aria-label": "Items of this rater" }, this.items)));
    if (!this.state.items.length) {
      fill(this.stage, h("p", { class: "lead" }, "Nothing is to be labelled by this rater."));
      return;
    }
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.signal });
    this.signal.addEventListener("abort", () => this.player?.video.pause());
    const first = this.state.items.findIndex((item) => !item.done);
    this.#go(Math.max(0, first));
  }

  get item() {
    return this.state.items[this.place];
  }

  /** Leave the item for another; a stretch that is begun is ended first. */
  async #leave(place) {
    if (await this.#endOpen()) this.#go(place);
  }

  #go(place) {
    if (place < 0 || place >= this.state.items.length) return;
    this.place = place;
    [this.open, this.chosen, this.boxes] = [null, null, []];
    this.player?.video.pause();
    const { item } = this;
    const name = item.path.split("/").at(-1);
    const root = `${BASE}${this.root}/items/${part(item.id)}`;
    this.player = new Player({ id: item.id, name, root, has_annotated: false, video: { width: 16, height: 9, fps: 25, seconds: item.seconds } });
    const { player } = this;
    this.strip = new MarkStrip({ seconds: item.seconds, colours: this.project.colours, player, choose: (mark) => this.#choose(mark) });
    player.video.addEventListener("loadedmetadata", () => player.screen.style.setProperty("--shape", String(player.video.videoWidth / player.video.videoHeight)));
    player.addEventListener("time", () => this.#time());
    player.addEventListener("state", () => this.#time());
    new ResizeObserver(() => this.#time()).observe(player.screen);
    this.classes = h("div", { class: "label-classes", role: "group", "aria-label": "Classes" });
    this.marks = h("div");
    this.shown = h("div", { "aria-live": "polite" });
    fill(this.stage,
      h("h2", {}, name, item.face === null ? "" : ` · face ${item.face}`, h("span", { class: "soft small" }, ` ${place + 1} of ${this.state.items.length}`)),
      item.reason ? h("p", { class: "note" }, item.reason) : null,
      player.element, this.isWhole ? null : this.strip.element, this.classes, this.marks,
      h("div", { class: "row label-moves" },
        h("button", { type: "button", class: "primary", on: { click: () => this.#done() } }, item.done ? "Not done yet" : "Done, next"),
        h("button", { type: "button", on: { click: () => this.#leave(this.place - 1) } }, "Previous"),
        h("button", { type: "button", on: { click: () => this.#leave(this.place + 1) } }, "Next"),
        h("button", { type: "button", class: "quiet", on: { click: () => this.#showAnswer() } }, "Show the model's answer")),
      this.shown);
    if (item.face !== null) this.#loadBoxes(item);
    this.#draw();
  }

  async #loadBoxes(item) {
    try {
      const boxes = await get(`${this.root}/items/${part(item.id)}/boxes`, this.signal);
      if (this.item.id !== item.id) return;
      this.boxes = boxes;
      this.#time();
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, { wrong: true });
    }
  }

  /** Show the present time: the box, the clock, the line of the strip. */
  #time() {
    const { player } = this;
    player.showClock(null);
    this.strip.now(player.time, this.open);
    const box = this.boxes.findLast(([seconds]) => seconds <= player.time + 0.02);
    const isNear = box && player.time - box[0] < 0.3;
    const rows = isNear ? [{ x: box[1], y: box[2], w: box[3], h: box[4], face: this.item.face, expression: this.open?.label ?? "" }] : [];
    drawBoxes(player.canvas, {
      rows, video: { width: player.video.videoWidth || 16, height: player.video.videoHeight || 9 }, ...player.size,
      nameOf: (face) => `Face ${face}`, colourOf: (name) => this.project.colours[name] ?? "#f5d90a", isLeftOut: () => false,
    });
  }

  /** Draw again; what had the focus has it again, with what was typed there. */
  #draw() {
    const held = document.activeElement?.dataset?.field;
    const typed = held && document.activeElement.tagName === "INPUT" ? [document.activeElement.value, document.activeElement.selectionStart] : null;
    this.#fill();
    const again = held && [...this.stage.querySelectorAll("[data-field]")].find((each) => each.dataset.field === held);
    if (!again) return;
    if (typed) again.value = typed[0];
    again.focus();
    if (typed) again.setSelectionRange(typed[1], typed[1]);
  }

  #fill() {
    const { item, project } = this;
    const left = this.state.items.filter((each) => !each.done).length;
    fill(this.progress, left ? `${this.state.items.length - left} of ${counted(this.state.items.length, "item")} done.` : "All items are done. Open the agreement when the others are too.");
    this.undoButton.disabled = !this.state.undoable;
    fill(this.items, this.state.items.map((each, place) => h("li", {}, h("button", {
      type: "button", class: "quiet", "aria-current": place === this.place ? "true" : null, on: { click: () => this.#leave(place) },
    }, each.done ? "✓ " : "", each.path.split("/").at(-1), each.face === null ? "" : ` · face ${each.face}`, each.marks.length ? h("span", { class: "soft" }, ` (${each.marks.length})`) : null))));
    fill(this.classes, project.classes.map((name, place) => h("button", {
      type: "button", data: { field: `class ${name}` }, "aria-pressed": String(this.open?.label === name || (this.isWhole && item.marks[0]?.label === name)), on: { click: () => this.#press(name) },
    }, place < 9 ? h("kbd", {}, String(place + 1)) : null, swatch(name, project.colours), name)));
    this.strip.show(item.marks, this.chosen);
    fill(this.marks, this.#markTable());
    this.#time();
  }

  #markTable() {
    const { item, project } = this;
    if (!item.marks.length) return h("p", { class: "soft small" }, this.isWhole ? "No label yet: press the key of a class." : "No mark yet. Press the key of a class where its expression begins, and again where it ends.");
    const steps = Array.from({ length: project.intensities }, (_, place) => place + 1);
    return h("div", { class: "sheet" }, h("table", { class: "mark-table" },
      h("thead", {}, h("tr", {}, ["Class", this.isWhole ? null : "From", this.isWhole ? null : "To", steps.length ? "Intensity" : null, "Note", ""].filter((each) => each !== null).map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, item.marks.map((mark) => h("tr", { class: mark.id === this.chosen ? "chosen" : "" },
        h("th", { scope: "row" }, h("button", { type: "button", class: "quiet", data: { field: `mark ${mark.id}` }, on: { click: () => { this.#choose(mark.id); if (mark.start !== null) this.player.seek(mark.start); } } }, swatch(mark.label, project.colours), mark.label)),
        this.isWhole ? null : [h("td", {}, clock(mark.start, 2)), h("td", {}, clock(mark.end, 2))],
        steps.length ? h("td", {}, h("select", { "aria-label": `Intensity of ${mark.label}`, data: { field: `intensity ${mark.id}` }, on: { change: ({ target }) => this.#change(mark, { intensity: Number(target.value) || null }) } },
          ["", ...steps].map((step) => h("option", { value: step, selected: (mark.intensity ?? "") === step }, step === "" ? "–" : String(step))))) : null,
        h("td", {}, h("input", { type: "text", value: mark.note, maxlength: "1000", "aria-label": `Note on ${mark.label}`, data: { field: `note ${mark.id}` }, on: { change: ({ target }) => this.#change(mark, { note: target.value }) } })),
        h("td", {}, h("button", { type: "button", class: "quiet danger", "aria-label": `Remove ${mark.label}`, data: { field: `remove ${mark.id}` }, on: { click: () => this.#remove(mark.id) } }, "Remove")))))));
  }

  /** Begin a stretch of a class; end the one that is begun. A whole video gets the class as its label. */
  #press(label) {
    if (this.isWhole) {
      const [mark] = this.item.marks;
      return mark ? this.#change(mark, { label }) : this.#send("/marks", { item: this.item.id, label });
    }
    const time = this.player.time;
    const { open } = this;
    if (open) {
      const [start, end] = [Math.min(open.start, time), Math.max(open.start, time)];
      this.open = open.label === label ? null : { label, start: time };
      say(this.open ? `${this.open.label} begins` : `${label} ends`);
      if (end - start > 0.02) return this.#send("/marks", { item: this.item.id, label: open.label, start, end: Math.min(end, this.item.seconds) });
      this.#draw();
      return Promise.resolve(null);
    }
    this.open = { label, start: time };
    this.#draw();
    say(`${label} begins`);
    return Promise.resolve(null);
  }

  /** End the stretch that is begun; false if it is refused. */
  async #endOpen() {
    const { open } = this;
    if (!open || Math.abs(this.player.time - open.start) <= 0.02) {
      this.open = null;
      return true;
    }
    return Boolean(await this.#press(open.label));
  }

  #choose(mark) {
    this.chosen = mark;
    this.#draw();
  }

  /** Change a mark; only what changes is sent, so that another window's change of the rest stays. */
  #change(mark, values) {
    return this.#send("/change", { item: this.item.id, mark: mark.id, ...values });
  }

  #remove(mark) {
    if (mark === null) return;
    this.chosen = null;
    this.#send("/remove", { item: this.item.id, mark });
  }

  async #done() {
    const { item } = this;
    const isDone = !item.done;
    if (isDone && !await this.#endOpen()) return;
    if (!await this.#send("/done", { item: item.id, done: isDone })) return;
    const next = this.state.items.findIndex((each, place) => place > this.place && !each.done);
    const any = next >= 0 ? next : this.state.items.findIndex((each) => !each.done);
    if (isDone && any >= 0) this.#go(any);
    else this.#go(this.place);
  }

  async #undo() {
    const answer = await this.#send("/undo", {});
    if (!answer) return;
    const place = this.state.items.findIndex(({ id }) => id === answer.item);
    if (place >= 0 && place !== this.place) this.#go(place);
    say(answer.item ? "Undone" : "Nothing to undo");
  }

  /** The model takes a while: marks are saved meanwhile, and another item may be shown when it answers. */
  async #showAnswer() {
    const { item, shown } = this;
    fill(shown, h("p", { class: "soft" }, "The model reads the video …"));
    try {
      const answer = await post(`${this.root}/show`, { rater: this.rater, item: item.id });
      const isNoted = answer.items.some((each) => each.id === item.id && each.shown);
      fill(shown, h("div", { class: "note" }, h("p", {}, answer.statement), h("p", { class: "small" }, `Model: ${answer.model}.${isNoted ? " It is noted that you have seen this." : ""}`)));
    } catch (error) {
      fill(shown, h("p", { class: "soft" }, error.message));
    }
  }

  /** Send an act; the next waits for it. The answer is the new state, which is on the disk. */
  #send(path, values) {
    const act = async () => {
      try {
        const answer = await post(`${this.root}${path}`, { rater: this.rater, ...values });
        this.state = { items: answer.items, undoable: answer.undoable };
        if (answer.mark && values.item === this.item.id) this.chosen = answer.mark;
        this.#draw();
        return answer;
      } catch (error) {
        toast(error.message, { wrong: true });
        this.#draw();
        return null;
      }
    };
    this.last = (this.last ?? Promise.resolve()).then(act);
    return this.last;
  }

  #key(event) {
    const { target, key } = event;
    if (document.querySelector("dialog[open]") || target.closest("input, textarea, select")) return;
    const digit = /^Digit([1-9])$/.exec(event.code ?? "")?.[1];
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") this.#undo();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (digit && event.shiftKey) this.#intensity(Number(digit));
    else if (digit) {
      const name = this.project.classes[Number(digit) - 1];
      if (name === undefined) return;
      this.#press(name);
    } else if ((key === " " || key === "Enter") && target.closest("button, a, summary, label")) return;
    else if (!this.#move(key)) return;
    event.preventDefault();
  }

  #move(key) {
    const moves = {
      " ": () => this.player.toggle(), ArrowLeft: () => this.player.step(-1), ArrowRight: () => this.player.step(1),
      j: () => this.player.shuttle(-1), k: () => this.player.pause(), l: () => this.player.shuttle(1),
      d: () => this.#done(), n: () => this.#leave(this.place + 1), p: () => this.#leave(this.place - 1),
      Delete: () => this.#remove(this.chosen), Backspace: () => this.#remove(this.chosen), "?": () => this.#showKeys(),
      Escape: () => { this.open = null; this.#draw(); },
    };
    const move = moves[key.length === 1 ? key.toLowerCase() : key];
    move?.();
    return Boolean(move);
  }

  #intensity(step) {
    const mark = this.item.marks.find(({ id }) => id === this.chosen);
    if (mark && step <= this.project.intensities) this.#change(mark, { intensity: step });
  }

  #showKeys() {
    show("Keys", h("dl", { class: "keys" }, (this.isWhole ? KEYS_OF_VIDEOS : KEYS).map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])));
  }
}
