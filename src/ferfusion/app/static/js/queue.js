// The list of jobs: what runs, what waits, what is done; each row is updated in place, so that focus stays.

import { part } from "./api.js";
import { agree, during } from "./dialogs.js";
import { fill, h, toast } from "./dom.js";
import { isOpen, jobs } from "./jobs.js";
import { modelName } from "./models.js";
import { bytes, counted, grouped, left, moment } from "./words.js";

const STATES = { waiting: "Waits", running: "Runs", done: "Done", failed: "Failed", cancelled: "Cancelled" };

/** Return the list; it follows the jobs until the page is left. */
export function queueList({ signal, only = () => true, changed = () => {} }) {
  const list = h("ul", { class: "queue", "aria-label": "Jobs" });
  const rows = new Map();
  const put = (job) => {
    if (!only(job)) return;
    const row = rows.get(job.id) ?? new Row(job);
    row.show(job);
    if (!rows.has(job.id)) {
      rows.set(job.id, row);
      const before = jobs.all.map(({ id }) => id);
      const next = before.slice(before.indexOf(job.id) + 1).find((id) => rows.has(id) && id !== job.id);
      list.insertBefore(row.element, next ? rows.get(next).element : null);
    }
    changed(rows.size);
  };
  jobs.addEventListener("job", ({ detail }) => put(detail.job), { signal });
  jobs.addEventListener("gone", ({ detail }) => {
    rows.get(detail.id)?.element.remove();
    rows.delete(detail.id);
    changed(rows.size);
  }, { signal });
  for (const job of [...jobs.all].reverse()) put(job);
  changed(rows.size);
  return list;
}

/** One job. */
class Row {
  constructor(job) {
    this.title = h("strong", { class: "job-name", id: `job-${job.id}` });
    this.state = h("span", { class: "state" });
    this.about = h("p", { class: "soft small" });
    this.progress = h("progress", { max: "1", "aria-labelledby": `job-${job.id}` });
    this.numbers = h("p", { class: "soft small numbers" });
    this.message = h("p", { class: "small job-message" });
    this.actions = h("div", { class: "row actions" });
    this.element = h("li", { class: "card job", data: { job: job.id } },
      h("div", { class: "job-head" }, h("div", { class: "grow" }, this.title, this.about), this.state, this.actions),
      this.progress, this.numbers, this.message);
  }

  show(job) {
    fill(this.title, job.name);
    fill(this.about, [modelName(job.model), moment(job.created)].filter(Boolean).join(" · "));
    fill(this.state, STATES[job.state] ?? job.state);
    this.element.dataset.state = job.state;
    this.progress.hidden = !isOpen(job);
    if (job.progress === null || job.progress === undefined || job.state === "waiting") this.progress.removeAttribute("value");
    else this.progress.value = job.progress;
    fill(this.numbers, numbersOf(job));
    fill(this.message, job.state === "failed" || isOpen(job) ? job.message ?? "" : "");
    this.message.classList.toggle("bad", job.state === "failed");
    const key = `${job.state} ${(job.results ?? []).join()}`;
    if (key !== this.key) this.#showActions(job);
    this.key = key;
  }

  #showActions(job) {
    const hadFocus = this.actions.contains(document.activeElement);
    fill(this.actions, actionsOf(job));
    if (hadFocus) this.actions.querySelector("a, button")?.focus();
  }
}

function numbersOf(job) {
  if (job.state !== "running") return "";
  const noun = job.unit?.replace(/s$/, "") || (job.kind === "photographs" ? "photograph" : job.kind === "training" ? "epoch" : "frame");
  const done = job.total ? `${grouped(job.done ?? 0)} of ${counted(job.total, noun)}` : job.done ? counted(job.done, noun) : "starts";
  const rate = job.rate ? `${job.rate < 10 ? job.rate.toFixed(1) : grouped(job.rate)} ${noun}s/s` : "";
  return [job.stage, done, rate, left(job.seconds_left)].filter(Boolean).join(" · ");
}

/** The buttons of a job in its state. */
function actionsOf(job) {
  const act = (text, label, action, kind = "") => h("button", {
    type: "button", class: kind, "aria-label": `${label} ${job.name}`, on: { click: ({ currentTarget }) => during(currentTarget, action) },
  }, text);
  const buttons = [];
  if (job.state === "done" || (job.kind === "training" && job.state === "running")) buttons.push(...readLinks(job));
  if (isOpen(job)) buttons.push(act("Cancel", "Cancel", () => jobs.cancel(job.id)));
  if (job.state === "failed" || job.state === "cancelled") buttons.push(act("Try again", "Try again:", () => jobs.retry(job.id)));
  if (!isOpen(job)) buttons.push(act("Delete", "Delete", () => deleteJob(job), "quiet danger"));
  return buttons;
}

function readLinks(job) {
  if (job.kind === "training") return [h("a", { class: "button primary", href: `#/study?path=${part(job.path ?? "")}` }, "Study")];
  return (job.results ?? []).map((id) => h("a", { class: "button primary", href: `#/read/${part(id)}`, "aria-label": `Read ${job.name}` }, "Read"));
}

/** Ask, delete the job with its files, and say what was removed. */
export async function deleteJob(job) {
  const sure = await agree({
    title: `Delete ${job.name}?`,
    text: "Its results and its uploaded copy are removed from the disk. A file that was opened by its path stays where it is.",
    yes: "Delete", danger: true,
  });
  if (!sure) return false;
  const answer = await jobs.remove(job.id);
  toast(`Deleted ${job.name}: ${counted(answer?.removed?.length ?? 0, "file")}, ${bytes(answer?.bytes ?? 0)}.`);
  return true;
}
