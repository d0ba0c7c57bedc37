// Two models on one video: choose another result of the same video, or predict it with another model.

import { get, part } from "./api.js";
import { during } from "./dialogs.js";
import { fill, h, say } from "./dom.js";
import { modelName } from "./models.js";
import { isOpen, jobs } from "./jobs.js";

/** The choice of the second model; `changed(id)` hears which result stands beside the first. */
export function besideChoice({ result, beside, changed, signal }) {
  const select = h("select", { id: "beside", on: { change: () => choose(select.value) } });
  const state = h("span", { class: "soft small", role: "status" });
  let models = [];
  const choose = async (value) => {
    if (!value) changed(null);
    else if (value.startsWith("result:")) changed(value.slice(7));
    else await during(select, () => predictWith(value.slice(6)));
  };
  const predictWith = async (model) => {
    const answer = await jobs.create(inputsOf(result), { model, options: { actions: Boolean(result.actions) } });
    const made = Array.isArray(answer) ? answer[0] : answer;
    fill(state, "The second model predicts…");
    follow(made.id);
  };
  const follow = (id) => jobs.addEventListener("job", ({ detail: { job } }) => {
    if (job.id !== id) return;
    if (job.state === "done" && job.results?.length) { say("The second model is done."); changed(job.results[0]); }
    else if (!isOpen(job)) fill(state, `The second model gave no result: ${job.message || job.state}.`);
    else fill(state, job.progress ? `The second model predicts: ${Math.round(100 * job.progress)} %` : "The second model waits…");
  }, { signal });
  const list = () => fill(select, h("option", { value: "" }, "no second model"), ...optionsOf(result, models, beside));
  get("/models", signal).then((found) => { models = found; list(); }, () => {});
  jobs.addEventListener("job", ({ detail: { job, before } }) => { if (job.state !== before?.state) list(); }, { signal });
  list();
  return h("div", { class: "row beside" }, h("label", { for: "beside" }, "Beside it"), select, state);
}

const jobOf = (id) => jobs.all.find((job) => job.results?.includes(id));
const inputsOf = (result) => uploadsOf(jobOf(result.id)) ?? result.inputs ?? [];
const uploadsOf = (job) => job?.uploads ?? job?.inputs;

/** Results of the same video by other models, then the models that have not predicted it. */
function optionsOf(result, models, beside) {
  const own = jobOf(result.id);
  const same = jobs.all.filter((job) => job.state === "done" && job.id !== own?.id && job.results?.length && isSame(job, own));
  const done = new Set([own?.model, result.model, ...same.map((job) => job.model)]);
  const results = same.map((job) => h("option", { value: `result:${job.results[0]}`, selected: job.results[0] === beside }, modelName(job.model)));
  const others = models.filter((model) => !done.has(model.name) && !done.has(model.id));
  return [
    results.length ? h("optgroup", { label: "Predicted already" }, results) : null,
    inputsOf(result).length && others.length ? h("optgroup", { label: "Predict with" }, others.map((model) => h("option", { value: `model:${model.id}` }, modelName(model.name)))) : null,
  ];
}

function isSame(job, own) {
  if (!own || job.kind === "training") return false;
  if (job.source && own.source) return job.source === own.source;
  return (uploadsOf(job) ?? []).join() === (uploadsOf(own) ?? []).join();
}

/** The address of a result, with the one beside it. */
export const addressOf = (id, beside) => `#/read/${part(id)}${beside ? `?beside=${part(beside)}` : ""}`;
