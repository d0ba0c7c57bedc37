// Agreement: how far the raters agree, what is disputed, and what is decided.

import { get, part, post } from "./api.js";
import { during } from "./dialogs.js";
import { fill, h, swatch, toast } from "./dom.js";
import { clock, counted, percent, share } from "./words.js";

/** Show the page for a rater who has finished. */
export async function showAgreement({ main, project, rater, signal }) {
  const found = await get(`/labels/${part(project.id)}/agreement?rater=${part(rater)}`, signal);
  const body = h("div");
  fill(main, h("p", { class: "eyebrow" }, h("a", { href: "#/label" }, "Projects"), " · ", h("a", { href: `#/label/${part(project.id)}` }, project.name)),
    h("h1", { tabindex: "-1" }, "Agreement"), body);
  draw(body, { project, rater, found });
}

function draw(body, { project, rater, found }) {
  const again = (answer) => draw(body, { project, rater, found: answer });
  const waiting = found.progress.filter(({ done, items }) => done < items).map((each) => `${each.rater} (${each.done} of ${each.items})`);
  fill(body,
    waiting.length ? h("p", { class: "note" }, `Not finished yet, and counted as far as they are: ${waiting.join(", ")}. Their answers are shown when they have finished.`) : null,
    found.caution ? h("p", { class: "note" }, found.caution) : null,
    alphas("Krippendorff's alpha", found.alpha, "1 is full agreement, 0 is that of chance; with the 95 % interval over videos. Unmarked time counts as a class of its own."),
    alphas("Each class against the rest", found.per_class, ""),
    section("Who says what", found.confusions.map((table) => confusion(table, project))),
    section("Disputed, the most first", found.disputed.length ? found.disputed.map((item) => dispute(item, { project, rater, found, again })) : [h("p", {}, "Nothing is disputed.")]),
    section("Export", [exportRow(project)]));
}

const section = (title, content) => h("section", {}, h("h2", {}, title), content);

function alphas(title, rows, text) {
  return h("section", {}, h("h2", {}, title), text ? h("p", { class: "soft small" }, text) : null,
    h("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": title }, h("table", {},
      h("thead", {}, h("tr", {}, ["", "Alpha", "Interval", "Videos"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.what), h("td", {}, row.value === null ? (row.units ? "nobody differed" : "nothing to compare") : share(row.value)),
        h("td", {}, row.low === null ? "" : `${share(row.low)} to ${share(row.high)}`), h("td", {}, String(row.videos))))))));
}

function confusion({ raters, classes, counts }, project) {
  const unit = project.marks === "videos" ? "videos" : "seconds";
  return h("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": `${raters[0]} and ${raters[1]}` }, h("table", {},
    h("caption", {}, `Rows: ${raters[0]}. Columns: ${raters[1]}. In ${unit}.`),
    h("thead", {}, h("tr", {}, h("td", {}), classes.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, counts.map((row, place) => h("tr", {}, h("th", { scope: "row" }, classes[place]), row.map((value) => h("td", {}, value ? String(value) : "·")))))));
}

function dispute(item, { project, rater, found, again }) {
  const isItem = (row) => row.path === item.path && (row.face ?? null) === (item.face ?? null);
  const mine = found.answers.filter((row) => isItem(row));
  const raters = [...new Set(mine.map((row) => row.rater))];
  const begin = Math.min(...mine.map((row) => row.start ?? 0).concat(mine.length ? [] : [0])) + 0.01;  // the film stands at the first mark
  const decided = found.consensus.filter((row) => isItem(row) && row.rater === "discussion");
  const by = h("input", { type: "text", id: `by-${item.item}`, value: rater, maxlength: "200" });
  const take = (name) => async () => {
    const marks = mine.filter((row) => row.rater === name && row.label).map(({ label, start, end, intensity }) => ({ label, start, end, intensity }));
    again(await post(`/labels/${part(project.id)}/decide`, { item: item.item, marks, by: by.value, rater }));
    toast("Decided; the first answers stay as they are.");
  };
  return h("article", { class: "card dispute" },
    h("h3", {}, item.path.split("/").at(-1), item.face === null || item.face === undefined ? "" : ` · face ${item.face}`, h("span", { class: "soft small" }, ` ${percent(item.differ, 0)} of the pairs of answers differ`)),
    h("video", { class: "dispute-film", controls: true, preload: "metadata", playsinline: true, src: `api/v1/labels/${part(project.id)}/items/${part(item.item)}/source#t=${begin}`, "aria-label": `Video of ${item.path}` }),
    h("div", { class: "sides" }, raters.map((name) => h("div", {}, h("strong", {}, name),
      h("ul", {}, mine.filter((row) => row.rater === name).map((row) => h("li", {}, row.label ? [swatch(row.label, project.colours), row.label, row.start === null ? "" : ` ${clock(row.start, 1)} to ${clock(row.end, 1)}`, row.intensity ? `, intensity ${row.intensity}` : "", row.shown ? " (saw the model's answer)" : ""] : "nothing"))),
      h("button", { type: "button", on: { click: ({ currentTarget }) => during(currentTarget, take(name)) } }, `Decide as ${name} says`)))),
    h("label", { class: "field", for: `by-${item.item}` }, h("span", {}, "Who decides"), by),
    decided.length ? h("p", {}, `Decided by ${decided[0].note}: ${decided.map((row) => `${row.label}${row.start === null ? "" : ` ${clock(row.start, 1)} to ${clock(row.end, 1)}`}`).join(", ")}.`) : null);
}

function exportRow(project) {
  const answer = h("p", { role: "status" });
  const write = (which) => async () => {
    const { path } = await post(`/labels/${part(project.id)}/export`, { which });
    fill(answer, `Written: ${path}. `, h("code", {}, `ferfusion prepare ${path} DATASET --labels "${project.classes.join(",")}"`), " makes a dataset of it.");
  };
  return h("div", {}, h("div", { class: "row" },
    h("button", { type: "button", class: "primary", on: { click: ({ currentTarget }) => during(currentTarget, write("consensus")) } }, "Write what holds"),
    h("button", { type: "button", on: { click: ({ currentTarget }) => during(currentTarget, write("answers")) } }, "Write all answers"),
    h("span", { class: "soft small" }, `${counted(project.items, "item")}; the consensus is what was decided, else the majority.`)), answer);
}
