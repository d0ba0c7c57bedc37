// Watch: give videos and photographs, and see the jobs.

import { dropZone } from "./drop.js";
import { during } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { Intake } from "./intake.js";
import { ModelChoice } from "./models.js";
import { queueList } from "./queue.js";

const STEPS = [
  ["Give a video", "Drop it, choose it, or name its path. Photographs and whole folders work too."],
  ["Wait a moment", "ferfusion finds each face, follows it, and predicts the displayed expression of every frame."],
  ["Read it", "Step through the video frame by frame: where, how long, how sure, and what in the face the model looked at."],
];

/** Show the page. */
export async function showWatch({ main, signal }) {
  const model = new ModelChoice();
  const actions = h("input", { type: "checkbox", id: "actions" });
  const intake = new Intake({
    options: () => ({ model: model.value, options: { actions: actions.checked } }),
    added: (added) => model.put(added),
  });
  const intro = introduction();
  const none = h("p", { class: "soft" }, "Nothing here yet.");
  const queue = queueList({ signal, only: (job) => job.kind !== "training", changed: (number) => {
    none.hidden = number > 0;
    intro.hidden = number > 0;
  } });
  fill(main,
    h("h1", { tabindex: "-1" }, "Displayed expressions in your videos"), intro,
    h("div", { class: "give" },
      h("div", {}, dropZone((files) => intake.take(files), sampleButton(intake)), intake.list),
      h("div", { class: "card settings" }, pathForm(intake), model.element, actionsOption(actions))),
    h("section", { "aria-labelledby": "queue-title" }, h("h2", { id: "queue-title" }, "Your videos and photographs"), none, queue));
  await during(null, () => model.load(signal));
}

function introduction() {
  return h("div", { class: "intro" },
    h("p", { class: "lead" }, "Which expression does each face display, when, and how sure is that? Everything happens on this machine; no image leaves it."),
    h("ol", { class: "three" }, STEPS.map(([title, text]) => h("li", {}, h("strong", {}, title), h("span", { class: "soft" }, text)))));
}

function sampleButton(intake) {
  const take = async () => {
    const answer = await fetch("static/sample.mp4");
    await intake.take([new File([await answer.blob()], "sample.mp4", { type: "video/mp4" })]);
  };
  return h("div", { class: "row sample" },
    h("span", { class: "soft small" }, "Nothing at hand?"),
    h("button", { type: "button", id: "sample", on: { click: ({ currentTarget }) => during(currentTarget, take) } }, "Try the sample video"),
    h("span", { class: "soft small" }, "two rendered people, ten seconds"));
}

function pathForm(intake) {
  const input = h("input", { type: "text", id: "path", class: "grow", autocomplete: "off", spellcheck: "false", placeholder: "/home/me/videos" });
  return h("form", { class: "field", on: { submit: (event) => {
    event.preventDefault();
    const path = input.value.trim();
    if (!path) return;
    input.value = "";  // the next path can be written while this one is opened
    during(null, () => intake.open(path).catch((error) => {
      input.value ||= path;
      throw error;
    }));
  } } },
    h("label", { for: "path" }, h("strong", { class: "small" }, "Or open a file or folder of this machine")),
    h("div", { class: "row" }, input, h("button", { type: "submit" }, "Open")),
    h("p", { class: "soft small" }, "It is read where it is; nothing is copied."),
    h("p", { class: "small" }, h("a", { href: "#/camera" }, "Or read the camera of this machine live")));
}

function actionsOption(actions) {
  return h("label", { class: "check", for: "actions" }, actions, h("span", {}, "Facial actions too ", h("span", { class: "soft small" }, "(raised brows, lip corners; slower)")));
}
