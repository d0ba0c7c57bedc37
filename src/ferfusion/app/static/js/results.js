// The list of results: what can be read.

import { part } from "./api.js";
import { fill, h } from "./dom.js";
import { jobs } from "./jobs.js";
import { modelName } from "./models.js";
import { moment } from "./words.js";

/** Show the page of all results. */
export async function showResults({ main, signal }) {
  const list = h("ul", { class: "queue", "aria-label": "Results" });
  const none = h("p", { class: "lead" }, "Nothing can be read yet. ", h("a", { href: "#/watch" }, "Give a video"), " first.");
  const show = () => {
    const done = jobs.all.filter((job) => job.state === "done" && job.results?.length && job.kind !== "training");
    none.hidden = done.length > 0;
    fill(list, done.flatMap(entries));
  };
  jobs.addEventListener("job", ({ detail: { job, before } }) => { if (job.state !== before?.state) show(); }, { signal });
  jobs.addEventListener("gone", show, { signal });
  fill(main, h("h1", { tabindex: "-1" }, "Results"), none, list);
  show();
}

function entries(job) {
  return job.results.map((id) => h("li", {},
    h("a", { class: "card entry", href: `#/read/${part(id)}` },
      h("strong", {}, job.name), h("span", { class: "soft small" }, [modelName(job.model), moment(job.created)].filter(Boolean).join(" · ")))));
}
