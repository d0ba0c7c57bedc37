// Study: open a dataset, a run or a study by its path; train, and compare.

import { BASE, get, query } from "./api.js";
import { compareForm } from "./comparison.js";
import { confusions, facts, scoreTable, tables } from "./figures.js";
import { Curves } from "./curves.js";
import { during } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { isOpen, jobs } from "./jobs.js";
import { queueList } from "./queue.js";
import { trainingForm } from "./training.js";

const KEPT = "ferfusion.folders";
const KINDS = { dataset: "Dataset", run: "Run", study: "Study", comparison: "Comparison", predictions: "Predictions" };

/** Show the page; the address names the folder. */
export async function showStudy({ main, values, signal }) {
  const path = values.get("path");
  const body = h("div", { class: "study" });
  fill(main, h("h1", { tabindex: "-1" }, "Study"),
    path ? null : h("p", { class: "lead" }, "Open a prepared dataset, a trained run or a study: scores with the people they were measured on, confusion matrices, and learning curves while a training runs."),
    pathForm(path ?? ""), trainings(signal), body);
  if (path) await open(body, path, signal);
  else fill(body, recent());
}

const addressOf = (path) => `#/study${query({ path })}`;

function pathForm(path) {
  const input = h("input", { type: "text", id: "folder-path", class: "grow", autocomplete: "off", spellcheck: "false", placeholder: "/home/me/runs/best", value: path });
  return h("form", { class: "card folder-form", on: { submit: (event) => {
    event.preventDefault();
    if (input.value.trim()) location.hash = addressOf(input.value.trim());
  } } },
    h("label", { for: "folder-path" }, h("strong", { class: "small" }, "Folder on this machine")),
    h("div", { class: "row" }, input, h("button", { class: "primary" }, "Open")));
}

const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");

function keep(path, kind, name) {
  localStorage.setItem(KEPT, JSON.stringify([{ path, kind, name }, ...kept().filter((each) => each.path !== path)].slice(0, 8)));
}

function recent() {
  const found = kept();
  if (!found.length) return h("div", { class: "note" }, h("p", {}, "Nothing was opened yet. ", h("code", {}, "ferfusion prepare"), " makes a dataset of your labelled videos; ", h("code", {}, "make demo"), " makes one of the sample corpus, with a run and its report."));
  return h("section", { "aria-labelledby": "recent-title" }, h("h2", { id: "recent-title" }, "Opened before"), folderList(found));
}

function folderList(folders) {
  return h("ul", { class: "queue" }, folders.map(({ path, kind, name }) => h("li", {},
    h("a", { class: "card entry", href: addressOf(path) }, h("strong", {}, name || path), h("span", { class: "soft small" }, [KINDS[kind], path].filter(Boolean).join(" · "))))));
}

/** The trainings that this app started. */
function trainings(signal) {
  const box = h("section", { "aria-labelledby": "trainings-title", hidden: true });
  const list = queueList({ signal, only: (job) => job.kind === "training", changed: (number) => { box.hidden = !number; } });
  box.append(h("h2", { id: "trainings-title" }, "Trainings"), list);
  return box;
}

async function open(body, path, signal) {
  fill(body, h("p", { class: "soft" }, "Opens…"));
  const begins = trains(path);
  const folder = await get(`/folder${query({ path })}`, signal).catch((error) => {
    if (error.name === "AbortError") throw error;
    return { kind: "nothing", message: error.message };
  });
  if (folder.kind === "nothing" && begins) {  // a training writes its scores at its end
    fill(body, h("p", { class: "soft" }, "The training runs; its scores come here when it ends."), curvesOf({ path }, signal));
    if (trains(path)) whenEnded(path, signal, () => open(body, path, signal));
    else await open(body, path, signal);  // it has ended meanwhile
    return;
  }
  if (folder.kind === "nothing") {
    fill(body, h("div", { class: "note" }, h("p", {}, folder.message || `${path} is no dataset, run or study.`)),
      folder.children?.length ? h("section", {}, h("h2", {}, "In this folder"), folderList(folder.children)) : null);
    return;
  }
  keep(folder.path, folder.kind, folder.name);
  fill(body,
    h("section", {}, h("p", { class: "eyebrow" }, KINDS[folder.kind] ?? folder.kind), h("h2", { class: "folder-name" }, folder.name),
      h("p", { class: "soft small" }, folder.path), folder.message ? h("div", { class: "note" }, h("p", {}, folder.message)) : null, facts(folder.facts)),
    ...sectionsOf(folder, signal));
}

/** Whether a training writes this run folder now. */
const trains = (path) => jobs.all.some((job) => job.kind === "training" && job.path === path && isOpen(job));

/** Call once when the training of a run folder has ended. */
function whenEnded(path, signal, action) {
  const once = new AbortController();
  jobs.addEventListener("job", ({ detail: { job } }) => {
    if (job.kind !== "training" || job.path !== path || isOpen(job)) return;
    once.abort();
    action();
  }, { signal: AbortSignal.any([signal, once.signal]) });
}

function sectionsOf(folder, signal) {
  return [
    scoreTable(folder.scores),
    folder.kind === "run" ? curvesOf(folder, signal) : null,
    confusions(folder.confusion),
    tables(folder.tables),
    folder.kind === "dataset" ? trainSection(folder, signal) : null,
    folder.kind === "run" ? compareForm(folder, signal) : null,
    folder.report ? reportOf(folder) : null,
    folder.children?.length ? h("section", {}, h("h2", {}, "In this folder"), folderList(folder.children)) : null,
  ];
}

/** Learning curves; read again every two seconds as long as the training runs. */
function curvesOf(folder, signal) {
  const curves = new Curves();
  const state = h("p", { class: "soft small", role: "status" });
  const box = h("section", { "aria-labelledby": "curves-title", hidden: true }, h("h2", { id: "curves-title" }, "Learning curves"), state, curves.element);
  const runs = () => trains(folder.path);
  const load = async () => {
    const answer = await get(`/curves${query({ path: folder.path })}`, signal).catch(() => null);
    if (signal.aborted) return;
    if (answer?.epochs?.length) {
      box.hidden = false;
      curves.show(answer);
      fill(state, answer.finished ? `${answer.epochs.length} epochs; the training is finished.` : runs() ? `Epoch ${answer.epochs.at(-1)}; the training runs, and this figure follows it.` : `${answer.epochs.length} epochs so far; the training does not run now.`);
    }
    if (runs()) setTimeout(load, 2000);
  };
  load();
  return box;
}

function trainSection(folder, signal) {
  const body = h("div");
  const start = h("button", { type: "button", class: "primary", on: { click: ({ currentTarget }) => during(currentTarget, async () => {
    fill(body, await trainingForm(folder, signal));
    currentTarget.hidden = true;
    body.querySelector("input")?.focus();
  }) } }, "Train a model on this dataset…");
  return h("section", { "aria-labelledby": "train-title" }, h("h2", { id: "train-title" }, "Train"), start, body);
}

function reportOf(folder) {
  const address = folder.report.startsWith("/") ? folder.report : `${BASE}/${folder.report}`;
  return h("section", { "aria-labelledby": "report-title" }, h("h2", { id: "report-title" }, "Report"),
    h("iframe", { class: "report", title: `Report of ${folder.name}`, src: address, loading: "lazy" }));
}
