// Label: projects of videos that people label; the list, and one project for one rater.

import { get, part, post, remove } from "./api.js";
import { during } from "./dialogs.js";
import { fill, h, toast } from "./dom.js";
import { showAgreement } from "./agreement.js";
import { Labelling } from "./labelling.js";
import { counted } from "./words.js";

const KEPT = "ferfusion.rater";
const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "{}");

/** Show the list, or the project that the address names: #/label/ID, #/label/ID?rater=Ann, #/label/ID?agreement=Ann. */
export async function showLabel({ main, name, values, signal }) {
  if (!name) {
    await showProjects({ main, signal });
    return;
  }
  const project = await get(`/labels/${part(name)}`, signal);
  document.title = `${project.name} · ferfusion`;
  if (values.get("agreement")) await showAgreement({ main, project, rater: values.get("agreement"), signal });
  else if (values.get("rater")) await showRater({ main, project, rater: values.get("rater"), signal });
  else showRaters({ main, project });
}

const addressOf = (project, values = {}) => `#/label/${part(project.id)}${Object.entries(values).map(([key, value]) => `?${key}=${part(value)}`).join("")}`;

async function showProjects({ main, signal }) {
  const list = h("ul", { class: "queue", "aria-label": "Label projects" });
  const none = h("p", { class: "soft" }, "No project yet.");
  fill(main, h("h1", { tabindex: "-1" }, "Label"),
    h("p", { class: "lead" }, "Several people watch videos and mark what each face displays. The page tells how far they agree, and ferfusion prepare reads the result."),
    makeForm(), h("section", { "aria-labelledby": "projects-title" }, h("h2", { id: "projects-title" }, "Projects"), none, list));
  const projects = await get("/labels", signal);
  none.hidden = projects.length > 0;
  fill(list, projects.map((project) => h("li", {}, h("a", { class: "card entry", href: addressOf(project) },
    h("strong", {}, project.name), h("span", { class: "soft small" }, `${counted(project.items, "item")} · ${counted(project.raters.length, "rater")} · ${project.path}`)),
    h("button", { type: "button", class: "quiet", on: { click: ({ currentTarget }) => during(currentTarget, async () => { await remove(`/labels/${part(project.id)}`); await showProjects({ main, signal }); }) } }, `Take ${project.name} from this list`))));
}

/** A form that opens a project, or makes one where videos are named. */
function makeForm() {
  const text = (id, label, hint, more = {}) => {
    const input = h("input", { type: "text", id, autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-hint`, ...more });
    return [input, h("div", { class: "field" }, h("label", { for: id }, h("strong", { class: "small" }, label)), input, h("p", { class: "soft small", id: `${id}-hint` }, hint))];
  };
  const [folder, folderField] = text("label-folder", "Folder of the project", "A new folder, or a project that is there.", { placeholder: "/home/me/labels", required: true });
  const [videos, videosField] = text("label-videos", "Videos", "A folder or file of this machine; empty opens the project that is there.", { placeholder: "/home/me/videos" });
  const [classes, classesField] = text("label-classes", "Classes", "Separated by commas; empty: the six basic expressions and Neutral.");
  const [raters, ratersField] = text("label-raters", "Raters", "Names, separated by commas; more can be added later.");
  const whole = h("input", { type: "checkbox", id: "label-whole" });
  const faces = h("input", { type: "checkbox", id: "label-faces" });
  const share = h("input", { type: "number", id: "label-overlap", min: "0", max: "100", step: "5", value: "100" });
  const button = h("button", { class: "primary" }, "Open");
  videos.addEventListener("input", () => fill(button, videos.value.trim() ? "Make the project" : "Open"));
  const listOf = (input) => input.value.split(",").map((each) => each.trim()).filter(Boolean);
  const make = async () => {
    if (videos.value.trim()) toast("The videos are looked at; this can take a while.");
    const project = await post("/labels", {
      folder: folder.value.trim(), videos: videos.value.trim() ? [videos.value.trim()] : [], classes: listOf(classes), raters: listOf(raters),
      marks: whole.checked ? "videos" : "stretches", faces: faces.checked, overlap: Number(share.value) / 100,
    });
    location.hash = addressOf(project);
  };
  return h("form", { class: "card label-make", on: { submit: (event) => { event.preventDefault(); during(button, make); } } },
    h("div", { class: "option-grid" }, folderField, videosField, classesField, ratersField),
    h("div", { class: "row" },
      h("label", { class: "check", for: "label-faces" }, faces, "Each face of a video by itself"),
      h("label", { class: "check", for: "label-whole" }, whole, "One label for a whole video, no stretches"),
      h("label", { class: "check", for: "label-overlap" }, share, "% of the videos are labelled by all; the rest is shared out")),
    h("div", { class: "row" }, button));
}

/** Who are you? */
function showRaters({ main, project }) {
  const input = h("input", { type: "text", id: "rater-name", autocomplete: "off", maxlength: "60" });
  const button = h("button", {}, "Add");
  const add = async () => {
    await post(`/labels/${part(project.id)}/raters`, { rater: input.value.trim() });
    location.hash = addressOf(project, { rater: input.value.trim() });
  };
  const last = kept()[project.id];
  fill(main, h("p", { class: "eyebrow" }, h("a", { href: "#/label" }, "Projects")), h("h1", { tabindex: "-1" }, project.name),
    h("p", { class: "soft" }, `${counted(project.items, "item")}, ${project.classes.join(", ")}. Folder: ${project.path}`),
    h("h2", {}, "Who labels?"),
    h("ul", { class: "queue", "aria-label": "Raters" }, project.raters.map(({ rater, done, items }) => h("li", {},
      h("a", { class: rater === last ? "card entry last" : "card entry", href: addressOf(project, { rater }) },
        h("strong", {}, rater), h("span", { class: "soft small" }, `${done} of ${counted(items, "item")} done`))))),
    h("form", { class: "card", on: { submit: (event) => { event.preventDefault(); if (input.value.trim()) during(button, add); } } },
      h("label", { class: "field", for: "rater-name" }, h("span", {}, "Another name"), h("div", { class: "row" }, input, button))));
}

async function showRater({ main, project, rater, signal }) {
  const state = await get(`/labels/${part(project.id)}/raters/${part(rater)}`, signal);
  localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [project.id]: rater }));
  new Labelling({ main, project, rater, state, signal, agreement: addressOf(project, { agreement: rater }), raters: addressOf(project) }).show();
}
