// From files to jobs: upload one after the other, then start a job a video, and one for all photographs together.

import { ask, post, upload } from "./api.js";
import { fill, h, say, toast } from "./dom.js";
import { jobs } from "./jobs.js";
import { bytes, counted } from "./words.js";

/** Uploads that run, with their rows; `options()` is what the user chose, `added(model)` hears of a new model. */
export class Intake {
  constructor({ options, added }) {
    this.options = options;
    this.added = added;
    this.list = h("ul", { class: "uploads", "aria-label": "Uploads" });
    this.queue = Promise.resolve();
  }

  /** Upload files in their order. A second call waits for the first. */
  take(files) {
    if (!files.length) return this.queue;
    const waiting = files.map((file) => new Sending(file, this.list));
    this.queue = this.queue.then(async () => {
      const rows = [];
      for (const sending of waiting) {
        const row = await sending.run();
        if (row?.kind === "photograph") rows.push(row);
        else if (row) await this.start([row]);
      }
      await this.start(rows);
    });
    return this.queue;
  }

  /** Start the jobs of uploaded or opened files. */
  async start(rows) {
    const readable = [];
    for (const row of rows) {
      if (row.kind === "bundle") await this.#addModel(row);
      else if (row.kind === "model") this.added(row);
      else if (row.kind === "result") say(`The result ${row.name} is in the list.`);
      else if (row.kind === "unreadable") toast(`${row.name} is no video, photograph or model that can be read.`, { wrong: true });
      else readable.push(row);
    }
    if (!readable.length) return;
    try {
      await jobs.create(readable.map((row) => row.id), this.options());
      say(`${readable.length === 1 ? readable[0].name : counted(readable.length, "file")} added to the list.`);
    } catch (error) {
      toast(error.message, { wrong: true });
    }
  }

  async #addModel(row) {
    try {
      this.added(await post("/models", { upload: row.id }));
    } catch (error) {
      toast(`${row.name}: ${error.message}`, { wrong: true });
    }
  }

  /** Open a file or a folder of this machine by its path; nothing is copied. */
  async open(path) {
    const rows = await ask("/uploads/path", { method: "POST", json: { path } });
    if (!rows.length) toast(`${path} has no video, photograph or model.`, { wrong: true });
    await this.start(rows);
  }
}

/** One file on its way, with a row that shows how much is sent. */
class Sending {
  constructor(file, list) {
    this.file = file;
    this.controller = new AbortController();
    this.progress = h("progress", { max: "1", value: "0", "aria-label": `Upload of ${file.name}` });
    this.text = h("span", { class: "soft small" }, `waits, ${bytes(file.size)}`);
    this.row = h("li", { class: "upload" },
      h("div", { class: "row" }, h("strong", { class: "grow" }, file.name), this.text,
        h("button", { type: "button", class: "quiet", "aria-label": `Cancel the upload of ${file.name}`, on: { click: () => this.cancel() } }, "Cancel")),
      this.progress);
    list.append(this.row);
  }

  cancel() {
    this.controller.abort();
    this.row.remove();
  }

  /** Return the server's row of the file; null if it was cancelled or refused, which is said. */
  async run() {
    if (this.controller.signal.aborted) return null;
    try {
      return await upload(this.file, { progress: (share) => this.#show(share), signal: this.controller.signal });
    } catch (error) {
      if (error.name !== "AbortError") toast(`${this.file.name}: ${error.message}`, { wrong: true });
      return null;
    } finally {
      this.row.remove();
    }
  }

  #show(share) {
    this.progress.value = share;
    fill(this.text, `${bytes(share * this.file.size)} of ${bytes(this.file.size)}`);
  }
}
