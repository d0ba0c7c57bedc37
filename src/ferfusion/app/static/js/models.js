// The choice of a model: the one that comes with ferfusion, and those that the user adds.

import { get, post } from "./api.js";
import { askLine, during } from "./dialogs.js";
import { fill, h, say } from "./dom.js";
import { percent } from "./words.js";

const KEPT = "ferfusion.model";

/** A labelled choice of models, and a button that adds one by its path. */
export class ModelChoice {
  constructor() {
    this.select = h("select", { id: "model", on: { change: () => this.#chosen() } });
    this.about = h("p", { class: "soft small", id: "model-about" });
    this.select.setAttribute("aria-describedby", "model-about");
    this.add = h("button", { type: "button", on: { click: ({ currentTarget }) => during(currentTarget, () => this.#ask()) } }, "Add a model…");
    this.element = h("div", { class: "field" }, h("label", { for: "model" }, h("strong", { class: "small" }, "Model")),
      h("div", { class: "row" }, this.select, this.add), this.about);
    this.models = [];
  }

  async load(signal) {
    this.models = await get("/models", signal);
    this.#list(localStorage.getItem(KEPT));
  }

  get value() {
    return this.select.value || null;
  }

  /** Take a new model into the list, and choose it. */
  put(model) {
    this.models = [...this.models.filter(({ id }) => id !== model.id), model];
    this.#list(model.id);
    say(`Model ${model.name} added and chosen.`);
  }

  async #ask() {
    const path = await askLine({
      title: "Add a model", label: "Path on this machine", yes: "Add",
      hint: "A run folder, a bundle (bundle.safetensors) or an ONNX file. A bundle can also be dropped on this page.",
    });
    if (path) this.put(await post("/models", { path }));
  }

  #list(chosen) {
    fill(this.select, this.models.map((model) => h("option", { value: model.id }, modelName(model.name))));
    if (this.models.some(({ id }) => id === chosen)) this.select.value = chosen;
    this.#chosen();
  }

  #chosen() {
    const model = this.models.find(({ id }) => id === this.select.value);
    if (!model) return;
    localStorage.setItem(KEPT, model.id);
    fill(this.about, aboutModel(model));
  }
}

/** One line on a model: its classes, and its scores with the baseline. */
export function aboutModel({ classes = [], metrics, architecture }) {
  const scores = metrics ? [`WAR ${percent(metrics.war)}`, `UAR ${percent(metrics.uar)}`, metrics.baseline != null ? `majority baseline ${percent(metrics.baseline)}` : ""] : [];
  return [classes.join(", "), architecture, scores.filter(Boolean).join(", "), metrics?.protocol].filter(Boolean).join(" · ");
}

/** The name of a model for people: without where its card is. */
export const modelName = (name = "") => name.replace(/ \(model card: .*\)$/, "");
