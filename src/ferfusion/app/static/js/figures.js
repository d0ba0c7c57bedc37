// Tables and matrices of a folder; every WAR and UAR stands beside the majority baseline.

import { h } from "./dom.js";
import { percent } from "./words.js";

const METRICS = { war: "WAR", uar: "UAR", macro_f1: "macro-F1" };

/** Facts as a list of terms. */
export function facts(rows) {
  if (!rows?.length) return null;
  return h("dl", { class: "plain" }, rows.map(([label, text]) => [h("dt", {}, label), h("dd", {}, text)]));
}

/** The scores: a row for each part and level, a column for each metric. */
export function scoreTable(scores) {
  if (!scores?.length) return null;
  const metrics = [...new Set(scores.map(({ metric }) => metric))];
  const groups = [...new Set(scores.map(({ part, level }) => `${part}\u0000${level}`))].map((key) => key.split("\u0000"));
  const cell = (part, level, metric) => {
    const found = scores.find((each) => each.part === part && each.level === level && each.metric === metric);
    return h("td", { data: { label: METRICS[metric] ?? metric } }, found ? estimate(found) : "");
  };
  return h("section", { "aria-labelledby": "scores-title" }, h("h2", { id: "scores-title" }, "Scores"),
    h("p", { class: "soft small" }, "With the 95\u00a0% interval over people where there is one, and the baseline of always answering the most frequent class."),
    h("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": "Scores" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Part"), h("th", { scope: "col" }, "Per"), metrics.map((metric) => h("th", { scope: "col" }, METRICS[metric] ?? metric)))),
      h("tbody", {}, groups.map(([part, level]) => h("tr", {}, h("th", { scope: "row" }, part), h("td", {}, level), metrics.map((metric) => cell(part, level, metric))))))));
}

function estimate({ value, low, high, baseline }) {
  const isKnown = (number) => number !== null && number !== undefined && !Number.isNaN(number);
  return [percent(value),
    isKnown(low) && isKnown(high) ? h("span", { class: "range" }, `${percent(low, 0)} to ${percent(high, 0)}`) : null,
    isKnown(baseline) ? h("span", { class: "range" }, `baseline ${percent(baseline)}`) : null];
}

/** Confusion matrices as tables: the row is the label, the share of its row is the shade. */
export function confusions(matrices) {
  if (!matrices?.length) return null;
  return h("section", { "aria-labelledby": "confusion-title" }, h("h2", { id: "confusion-title" }, "Confusion matrices"),
    h("p", { class: "soft small" }, "Row: the label. Column: the prediction. Each number is the share of its row; the shade is the same number."),
    h("div", { class: "matrices" }, matrices.map(matrix)));
}

function matrix({ part, level, classes, counts }) {
  const title = [part, level && `per ${level}`].filter(Boolean).join(", ");
  return h("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": `Confusion matrix: ${title}` }, h("table", { class: "matrix" }, h("caption", {}, title),
    h("thead", {}, h("tr", {}, h("td", {}), classes.map((name) => h("th", { scope: "col" }, h("abbr", { title: name }, name.slice(0, 4)))))),
    h("tbody", {}, counts.map((row, index) => {
      const sum = row.reduce((a, b) => a + b, 0);
      return h("tr", {}, h("th", { scope: "row" }, classes[index]), row.map((count, column) => shaded(sum ? count / sum : null, count, column === index)));
    }))));
}

/** A cell: its shade is mixed from the accent colour, its number stays readable. */
function shaded(value, count, isRight) {
  const strength = value === null ? 0 : Math.round(100 * value);
  return h("td", { class: isRight ? "right" : null, title: `${count}`, style: { "--shade": `${Math.round(strength * 0.62)}%` } }, value === null ? "–" : strength);
}

/** Other tables, as they are. */
export function tables(found) {
  if (!found?.length) return null;
  return found.map(({ name, columns, rows }) => h("section", {}, h("h2", {}, name),
    h("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": name }, h("table", {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, index) => (index ? h("td", {}, text(cell)) : h("th", { scope: "row" }, text(cell)))))))))));
}

function text(cell) {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "number" && !Number.isInteger(cell) ? cell.toFixed(3) : String(cell);
}
