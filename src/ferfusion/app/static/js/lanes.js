// The lanes of the faces below the player: drawn when what they show changes, never for the line of the present time.

import { fill, h } from "./dom.js";
import { AXIS, drawAxis, drawLane, drawOverview, LANE, OVERVIEW } from "./drawing.js";
import { pointTo } from "./gestures.js";
import { Levels, namedAt } from "./levels.js";
import { modelName } from "./models.js";
import { clock, percent } from "./words.js";

/** One face of one result. */
class Lane {
  constructor({ result, face, colours, title, changed, signal }) {
    Object.assign(this, { result, face, colours });
    this.levels = new Levels({ result, face: face.face, changed, signal });
    this.canvas = h("canvas", { class: "lane-canvas", style: { height: `${LANE}px` } });
    this.now = h("i", { class: "now", "aria-hidden": "true" });
    this.slider = h("div", {
      class: "lane", tabindex: "0", role: "slider", "aria-label": title, "aria-valuemin": "0", data: { face: face.face },
      "aria-valuemax": result.video.seconds.toFixed(2), "aria-valuenow": "0",
    }, this.canvas, this.now);
    this.said = h("p", { class: "said small soft" });
    this.element = h("div", { class: "lane-box" }, this.slider, this.said);
  }

  draw(view, width) {
    this.parts = this.levels.inView(view.from, view.to, width);
    drawLane(this.canvas, { parts: this.parts, view, width, colours: this.colours, classes: this.result.classes, pale: this.face.left_out });
  }

  /** Show the present time: a line, and what the face displays then. */
  show(seconds, view, width) {
    const x = view.x(seconds, width);
    this.now.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.now.hidden = x < -1 || x > width + 1;
    const text = this.textAt(seconds);
    fill(this.said, text);
    this.slider.setAttribute("aria-valuenow", seconds.toFixed(2));
    this.slider.setAttribute("aria-valuetext", `${clock(seconds, 2)}: ${text}`);
  }

  named(seconds) {
    return namedAt(this.parts ?? [], seconds);
  }

  textAt(seconds) {
    const values = this.levels.at(seconds);
    if (!values) return "not in view";
    const top = Object.entries(values).sort(([, a], [, b]) => b - a).slice(0, 3);
    return `${this.named(seconds) ?? ""} (${top.map(([name, value]) => `${name} ${percent(value, 0)}`).join(", ")})`;
  }
}

/** All lanes with their axis and the overview; `heads(face)` makes what stands above the lanes of a face, `drawn` hears of each drawing. */
export class Lanes {
  constructor({ results, view, player, heads, nameOf, colours, drawn, signal }) {
    Object.assign(this, { view, player, signal, colours, drawn });
    this.lanes = [];
    this.dirty = false;
    this.axis = h("canvas", { class: "axis", "aria-hidden": "true", style: { height: `${AXIS}px` } });
    this.overview = h("canvas", { class: "overview", "aria-hidden": "true", style: { height: `${OVERVIEW}px` } });
    const [first, second] = results;
    const groups = first.faces.map((face) => h("div", { class: "face-group", data: { face: face.face } },
      heads(face), this.#lane(first, face, nameOf, second && "A"), this.#other(second, face, nameOf)));
    this.element = h("div", { class: "lanes" }, groups, this.axis, this.overview);
    this.#listen();
  }

  #other(second, face, nameOf) {
    const other = second?.faces.find((each) => each.face === face.face);
    return other ? this.#lane(second, other, nameOf, "B") : null;
  }

  #lane(result, face, nameOf, letter) {
    const title = `Timeline of ${nameOf(face)}${letter ? `, model ${letter}` : ""}`;
    const lane = new Lane({ result, face, title, colours: this.colours, changed: () => this.redraw(), signal: this.signal });
    this.lanes.push(lane);
    if (letter) lane.element.prepend(h("p", { class: "small lane-model" }, h("b", {}, letter), modelName(result.model)));
    return lane.element;
  }

  #listen() {
    const { signal } = this;
    this.view.addEventListener("change", () => this.redraw(), { signal });
    const sizes = new ResizeObserver(() => this.redraw());
    sizes.observe(this.axis);
    signal.addEventListener("abort", () => sizes.disconnect());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw(), { signal });
    for (const { slider } of this.lanes) {
      pointTo(slider, { view: this.view, seek: (seconds) => this.player.seek(seconds) });
    }
    this.#dragOverview();
  }

  /** The overview moves what the lanes show. */
  #dragOverview() {
    const move = (event) => {
      const box = this.overview.getBoundingClientRect();
      const [from, to] = this.view.whole;
      const middle = from + ((event.clientX - box.left) / box.width) * (to - from);
      this.view.set(middle - this.view.seconds / 2, middle + this.view.seconds / 2);
    };
    this.overview.addEventListener("pointerdown", (event) => {
      this.overview.setPointerCapture(event.pointerId);
      move(event);
    });
    this.overview.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
  }

  get width() {
    return this.axis.clientWidth;
  }

  /** Draw everything once, before the next image of the screen. */
  redraw() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => {
      this.dirty = false;
      if (this.signal.aborted || !this.width) return;
      this.overview.hidden = this.view.isWhole;
      for (const lane of this.lanes) lane.draw(this.view, this.width);
      drawAxis(this.axis, { view: this.view, width: this.width });
      if (!this.overview.hidden) drawOverview(this.overview, { tiles: this.lanes.map((lane) => lane.levels.overview()), view: this.view, width: this.width, colours: this.colours });
      this.show(this.player.time);
      this.drawn();
    });
  }

  /** Move the line of the present time; a lane that is not in view is not touched. */
  show(seconds) {
    if (this.player.playing) this.view.reveal(seconds);
    for (const lane of this.lanes) lane.show(seconds, this.view, this.width);
  }

  laneOf(face, result) {
    return this.lanes.find((lane) => lane.face.face === face && lane.result.id === result.id);
  }
}
