// Reasons at the frame one stands on: what in the face the model looked at, and the strongest facial actions.

import { BASE, get, part, query } from "./api.js";
import { bar, fill, h, swatch } from "./dom.js";
import { during } from "./dialogs.js";
import { nameOf } from "./faces.js";
import { wordsOf } from "./verdict.js";
import { clock, percent } from "./words.js";

/** The panel beside the player: each face at the present time, and its reasons when they are asked for. */
export class Present {
  constructor({ result, colours, lanes, player, signal }) {
    Object.assign(this, { result, colours, lanes, player, signal });
    this.title = h("h2", { class: "present-title" }, "At this frame");
    this.faces = h("div", { class: "present-faces" });
    this.button = h("button", { type: "button", id: "reasons", on: { click: () => this.explain() } }, "Show the reasons here");
    this.reasons = h("div", { class: "reasons", "aria-live": "polite" });
    this.element = h("aside", { class: "card present", "aria-label": "The frame that is shown" }, this.title, this.faces, this.button, this.reasons);
    this.rows = new Map();
  }

  /** Show what each face in view displays. */
  show(seconds) {
    fill(this.title, `At ${clock(seconds, 2)}`);
    const rows = this.#inView(seconds).map(({ face, values, named }) => this.#row(face, values, named));
    if (rows.length || !this.player.playing) fill(this.faces, rows.length ? rows : h("p", { class: "soft" }, "No face is in view."));
    this.button.disabled = !rows.length;
  }

  #inView(seconds) {
    return this.result.faces.filter((face) => !face.left_out).flatMap((face) => {
      const lane = this.lanes.laneOf(face.face, this.result);
      const values = lane?.levels.at(seconds);
      return values ? [{ face, values, named: lane.named(seconds) }] : [];
    });
  }

  #row(face, values, named) {
    const top = Object.entries(values).sort(([, a], [, b]) => b - a).slice(0, 3);
    return h("div", { class: "present-face" },
      h("p", {}, h("b", {}, nameOf(face)), " ", named ? [swatch(named, this.colours), named] : null),
      h("ul", {}, top.map(([name, value]) => h("li", {}, h("span", {}, name), bar(value, this.colours[name]), h("span", {}, percent(value, 0))))));
  }

  /** Ask for the reasons at the present time, of every face in view. */
  explain() {
    return during(this.button, async () => {
      this.player.video.pause();
      const seconds = this.player.time;
      const faces = this.#inView(seconds).slice(0, 4);
      fill(this.reasons, h("p", { class: "soft small" }, "The model looks again; the first time takes some seconds."));
      const found = await Promise.all(faces.map(({ face, named }) => this.#reasonsOf(face, named, seconds)));
      fill(this.reasons, h("p", { class: "small" }, `At ${clock(seconds, 2)}. Marked: the areas that raise the score of the top class.`), found);
    });
  }

  async #reasonsOf(face, named, seconds) {
    const place = `/results/${part(this.result.id)}`;
    const image = await imageOf(`${BASE}${place}/explain${query({ face: face.face, seconds })}`, this.signal);
    const actions = this.result.actions ? await get(`${place}/actions${query({ face: face.face, seconds })}`, this.signal).catch(() => null) : null;
    const words = actions?.actions?.length ? wordsOf(actions.actions) : "";
    return h("figure", { class: "reason" },
      image.source ? h("img", { src: image.source, alt: `${nameOf(face)} with the areas that the model looked at${named ? ` for ${named}` : ""}` }) : h("p", { class: "small" }, image.why),
      h("figcaption", { class: "small" }, h("b", {}, nameOf(face)), words ? `: ${words}` : ""));
  }
}

/** An image of the server; where it has none, the reason. */
async function imageOf(address, signal) {
  const answer = await fetch(address, { signal });
  if (answer.ok) return { source: URL.createObjectURL(await answer.blob()) };
  const { detail } = await answer.json().catch(() => ({}));
  return { why: detail || "There are no reasons for this frame." };
}
