// The named stretches as a list, for reading and for screen readers, and the keys that go from one to the next.

import { get, part, query } from "./api.js";
import { fill, h, swatch } from "./dom.js";
import { nameOf } from "./faces.js";
import { clock } from "./words.js";

const MOST = 200;

/** A list that is asked for when it is opened. */
export function stretchList({ result, player, view, colours, signal }) {
  const body = h("div", { class: "stretches" });
  const load = async () => {
    fill(body, h("p", { class: "soft small" }, "Opens…"));
    const groups = await Promise.all(result.faces.map((face) => group({ result, face, player, view, colours, signal })));
    fill(body, groups);
  };
  return h("details", { on: { toggle: ({ target }) => { if (target.open && !body.childElementCount) load(); } } },
    h("summary", {}, "The named stretches as a list"), body);
}

async function group({ result, face, player, view, colours, signal }) {
  const named = await namedOf(result, face.face, signal);
  const go = (seconds) => { player.seek(seconds); view.reveal(seconds); };
  return h("div", {}, h("h3", {}, nameOf(face)),
    h("ol", {}, named.slice(0, MOST).map(({ from, to, expression }) => h("li", {},
      h("button", { type: "button", class: "quiet", on: { click: () => go(from) } }, swatch(expression, colours), `${expression}, ${clock(from, 2)} to ${clock(to, 2)}`)))),
    named.length > MOST ? h("p", { class: "soft small" }, `The first ${MOST} of ${named.length}; the rest is in verdict.json.`) : null);
}

async function namedOf(result, face, signal) {
  const answer = await get(`/results/${part(result.id)}/timeline${query({ face, points: 512 })}`, signal);
  return answer.named ?? [];
}

/** Go to the begin of the stretch before or after the present time, of any face. */
export function stretchMoves({ result, player, view, signal }) {
  let starts = null;
  const stretch = async (direction) => {
    starts ??= Promise.all(result.faces.map((face) => namedOf(result, face.face, signal)))
      .then((all) => [...new Set(all.flat().filter(({ expression }) => expression !== result.unsure).map(({ from }) => from))].sort((a, b) => a - b));
    const found = await starts;
    const next = direction > 0 ? found.find((time) => time > player.time + 1e-2) : found.findLast((time) => time < player.time - 1e-2);
    if (next === undefined) return;
    player.seek(next);
    view.reveal(next);
  };
  return { stretch };
}
