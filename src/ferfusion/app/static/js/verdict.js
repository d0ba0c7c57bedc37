// The verdict on each face, with its uncertainty, and the apex frames.

import { BASE, part, query } from "./api.js";
import { bar, h, swatch } from "./dom.js";
import { nameOf } from "./faces.js";
import { modelName } from "./models.js";
import { clock, counted, percent, share } from "./words.js";

/** The verdict on one face; `letter` tells two models apart. */
export function verdictCard({ result, face, colours, letter = "", seek }) {
  const { verdict } = face;
  const id = `verdict-${letter}${face.face}`;
  return h("article", { class: "card verdict", "aria-labelledby": id },
    h("h3", { id }, letter ? h("b", { class: "letter" }, letter) : null, `${nameOf(face)}: `, swatch(verdict.expression, colours), verdict.expression),
    letter ? h("p", { class: "soft small" }, modelName(result.model)) : null,
    verdict.why_no_class ? h("p", {}, `No class is named: ${verdict.why_no_class}.`, verdict.would_help?.length ? ` What would help: ${verdict.would_help.join("; ")}.` : "") : null,
    h("p", { class: "small" }, certainty(verdict)),
    table(verdict, result, colours),
    apexes({ result, face, colours, seek }));
}

/** How sure the verdict is, in words. */
export function certainty(verdict) {
  const seen = `Seen in ${counted(verdict.frames, "frame")} (${percent(verdict.share_of_frames)} of the frames with a prediction).`;
  if (!verdict.interval) return `${seen} Its frames lie in one second, which is too short for an interval.`;
  const mean = verdict.probabilities[verdict.top_class];
  return `${seen} Mean probability of ${verdict.top_class}: ${share(mean)}, 90\u00a0% interval ${share(verdict.interval[0])} to ${share(verdict.interval[1])}. `
    + `It is also the top class in ${percent(verdict.bootstrap_support)} of the resampled videos.`;
}

function table(verdict, result, colours) {
  const ranked = [...result.classes].sort((one, other) => (verdict.probabilities[other] ?? 0) - (verdict.probabilities[one] ?? 0));
  const names = [...ranked, ...(result.unsure ? [result.unsure] : [])];
  return h("table", { class: "verdict-table" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Class"), h("th", { scope: "col", colspan: "2" }, "Mean probability"), h("th", { scope: "col" }, "Share of frames"))),
    h("tbody", {}, names.map((name) => {
      const value = verdict.probabilities[name];
      return h("tr", { class: name === verdict.expression ? "strong" : null },
        h("th", { scope: "row" }, swatch(name, colours), name),
        h("td", { class: "bar-cell" }, value === undefined ? "" : bar(value, colours[name])),
        h("td", {}, value === undefined ? "" : share(value), range(verdict.intervals?.[name])),
        h("td", {}, percent(verdict.shares?.[name] ?? 0)));
    })));
}

/** The ends of an interval, beside the value. */
function range(ends) {
  return ends ? h("small", { class: "soft" }, ` ${share(ends[0])} to ${share(ends[1])}`) : null;
}

/** For each expression, the frame with the highest probability; a click goes there. */
function apexes({ result, face, colours, seek }) {
  const found = highest((result.apex ?? []).filter((apex) => apex.face === face.face));
  if (!found.length) return null;
  return h("div", {}, h("h4", {}, "Apex frames"),
    h("div", { class: "apexes" }, found.map((apex) => h("button", {
      type: "button", class: "apex", "aria-label": `Go to the apex of ${apex.expression} at ${clock(apex.seconds, 2)}`, on: { click: () => seek(apex.seconds) },
    },
    h("img", { alt: "", loading: "lazy", src: `${BASE}/results/${part(result.id)}/frame.jpg${query({ seconds: apex.seconds, face: face.face })}` }),
    h("b", {}, swatch(apex.expression, colours), `${apex.expression}${apex.probability === undefined ? "" : ` ${share(apex.probability)}`}`),
    h("small", { class: "soft" }, `at ${clock(apex.seconds, 2)}`),
    apex.actions?.length ? h("small", {}, wordsOf(apex.actions)) : null))));
}

/** The highest apex of each expression, in the order of time. */
function highest(apexFrames) {
  const best = new Map();
  for (const apex of apexFrames) {
    if (!((best.get(apex.expression)?.probability ?? -1) >= (apex.probability ?? 0))) best.set(apex.expression, apex);
  }
  return [...best.values()].sort((a, b) => a.seconds - b.seconds);
}

/** Facial actions in words. */
export function wordsOf(actions) {
  return actions.map((action) => (typeof action === "string" ? action : action.words ?? action.name)).join(", ");
}
