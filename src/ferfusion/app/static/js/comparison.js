// Compare runs: the scores side by side, on the same people.

import { get, query } from "./api.js";
import { during } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { scoreTable, tables } from "./figures.js";

/** A form that takes the paths of other runs or models. */
export function compareForm(folder, signal) {
  const input = h("textarea", { id: "others", rows: "2", spellcheck: "false", placeholder: "/home/me/runs/other" });
  const button = h("button", {}, "Compare");
  const answer = h("div", { "aria-live": "polite" });
  const compare = async () => {
    const runs = [folder.path, ...input.value.split("\n").map((line) => line.trim()).filter(Boolean)];
    const found = await get(`/compare?${runs.map((run) => query({ runs: run }).slice(1)).join("&")}`, signal);
    fill(answer, shown(found));
  };
  return h("section", { "aria-labelledby": "compare-title" }, h("h2", { id: "compare-title" }, "Compare"),
    h("form", { class: "card", on: { submit: (event) => { event.preventDefault(); during(button, compare); } } },
      h("label", { class: "field", for: "others" }, h("span", {}, "Other runs or models, one path a line"), input),
      h("div", { class: "row" }, button)),
    answer);
}

function shown({ scores = [], sentences = [], differences = [], protocol = "", summary = null }) {
  const named = scores.map((score) => ({ ...score, part: [score.name, score.part].filter(Boolean).join(": ") }));
  const rows = differences.map(({ a, b, metric, value, low, high, p }) => [`${a} − ${b}`, metric, points(value), `${points(low)} to ${points(high)}`, p === null || p === undefined ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3)]);
  return [protocol ? h("p", { class: "soft small" }, protocol) : null, scoreTable(named), sentences.map((sentence) => h("p", {}, sentence)),
    rows.length ? tables([{ name: "Differences in points", columns: ["Models", "Metric", "Difference", "95 % interval", "p"], rows }]) : null, summary ? tables([summary]) : null];
}

function points(value) {
  return value === null || value === undefined ? "n/a" : `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;
}
