// Compare runs: the scores side by side, on the same people.

import { get, query } from "./api.js";
import { during } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { tables } from "./figures.js";

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

function shown({ sentences, protocol, summary }) {
  return [tables([summary]), h("p", { class: "soft small" }, protocol), sentences.map((sentence) => h("p", {}, sentence))];
}
