// The player: the source itself, or, where the browser cannot play it, the annotated video.

import { BASE, part } from "./api.js";
import { fill, h } from "./dom.js";
import { clock } from "./words.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

/** It tells "time" for every shown frame, and "state" when it starts and stops. */
export class Player extends EventTarget {
  constructor(result) {
    super();
    this.result = result;
    this.root = result.root ?? `${BASE}/results/${part(result.id)}`;
    this.video = h("video", { class: "film", preload: "auto", playsinline: true, "aria-label": `Video ${result.name}` });
    this.canvas = h("canvas", { class: "over", "aria-hidden": "true" });
    this.screen = h("div", { class: "screen", style: { "--shape": String(result.video.width / result.video.height) } }, this.video, this.canvas);
    this.note = h("p", { class: "soft small", hidden: true });
    this.clock = h("span", { class: "clock" });
    this.element = h("div", { class: "player" }, this.screen, this.#controls(), this.note);
    this.drawsBoxes = true;
    this.nextFrame = null;  // set by the page, which knows the times of the frames
    this.#listen();
    if (result.has_source === false) this.#fallBack("The video is no longer where it was");
    else this.video.src = `${this.root}/source`;
  }

  get time() {
    return this.pending ?? (this.video.readyState ? this.video.currentTime : 0);  // the frame asked for, until it plays
  }

  get playing() {
    return !this.video.paused && !this.video.ended;
  }

  /** Go to a frame; a time inside it, so that rounding cannot show the frame before. */
  seek(seconds) {
    const last = Math.max(0, (this.video.duration || this.result.video.seconds) - 1e-3);
    this.pending = Math.min(Math.max(0, seconds), last);
    const inside = Math.min(0.01, 0.4 / (this.result.video.fps || 25));
    this.video.currentTime = Math.min(this.pending + inside, last);
    if (this.playing) this.pending = null;
    this.#tell();
  }

  skip(seconds) {
    this.seek(this.time + seconds);
  }

  /** Stop, and go so many frames on or back. */
  step(frames) {
    this.video.pause();
    const found = this.nextFrame?.(this.time, frames);
    this.seek(found ?? this.time + frames / (this.result.video.fps || 25));
  }

  toggle() {
    if (this.playing) this.video.pause();
    else this.play();
  }

  play() {
    this.video.play().catch(() => { /* a source that cannot be played has its own event */ });
  }

  /** J, K and L: back, stop, and forward, which is faster each time. */
  shuttle(direction) {
    if (direction < 0) {
      this.#speed(1);
      this.skip(-5);
      return;
    }
    this.#speed(this.playing ? SPEEDS[Math.min(SPEEDS.indexOf(this.video.playbackRate) + 1, SPEEDS.length - 1)] : 1);
    this.play();
  }

  pause() {
    this.#speed(1);
    this.video.pause();
  }

  mute() {
    this.video.muted = !this.video.muted;
  }

  async fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.screen.requestFullscreen();
  }

  /** Size of the video on the page, in CSS pixels. */
  get size() {
    return { width: this.screen.clientWidth, height: this.screen.clientHeight };
  }

  #speed(rate) {
    this.video.playbackRate = rate;
    this.speed.value = String(rate);
  }

  #controls() {
    const button = (text, action) => h("button", { type: "button", on: { click: action } }, text);
    this.playButton = button("Play", () => this.toggle());
    this.soundButton = button("Sound off", () => this.mute());
    this.speed = h("select", { "aria-label": "Speed", on: { change: () => { this.video.playbackRate = Number(this.speed.value); } } },
      SPEEDS.map((rate) => h("option", { value: rate }, `${rate}×`)));
    this.speed.value = "1";
    return h("div", { class: "controls" }, this.playButton,
      button("−1 frame", () => this.step(-1)), button("+1 frame", () => this.step(1)),
      this.speed, this.soundButton, button("Full screen", () => this.fullScreen()), this.clock);
  }

  #listen() {
    const { video } = this;
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, () => this.#state());
    video.addEventListener("volumechange", () => {
      fill(this.soundButton, video.muted ? "Sound on" : "Sound off");
    });
    video.addEventListener("play", () => { this.pending = null; });
    video.addEventListener("seeked", () => this.#tell());
    video.addEventListener("timeupdate", () => this.#tell());
    video.addEventListener("loadedmetadata", () => this.#tell());
    video.addEventListener("error", () => this.#fallBack("This browser cannot play the file itself"));
    video.addEventListener("click", () => this.toggle());
    const follow = () => {
      if (this.playing) this.#tell();
      if (video.isConnected) video.requestVideoFrameCallback?.(follow);
    };
    video.requestVideoFrameCallback?.(follow);
    if (!video.requestVideoFrameCallback) this.#followFrames();
  }

  #followFrames() {
    const follow = () => {
      if (this.playing) this.#tell();
      if (this.video.isConnected) requestAnimationFrame(follow);
    };
    this.video.addEventListener("play", () => requestAnimationFrame(follow));
  }

  /** Play the annotated video, if there is one; the timeline works without any. */
  #fallBack(why) {
    const isFirst = this.drawsBoxes && this.result.has_annotated !== false;
    this.drawsBoxes = false;
    this.note.hidden = false;
    fill(this.note, isFirst ? `${why}, so the annotated video is shown.` : `${why}, and there is no annotated video to show. The timeline below works without.`);
    if (isFirst) this.video.src = `${this.root}/annotated.mp4`;
  }

  #state() {
    fill(this.playButton, this.playing ? "Pause" : "Play");
    this.dispatchEvent(new Event("state"));
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("time"));
  }

  /** Show the time and the number of the frame. */
  showClock(frame) {
    const [now, all] = [clock(this.time, 2), clock(this.result.video.seconds, 2)];
    fill(this.clock, `${now} of ${all}${frame === null ? "" : ` · frame ${frame}`}`);
  }
}
