// The interface of the server: every call of the page goes through here.

export const BASE = "api/v1";

/** An answer that is an error; its message is the one line of the server. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const UNREACHABLE = "The app does not answer. Is `ferfusion app` still running? Start it and load this page again.";
const NO_TOKEN = "This address has no token. Open the address that `ferfusion app` printed when it started.";

/** Call the server. `json` is sent as JSON, `body` as it is; the answer is parsed, or null if it is empty. */
export async function ask(path, { method = "GET", json, body, signal } = {}) {
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(`${BASE}${path}`, { method, headers, body: json === undefined ? body : JSON.stringify(json), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, UNREACHABLE);
  }
  const text = await answer.text();
  if (!answer.ok) throw problemOf(answer.status, text);
  return text ? JSON.parse(text) : null;
}

function problemOf(status, text) {
  if (status === 401 || status === 403) return new Problem(status, NO_TOKEN);
  try {
    const { detail, title } = JSON.parse(text);
    if (typeof detail === "string" && detail) return new Problem(status, detail);
    if (title) return new Problem(status, title);
  } catch { /* not JSON: the status says what is known */ }
  return new Problem(status, `The app answered with status ${status}.`);
}

export const get = (path, signal) => ask(path, { signal });
export const post = (path, json = {}) => ask(path, { method: "POST", json });
export const patch = (path, json) => ask(path, { method: "PATCH", json });
export const remove = (path) => ask(path, { method: "DELETE" });

/** The part of an address that names something. */
export const part = (text) => encodeURIComponent(text);

/** A query of the given values; those that are null are left out. */
export function query(values) {
  const parts = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return parts.length ? `?${parts.map(([name, value]) => `${name}=${part(value)}`).join("&")}` : "";
}

/** Upload a file; `progress` hears the share that is sent. The server writes it to disk as it comes. */
export function upload(file, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${BASE}/uploads${query({ name: file.name })}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => progress(event.loaded / (event.total || 1)));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(problemOf(request.status, request.responseText));
    });
    request.addEventListener("error", () => reject(new Problem(0, UNREACHABLE)));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
