// The page: it shows the part that the address names (#/watch, #/camera, #/read, #/study, #/label).

import { get } from "./api.js";
import { showCamera } from "./camera.js";
import { fill, h, toast } from "./dom.js";
import { jobs } from "./jobs.js";
import { showLabel } from "./label.js";
import { showResult } from "./read.js";
import { showResults } from "./results.js";
import { showStudy } from "./study.js";
import { showWatch } from "./watch.js";

const PAGES = { watch: showWatch, camera: showCamera, read: (place) => (place.name ? showResult(place) : showResults(place)), study: showStudy, label: showLabel };
const TITLES = { watch: "Watch", camera: "Camera", read: "Read", study: "Study", label: "Label" };
const main = document.getElementById("main");
let leave = new AbortController();

/** Read the address: #/read/ID?beside=OTHER. */
function placeOf(hash) {
  const [path, text = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  return { page: page in PAGES ? page : "watch", name: decodeURIComponent(rest.join("/")), values: new URLSearchParams(text) };
}

async function go({ first = false } = {}) {
  leave.abort();
  leave = new AbortController();
  const place = { ...placeOf(location.hash), main, signal: leave.signal };
  for (const link of document.querySelectorAll(".bar nav a")) {
    if (link.dataset.page.split(" ").includes(place.page)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[place.page]} · ferfusion`;
  scrollTo(0, 0);
  try {
    await PAGES[place.page](place);
  } catch (error) {
    if (error.name === "AbortError" || place.signal.aborted) return;
    fill(main, h("h1", { tabindex: "-1" }, "This cannot be shown"), h("p", { class: "lead" }, error.message), h("p", {}, h("a", { href: "#/watch" }, "Back to the videos")));
  }
  if (!first) main.querySelector("h1")?.focus();
}

function showConnection() {
  const banner = document.getElementById("banner");
  banner.hidden = jobs.connected !== false;
  banner.textContent = banner.hidden ? "" : "The app does not answer. This page connects again when `ferfusion app` runs.";
}

/** Say that a job is done, wherever the user is. */
function tell({ detail: { job, before } }) {
  if (!before || before.state === job.state) return;
  if (job.state === "done") toast(`${job.name} is done.`);
  if (job.state === "failed") toast(`${job.name}: ${job.message || "it failed"}`, { wrong: true });
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => go());
jobs.addEventListener("connection", showConnection);
jobs.addEventListener("job", tell);
jobs.start();
get("/health").then(({ version }) => { document.getElementById("version").textContent = `ferfusion ${version}.`; }, () => {});
go({ first: true });
