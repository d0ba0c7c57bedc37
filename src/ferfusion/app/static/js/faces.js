// What a user says of a face: its name, that two faces are one person, that a face does not count.

import { patch, part } from "./api.js";
import { askLine, during } from "./dialogs.js";
import { h } from "./dom.js";

/** The name of a face for people. */
export const nameOf = (face) => face.name || `Face ${face.face}`;

/** The line above the lanes of a face: its name, what it displays, and the buttons. */
export function faceHead({ result, face, changed }) {
  const change = (value) => patch(`/results/${part(result.id)}/faces/${face.face}`, value).then(changed);
  const button = (text, label, action) => h("button", {
    type: "button", class: "quiet", "aria-label": label, on: { click: ({ currentTarget }) => during(currentTarget, action) },
  }, text);
  const others = result.faces.filter((each) => each.face !== face.face);
  return h("div", { class: "face-head" },
    h("h3", {}, nameOf(face)), h("span", { class: "soft small grow" }, summaryOf(face)),
    h("div", { class: "face-buttons" },
      button("Rename", `Rename ${nameOf(face)}`, () => rename(face, change)),
      others.length ? button("Join", `Join ${nameOf(face)} with another face`, () => join(face, others, change)) : null,
      face.joined?.length ? button("Part", `Part ${nameOf(face)} from the faces joined with it`, () => change({ join: null })) : null,
      face.left_out ? button("Count", `Count ${nameOf(face)} again`, () => change({ left_out: false }))
        : button("Leave out", `Leave out ${nameOf(face)}`, () => change({ left_out: true }))));
}

function summaryOf(face) {
  if (face.left_out) return "left out of the downloads";
  return [face.verdict?.expression, face.joined?.length ? `joined with ${face.joined.map((each) => `Face ${each}`).join(", ")}` : ""].filter(Boolean).join(" · ");
}

async function rename(face, change) {
  const name = await askLine({ title: `Rename ${nameOf(face)}`, label: "Name of the person", value: face.name ?? "", yes: "Rename", hint: "An empty name gives the number back." });
  if (name !== null) await change({ name });
}

/** A tracker gives a person who leaves and comes back a new number: joining undoes that. */
async function join(face, others, change) {
  const other = await chooseFace(face, others);
  if (other !== null) await change({ join: other });
}

function chooseFace(face, others) {
  return new Promise((resolve) => {
    const options = others.map((each, index) => h("label", { class: "check" },
      h("input", { type: "radio", name: "other", value: each.face, ...(index ? {} : { checked: true }) }), nameOf(each)));
    const dialog = h("dialog", { "aria-labelledby": "join-title" },
      h("h2", { id: "join-title" }, `${nameOf(face)} is the same person as`),
      h("form", { method: "dialog" }, h("fieldset", { class: "options" }, h("legend", { class: "unseen" }, "Face"), options),
        h("div", { class: "row" },
          h("button", { type: "button", on: { click: () => dialog.close() } }, "Keep them apart"),
          h("button", { class: "primary", value: "yes" }, "Join"))));
    dialog.addEventListener("close", () => {
      const chosen = dialog.querySelector("input:checked");
      dialog.remove();
      resolve(dialog.returnValue === "yes" && chosen ? Number(chosen.value) : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
