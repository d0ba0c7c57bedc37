// Learning curves on a canvas; lines differ in colour and in dash, and the last values are a table.

import { isDark, LINES } from "./colours.js";
import { fill, h, ink, sharp } from "./dom.js";

const HIGH = 240;
const EDGE = { left: 46, right: 14, top: 12, bottom: 38 };
const GROUPS = [["Loss", /loss/i], ["Accuracy and recall", /war|uar|acc|recall|f1/i]];

/** One figure for the losses and one for the scores. */
export class Curves {
  constructor() {
    this.element = h("div", { class: "curves" });
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** Show the curves of an answer: epochs, and series by name. */
  show(answer) {
    this.answer = answer;
    this.figures = GROUPS.map(([title, pattern]) => ({ title, series: answer.series.filter(({ name }) => pattern.test(name)).slice(0, LINES.length) }))
      .filter(({ series }) => series.length).map((group) => this.#figure(group));
    fill(this.element, this.figures.map(({ element }) => element));
    this.#draw();
  }

  #figure({ title, series }) {
    const canvas = h("canvas", { "aria-hidden": "true", style: { height: `${HIGH}px` } });
    const last = (values) => values.findLast((value) => value !== null && value !== undefined);
    const rows = series.map(({ name, values }, index) => h("tr", {}, h("th", { scope: "row" }, lineKey(index), name.replaceAll("_", " ")), h("td", {}, last(values)?.toFixed(3) ?? "")));
    const element = h("div", { class: "card" }, h("h3", {}, title), canvas,
      h("table", {}, h("thead", { class: "unseen" }, h("tr", {}, h("th", { scope: "col" }, "Series"), h("th", { scope: "col" }, "Last value"))), h("tbody", {}, rows)));
    return { element, canvas, series };
  }

  #draw() {
    for (const { canvas, series } of this.figures ?? []) {
      if (canvas.clientWidth) drawLines(canvas, { series, epochs: this.answer.epochs });
    }
  }
}

function lineKey(index) {
  const canvas = h("canvas", { class: "line-key", "aria-hidden": "true" });
  const context = sharp(canvas, 30, 10);
  stroke(context, index, [[1, 5], [29, 5]]);
  return canvas;
}

function stroke(context, index, points) {
  const [light, dark, dash] = LINES[index];
  context.strokeStyle = isDark() ? dark : light;
  context.lineWidth = 2;
  context.setLineDash(dash);
  context.beginPath();
  points.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.setLineDash([]);
}

function drawLines(canvas, { series, epochs }) {
  const width = canvas.clientWidth;
  const context = sharp(canvas, width, HIGH);
  const values = series.flatMap((each) => each.values).filter((value) => Number.isFinite(value));
  if (!values.length) return;
  const steps = niceSteps(Math.min(...values), Math.max(...values));
  const [low, high] = [steps[0], steps.at(-1)];
  const [first, last] = [epochs[0], Math.max(epochs.at(-1), epochs[0] + 1)];
  const x = (epoch) => EDGE.left + ((epoch - first) / (last - first)) * (width - EDGE.left - EDGE.right);
  const y = (value) => HIGH - EDGE.bottom - ((value - low) / (high - low)) * (HIGH - EDGE.top - EDGE.bottom);
  drawGrid(context, { steps, y, x, width, epochs });
  series.forEach((each, index) => stroke(context, index, each.values.map((value, place) => [x(epochs[place]), y(value)]).filter((_, place) => Number.isFinite(each.values[place]))));
}

function drawGrid(context, { steps, y, x, width, epochs }) {
  context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  context.fillStyle = ink("--soft");
  context.strokeStyle = ink("--line");
  context.lineWidth = 1;
  context.textBaseline = "middle";
  const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10(steps[1] - steps[0]) - 1e-9)));
  for (const step of steps) {
    context.beginPath();
    context.moveTo(EDGE.left, Math.round(y(step)) + 0.5);
    context.lineTo(width - EDGE.right, Math.round(y(step)) + 0.5);
    context.stroke();
    context.fillText(step.toFixed(digits), 4, y(step));
  }
  context.textBaseline = "top";
  const every = Math.max(1, Math.ceil(epochs.length / (width / 60)));
  epochs.forEach((epoch, place) => {
    if (place % every === 0) context.fillText(String(epoch), x(epoch) - 4, HIGH - EDGE.bottom + 6);
  });
  context.fillText("epoch", width - EDGE.right - 34, HIGH - 13);
}

function niceSteps(low, high) {
  const rough = Math.max((high - low) / 4, 1e-6);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const steps = [];
  for (let index = Math.floor(low / step + 1e-9); steps.length < 2 || steps.at(-1) < high - 1e-9; index += 1) steps.push(index * step);
  return steps;
}
