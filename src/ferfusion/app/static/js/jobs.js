// The list of jobs, as the server tells it by events: the page keeps no state of its own.

import { BASE, get, post, remove, part } from "./api.js";

/** States in which a job can still change by itself. */
export const isOpen = (job) => job.state === "waiting" || job.state === "running";

class Jobs extends EventTarget {
  constructor() {
    super();
    this.byId = new Map();
    this.connected = null;
  }

  /** Listen to the server, once; the browser connects again by itself after a break. */
  start() {
    const events = new EventSource(`${BASE}/events`);
    events.addEventListener("open", () => this.#connected(true));
    events.addEventListener("error", () => {
      this.#connected(false);
      // a browser gives up after some answers; a server that was started again is found this way
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.start(), 2000);
    });
    events.addEventListener("job", (event) => this.put(JSON.parse(event.data)));
    events.addEventListener("gone", (event) => this.drop(JSON.parse(event.data).id));
    addEventListener("pagehide", () => events.close());
    // a browser has six connections to a server: a tab that nobody looks at gives its own away
    const leave = () => {
      if (!document.hidden) return;
      events.close();
      document.removeEventListener("visibilitychange", leave);
      document.addEventListener("visibilitychange", () => { this.connected = false; this.start(); }, { once: true });
    };
    document.addEventListener("visibilitychange", leave);
  }

  async #connected(is) {
    if (is && this.connected === false) await this.#reload();
    if (is !== this.connected) {
      this.connected = is;
      this.dispatchEvent(new Event("connection"));
    }
  }

  /** After a break: forget the jobs that are gone. */
  async #reload() {
    const ids = new Set((await get("/jobs")).map((job) => job.id));
    for (const id of [...this.byId.keys()]) if (!ids.has(id)) this.drop(id);
  }

  put(job) {
    const before = this.byId.get(job.id);
    this.byId.set(job.id, job);
    this.dispatchEvent(new CustomEvent("job", { detail: { job, before } }));
  }

  drop(id) {
    if (this.byId.delete(id)) this.dispatchEvent(new CustomEvent("gone", { detail: { id } }));
  }

  /** All jobs, the newest first. */
  get all() {
    return [...this.byId.values()].sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0));
  }

  async create(inputs, { model, options }) {
    const answer = await post("/jobs", { inputs, ...(model ? { model } : {}), options });
    for (const job of Array.isArray(answer) ? answer : [answer]) this.put(job);
    return answer;
  }

  async cancel(id) {
    const job = await post(`/jobs/${part(id)}/cancel`);
    if (job?.id) this.put(job);
  }

  async retry(id) {
    const job = await post(`/jobs/${part(id)}/retry`);
    if (job?.id) this.put(job);
  }

  /** Delete a job and its files; the answer says what was removed. */
  async remove(id) {
    const answer = await remove(`/jobs/${part(id)}`);
    this.drop(id);
    return answer;
  }
}

export const jobs = new Jobs();
