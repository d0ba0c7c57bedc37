// The strip under the player: the marks of a rater over the time of an item.

import { ink, sharp, h } from "./dom.js";

const HIGH = 40;
const DARK = "#10161b";

export class MarkStrip {
  constructor({ seconds, colours, player, choose }) {
    Object.assign(this, { seconds, colours, player, choose });
    [this.marks, this.chosen, this.open, this.time] = [[], null, null, 0];
    this.canvas = h("canvas", { class: "lane-canvas", role: "img", "aria-label": "The marks over time; the table below has them as text", height: String(HIGH), on: { click: (event) => this.#click(event) } });
    this.element = h("div", { class: "lane mark-strip" }, this.canvas);
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  show(marks, chosen) {
    [this.marks, this.chosen] = [marks, chosen];
    this.#draw();
  }

  now(time, open) {
    [this.time, this.open] = [time, open];
    this.#draw();
  }

  #click(event) {
    const box = this.canvas.getBoundingClientRect();
    const time = ((event.clientX - box.left) / box.width) * this.seconds;
    const mark = this.marks.find(({ start, end }) => start <= time && time < end);
    if (mark) this.choose(mark.id);
    this.player.seek(time);
  }

  #draw() {
    const width = this.element.clientWidth;
    if (!width) return;
    const context = sharp(this.canvas, width, HIGH);
    const x = (seconds) => (seconds / Math.max(this.seconds, 1e-6)) * width;
    context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    context.textBaseline = "middle";
    for (const { id, label, start, end, intensity } of this.marks) this.#block(context, { left: x(start), right: x(end), label, intensity, isChosen: id === this.chosen });
    if (this.open) {
      context.globalAlpha = 0.6;
      const [from, to] = [Math.min(this.open.start, this.time), Math.max(this.open.start, this.time)];
      this.#block(context, { left: x(from), right: Math.max(x(to), x(from) + 2), label: this.open.label });
      context.globalAlpha = 1;
    }
    context.fillStyle = ink("--ink");
    context.fillRect(x(this.time) - 1, 0, 2, HIGH);
  }

  #block(context, { left, right, label, intensity = null, isChosen = false }) {
    context.fillStyle = this.colours[label] ?? ink("--edge");
    context.fillRect(left, 6, Math.max(right - left, 2), HIGH - 12);
    if (isChosen) {
      context.strokeStyle = ink("--ink");
      context.lineWidth = 2;
      context.strokeRect(left + 1, 7, Math.max(right - left - 2, 1), HIGH - 14);
    }
    const text = intensity ? `${label} ${intensity}` : label;
    if (context.measureText(text).width + 10 < right - left) {
      context.fillStyle = DARK;
      context.fillText(text, left + 6, HIGH / 2 + 1);
    }
  }
}
