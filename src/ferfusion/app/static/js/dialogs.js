// Questions to the user, in the browser's own dialog: focus stays inside, Escape closes it.

import { h, toast } from "./dom.js";

/** Ask a question; the promise is true if the user agrees. */
export function agree({ title, text, yes, danger = false }) {
  return new Promise((resolve) => {
    const dialog = frame(title, h("p", {}, text), [
      h("button", { type: "button", on: { click: () => dialog.close() } }, "Keep"),
      h("button", { type: "button", class: danger ? "danger" : "primary", on: { click: () => dialog.close("yes") } }, yes),
    ]);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    dialog.showModal();
  });
}

/** Ask for a line of text; the promise is null if the user leaves. */
export function askLine({ title, label, value = "", yes, hint = "" }) {
  return new Promise((resolve) => {
    const input = h("input", { type: "text", name: "line", autocomplete: "off", maxlength: "200", value });
    const form = h("form", { method: "dialog" },
      h("label", { class: "field" }, h("span", {}, label), input),
      hint && h("p", { class: "soft small" }, hint),
      h("div", { class: "row" },
        h("button", { type: "button", on: { click: () => dialog.close() } }, "Leave as it is"),
        h("button", { class: "primary", value: "yes" }, yes)));
    const dialog = frame(title, form, []);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? input.value.trim() : null));
    dialog.showModal();
    input.select();
  });
}

/** Show content in a dialog with a button that closes it. */
export function show(title, content) {
  const dialog = frame(title, content, [h("button", { type: "button", class: "primary", on: { click: () => dialog.close() } }, "Close")]);
  dialog.showModal();
  return dialog;
}

function frame(title, content, buttons) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, heading, content, buttons.length ? h("div", { class: "row" }, buttons) : null);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return dialog;
}

/** Run an action of a button, once at a time; an error becomes a message. A busy button keeps the focus. */
export async function during(button, action) {
  if (button?.getAttribute("aria-busy") === "true") return undefined;
  button?.setAttribute("aria-busy", "true");
  try {
    return await action();
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, { wrong: true });
    return undefined;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}
