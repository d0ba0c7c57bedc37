// Start a training: the options are those of the recipe, with their own words.

import { get, post, part } from "./api.js";
import { during } from "./dialogs.js";
import { h } from "./dom.js";
import { jobs } from "./jobs.js";

const FIRST = ["epochs", "fusion", "architecture", "stream", "batch_size", "lr", "learning_rate", "seed"];

/** Return the form for a dataset. */
export async function trainingForm(folder, signal) {
  const options = await get("/recipes/train", signal);
  const controls = new Map(options.map((option) => [option.name, new Option(option)]));
  const run = h("input", { type: "text", id: "run-path", autocomplete: "off", spellcheck: "false", value: `${folder.path.replace(/\/+$/, "")}-run` });
  const first = FIRST.filter((name) => controls.has(name)).map((name) => controls.get(name).element);
  const rest = groupsOf(options.filter(({ name }) => !FIRST.includes(name)));
  const button = h("button", { class: "primary" }, "Start the training");
  const start = async () => {
    const changed = [...controls].filter(([, control]) => control.isChanged).map(([name, control]) => [name, control.value]);
    const job = await post("/trainings", { dataset: folder.path, run: run.value.trim(), options: Object.fromEntries(changed) });
    jobs.put(job);
    location.hash = `#/study?path=${part(job.path ?? run.value.trim())}`;
  };
  return h("form", { class: "card training", on: { submit: (event) => { event.preventDefault(); during(button, start); } } },
    h("label", { class: "field", for: "run-path" }, h("span", {}, "Run folder to write"), run),
    h("div", { class: "option-grid" }, first),
    rest.map(([title, group]) => h("details", {}, h("summary", {}, title), h("div", { class: "option-grid" }, group.map(({ name }) => controls.get(name).element)))),
    h("div", { class: "row" }, button, h("span", { class: "soft small" }, "What you do not change has the recipe's default.")));
}

function groupsOf(options) {
  const groups = new Map();
  for (const option of options) {
    const title = option.group ? `More of the ${option.group}` : "More options";
    groups.set(title, [...(groups.get(title) ?? []), option]);
  }
  return [...groups];
}

/** The first sentence of a description; a long rest opens on demand. */
function description(text, id) {
  const [first, ...rest] = text.length > 150 ? text.split(/(?<=[.;:]) /) : [text];
  return h("div", { class: "soft small option-text" }, h("p", { id }, first), rest.length ? h("details", {}, h("summary", {}, "More"), rest.join(" ")) : null);
}

/** One option of the recipe. */
class Option {
  constructor({ name, kind, default: standard, choices, text }) {
    Object.assign(this, { name, kind, standard });
    const id = `option-${name}`;
    this.input = this.#input(id, choices);
    const label = name.replaceAll("_", " ");
    const about = description(text ?? "", `${id}-about`);
    this.input.setAttribute("aria-describedby", `${id}-about`);
    this.element = kind === "bool"
      ? h("div", { class: "field" }, h("label", { class: "check", for: id }, this.input, h("b", { class: "small" }, label)), about)
      : h("div", { class: "field" }, h("label", { for: id }, h("b", { class: "small" }, label)), this.input, about);
    this.begin = this.value;
  }

  #input(id, choices) {
    const { kind, standard } = this;
    if (kind === "choice") {
      const select = h("select", { id }, choices.map((choice) => h("option", { value: choice }, String(choice))));
      select.value = standard ?? choices[0];
      return select;
    }
    if (kind === "bool") {
      const box = h("input", { type: "checkbox", id });
      box.checked = Boolean(standard);
      return box;
    }
    const isNumber = kind === "int" || kind === "float";
    return h("input", { id, type: isNumber ? "number" : "text", step: kind === "int" ? "1" : "any", value: standard ?? "", placeholder: standard === null || standard === undefined ? "not set" : null });
  }

  get value() {
    if (this.kind === "bool") return this.input.checked;
    const text = this.input.value.trim();
    if (text === "") return null;
    return this.kind === "int" || this.kind === "float" ? Number(text) : text;
  }

  get isChanged() {
    return this.value !== this.begin;
  }
}
