// The boxes of the faces, asked for ahead of the player, and drawn over it.

import { get, part, query } from "./api.js";
import { sharp } from "./dom.js";

const CHUNK_SECONDS = 5;
const MOST_CHUNKS = 24;

/** Boxes by time, in chunks of some seconds. */
export class Boxes {
  constructor({ id, seconds, changed, signal }) {
    Object.assign(this, { id, seconds, changed, signal });
    this.chunks = new Map();
    this.asked = new Set();
  }

  /** Rows of the frame that is shown at a time; empty while they are not there. The next chunk is asked for too. */
  at(seconds) {
    const index = Math.max(0, Math.floor((seconds + 1e-3) / CHUNK_SECONDS));
    this.#ask(index);
    if ((index + 1) * CHUNK_SECONDS < this.seconds) this.#ask(index + 1);
    const frame = this.#frameAt(this.chunks.get(index), seconds) ?? this.#frameAt(this.chunks.get(index - 1), seconds);
    return frame?.rows ?? [];
  }

  /** Time of the frame before or after the one that is shown; null where it is not known. */
  beside(seconds, step) {
    const index = Math.max(0, Math.floor((seconds + 1e-3) / CHUNK_SECONDS));
    const frames = [index - 1, index, index + 1].flatMap((each) => this.chunks.get(each) ?? []);
    const here = frames.findLastIndex((frame) => frame.seconds <= seconds + 1e-3);
    return frames[here + step]?.seconds ?? null;
  }

  /** Number of the frame at a time; null where it is not known. */
  frameNumber(seconds) {
    return this.at(seconds)[0]?.frame ?? null;
  }

  #frameAt(frames, seconds) {
    return frames?.findLast((frame) => frame.seconds <= seconds + 1e-3);
  }

  async #ask(index) {
    if (this.chunks.has(index) || this.asked.has(index) || this.signal.aborted) return;
    this.asked.add(index);
    const values = { from: index * CHUNK_SECONDS, to: Math.min((index + 1) * CHUNK_SECONDS, this.seconds + 1) };
    try {
      this.chunks.set(index, framesOf(await get(`/results/${part(this.id)}/boxes${query(values)}`, this.signal)));
      this.asked.delete(index);
      if (this.chunks.size > MOST_CHUNKS) this.chunks.delete(this.chunks.keys().next().value);
      this.changed();
    } catch (error) {
      if (error.name !== "AbortError") setTimeout(() => this.asked.delete(index), 3000);
    }
  }
}

/** Put the rows of one frame together. */
function framesOf(rows) {
  const frames = [];
  for (const row of rows) {
    if (frames.at(-1)?.frame !== row.frame) frames.push({ frame: row.frame, seconds: row.seconds, rows: [] });
    frames.at(-1).rows.push(row);
  }
  return frames;
}

/** Draw boxes with names over a video that is shown on so many pixels. */
export function drawBoxes(canvas, { rows, video, width, height, nameOf, colourOf, isLeftOut, second = () => null }) {
  const context = sharp(canvas, width, height);
  const scale = Math.min(width / video.width, height / video.height);
  const [left, top] = [(width - scale * video.width) / 2, (height - scale * video.height) / 2];
  context.font = "600 14px system-ui, 'DejaVu Sans', sans-serif";
  for (const row of rows) {
    if (row.x === null || row.x === undefined || row.face === null || isLeftOut(row.face)) continue;
    const box = { x: left + scale * row.x, y: top + scale * row.y, w: scale * row.w, h: scale * row.h };
    const colour = colourOf(row.expression);
    context.lineWidth = 3;
    context.strokeStyle = colour ?? "#dfe4e6";
    context.setLineDash(colour ? [] : [7, 5]);
    context.strokeRect(box.x, box.y, box.w, box.h);
    label(context, [nameOf(row.face), row.expression].filter(Boolean).join(": "), colour, box.x, box.y - 24, { width, height });
    const other = second(row.face);
    if (other) label(context, other.text, other.colour, box.x, box.y + box.h + 2, { width, height });
  }
}

/** A name on the colour of its class; the text is dark on each of them. */
function label(context, text, colour, x, y, { width, height }) {
  const wide = context.measureText(text).width + 14;
  const [left, top] = [Math.min(Math.max(x - 1.5, 0), Math.max(0, width - wide)), Math.min(Math.max(y, 0), height - 22)];
  context.setLineDash([]);
  context.fillStyle = colour ?? "#dfe4e6";
  context.fillRect(left, top, wide, 22);
  context.fillStyle = "#10161b";
  context.fillText(text, left + 7, top + 16);
}
