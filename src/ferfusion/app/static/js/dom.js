// Elements, made without HTML text: a name of a file is never read as a tag.

/**
 * Make an element: h("button", {class: "primary", on: {click}}, "Play").
 * `on` has listeners, `style` has properties (set one by one, as the content policy asks), null and false leave an attribute out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace the content of an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Say a sentence to screen readers. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** Show a sentence for some seconds, or, if something went wrong, until it is closed. */
export function toast(text, { wrong = false } = {}) {
  const close = h("button", { class: "quiet", type: "button", "aria-label": "Close this message", on: { click: () => note.remove() } }, "Close");
  const note = h("p", { class: wrong ? "toast wrong" : "toast", role: wrong ? "alert" : "status" }, h("span", {}, text), close);
  const toasts = document.getElementById("toasts");
  toasts.append(note);
  while (toasts.children.length > 4) toasts.firstChild.remove();
  if (!wrong) setTimeout(() => note.remove(), 8000);
}

/** A swatch of a class; the word for no class has a dashed one. */
export function swatch(name, colours) {
  const colour = colours[name];
  return h("span", { class: colour ? "swatch" : "swatch none", style: colour ? { background: colour } : null, "aria-hidden": "true" });
}

/** A bar for a share between 0 and 1. */
export function bar(share, colour) {
  const width = `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(2)}%`;
  return h("span", { class: "bars", "aria-hidden": "true" }, h("i", { style: { width, background: colour } }));
}

/** The value of a colour variable of the style, for a canvas. */
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Size a canvas for the pixels of the screen and return its context, in CSS pixels. */
export function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
