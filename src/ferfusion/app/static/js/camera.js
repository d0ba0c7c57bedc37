// Camera: what the faces before the camera display now. An image is sent when the one before it is answered.

import { ask, part, query, remove } from "./api.js";
import { drawBoxes } from "./boxes.js";
import { bar, fill, h, sharp, swatch } from "./dom.js";
import { ModelChoice } from "./models.js";
import { percent } from "./words.js";

const SENT_PX = 640;
const STRIP_SECONDS = 20;
const STRIP_HIGH = 72;
const QUALITY = 0.85;

/** Show the page; the camera stops when one leaves it. */
export async function showCamera({ main, signal }) {
  const model = new ModelChoice();
  const camera = new Camera(model);
  signal.addEventListener("abort", () => camera.stop());
  fill(main,
    h("h1", { tabindex: "-1" }, "Camera"),
    h("p", { class: "lead" }, "Which expression does a face before the camera display now? No image is kept, and none leaves this machine."),
    h("div", { class: "stage" },
      h("div", { class: "player" }, camera.screen,
        h("div", { class: "controls" }, camera.button, camera.pace),
        h("p", { class: "soft small strip-title" }, `The last ${STRIP_SECONDS} seconds of the first face: probabilities of the classes, stacked.`), camera.strip),
      h("div", {}, h("aside", { class: "card present", "aria-label": "Faces before the camera" }, h("h2", {}, "Now"), camera.faces), h("div", { class: "card camera-model" }, model.element))),
    camera.message);
  await model.load(signal);
}

class Camera {
  constructor(model) {
    this.model = model;
    this.video = h("video", { class: "film mirrored", muted: true, playsinline: true, "aria-label": "The camera's image, mirrored" });
    this.over = h("canvas", { class: "over", "aria-hidden": "true" });
    this.screen = h("div", { class: "screen" }, this.video, this.over);
    this.strip = h("canvas", { class: "lane lane-canvas", role: "img", "aria-label": "Probabilities of the last seconds", height: String(STRIP_HIGH) });
    this.faces = h("div", { class: "present-faces" }, h("p", { class: "soft" }, "The camera is off."));
    this.button = h("button", { type: "button", class: "primary", on: { click: () => (this.stream ? this.stop() : this.start()) } }, "Start the camera");
    this.pace = h("span", { class: "soft small", role: "status" });
    this.message = h("p", { class: "note", role: "alert", hidden: true });
    this.sent = document.createElement("canvas");
    this.past = [];
  }

  async start() {
    this.#tell("");
    this.button.disabled = true;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotSupportedError");
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: SENT_PX }, facingMode: "user" } });
    } catch (error) {
      this.#tell(REASONS[error.name] ?? `The camera cannot be used: ${error.message || error.name}.`);
      return;
    } finally {
      this.button.disabled = false;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.screen.style.setProperty("--shape", String(this.video.videoWidth / this.video.videoHeight));
    this.button.textContent = "Stop the camera";
    this.past = [];
    this.#run(this.stream);
  }

  stop() {
    if (!this.stream) return;
    for (const track of this.stream.getTracks()) track.stop();
    this.stream = this.video.srcObject = null;
    this.button.textContent = "Start the camera";
    this.pace.textContent = "";
    sharp(this.over, 1, 1);
    fill(this.faces, h("p", { class: "soft" }, "The camera is off."));
    remove("/camera").catch(() => {});  // its process ends by itself too
  }

  /** Send one image after the other, as fast as they are answered. */
  async #run(stream) {
    const session = part(crypto.randomUUID?.() ?? String(Math.random()));
    const begun = performance.now();
    const times = [];
    while (this.stream === stream) {
      await new Promise(requestAnimationFrame);
      try {
        const at = (performance.now() - begun) / 1000;
        const answer = await ask(`/camera/${session}${query({ seconds: at.toFixed(3), model: this.model.value })}`, { method: "POST", body: await this.#image() });
        if (this.stream !== stream) return;
        times.push(performance.now());
        while (times.length > 20) times.shift();
        this.#show(answer, times);
      } catch (error) {
        if (this.stream !== stream) return;
        this.stop();
        this.#tell(error.message);
      }
    }
  }

  #image() {
    const scale = Math.min(1, SENT_PX / Math.max(this.video.videoWidth, this.video.videoHeight));
    [this.sent.width, this.sent.height] = [Math.round(scale * this.video.videoWidth), Math.round(scale * this.video.videoHeight)];
    this.sent.getContext("2d").drawImage(this.video, 0, 0, this.sent.width, this.sent.height);
    return new Promise((resolve) => { this.sent.toBlob(resolve, "image/jpeg", QUALITY); });
  }

  #show(answer, times) {
    const rows = answer.faces ?? [];
    const video = { width: this.sent.width, height: this.sent.height };
    const mirrored = rows.map((row) => ({ ...row, x: video.width - row.x - row.w }));
    drawBoxes(this.over, { rows: mirrored, video, width: this.screen.clientWidth, height: this.screen.clientHeight,
      nameOf: (face) => (rows.length > 1 ? `Face ${face}` : ""), colourOf: (name) => answer.colours[name], isLeftOut: () => false });
    fill(this.faces, answer.caution ? h("p", { class: "note" }, answer.caution) : null,
      rows.length ? rows.map((row) => faceOf(row, answer)) : h("p", { class: "soft" }, answer.faces ? "No face is seen." : "The model is loaded …"));
    if (times.length > 2) this.pace.textContent = `${((1000 * (times.length - 1)) / (times.at(-1) - times[0])).toFixed(0)} images a second`;
    this.past.push({ seconds: answer.seconds ?? 0, probabilities: rows[0]?.probabilities ?? null });
    while (this.past.length && this.past[0].seconds < this.past.at(-1).seconds - STRIP_SECONDS) this.past.shift();
    this.#drawStrip(answer);
  }

  #drawStrip({ classes, colours }) {
    const width = this.strip.clientWidth;
    const context = sharp(this.strip, width, STRIP_HIGH);
    const last = this.past.at(-1).seconds;
    const x = (seconds) => width * (1 - (last - seconds) / STRIP_SECONDS);
    this.past.slice(0, -1).forEach(({ seconds, probabilities }, place) => {
      if (!probabilities) return;
      const [left, right] = [x(seconds), x(this.past[place + 1].seconds)];
      let floor = STRIP_HIGH;
      for (const name of classes) {
        const high = STRIP_HIGH * probabilities[name];
        context.fillStyle = colours[name];
        context.fillRect(left, floor - high, right - left + 0.5, high);
        floor -= high;
      }
    });
  }

  #tell(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }
}

const REASONS = {
  NotAllowedError: "The browser may not use the camera. Allow it for this page, and start again.",
  NotFoundError: "This machine has no camera that the browser knows.",
  NotReadableError: "Another program has the camera. Close it, and start again.",
  NotSupportedError: "The browser gives the camera only to pages of this machine (localhost) or with https.",
};

function faceOf(row, { classes, colours }) {
  const ranked = [...classes].sort((a, b) => row.probabilities[b] - row.probabilities[a]).slice(0, 3);
  return h("div", { class: "present-face" },
    h("p", {}, h("strong", {}, `Face ${row.face} `), swatch(row.expression, colours), row.expression),
    h("ul", {}, ranked.map((name) => h("li", {}, h("span", {}, name), bar(row.probabilities[name], colours[name]), h("span", {}, percent(row.probabilities[name], 0))))));
}
