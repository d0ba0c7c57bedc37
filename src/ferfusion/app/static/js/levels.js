// The probabilities of one face, in levels of detail: tiles of 2^k seconds, asked for when they are looked at.
// At any zoom some four tiles are in view, so an hour needs no more than a minute does.

import { get, part, query } from "./api.js";

const POINTS = 512;
const MOST_TILES = 120;
const WAIT_MS = 40;

/** Turn the server's answer into a tile: cumulated probabilities, ready to be drawn. */
function tileOf(answer, classes) {
  const columns = answer.seconds.length;
  const sums = classes.map(() => new Float32Array(columns));
  const seen = new Uint8Array(columns);
  for (let column = 0; column < columns; column += 1) {
    let sum = 0;
    classes.forEach((name, code) => {
      const value = answer.p[name]?.[column];
      if (value !== null && value !== undefined) { sum += value; seen[column] = 1; }
      sums[code][column] = sum;
    });
  }
  return { seconds: Float64Array.from(answer.seconds), step: answer.step, sums, seen, named: answer.named ?? [], gaps: answer.gaps ?? [] };
}

export class Levels {
  /** `changed` hears when a tile came. */
  constructor({ result, face, changed, signal }) {
    const { from, to } = spanOf(result);
    Object.assign(this, { id: result.id, face, classes: result.classes, from, to, changed, signal });
    this.lowest = Math.floor(Math.log2(POINTS / (result.video.fps || 25)));
    this.highest = Math.max(this.lowest, Math.ceil(Math.log2(to - from)));
    this.tiles = new Map();  // in the order of their use
    this.asked = new Map();
    this.timer = 0;
  }

  /** Tiles for a stretch on so many pixels, each with the part of the stretch that it stands for. */
  inView(from, to, width) {
    const level = this.#levelFor((to - from) / width);
    const length = 2 ** level;
    const [first, last] = [from, Math.min(to, this.to) - 1e-9].map((time) => Math.floor((time - this.from) / length));
    const found = [], missing = [];
    for (let index = Math.max(first, 0); index <= last; index += 1) {
      const part = { from: this.from + index * length, to: Math.min(this.from + (index + 1) * length, this.to) };
      const tile = this.#use(level, index);
      if (!tile) missing.push([level, index]);
      const shown = tile ?? this.#coarser(level, index);
      if (shown) found.push({ ...part, tile: shown });
    }
    this.#want(missing);
    return found;
  }

  /** The whole face in one tile, as far as it is there. */
  overview() {
    const tile = this.#use(this.highest, 0);
    if (!tile) this.#want([[this.highest, 0]]);
    return tile;
  }

  /** Probabilities at a time, as an object; null if the face is not in view or not known yet. */
  at(seconds) {
    for (let level = this.lowest; level <= this.highest; level += 1) {
      const tile = this.tiles.get(`${level}/${Math.floor((seconds - this.from) / 2 ** level)}`);
      if (tile) return valuesAt(tile, seconds, this.classes);
    }
    return null;
  }

  #levelFor(secondsPerPixel) {
    const level = Math.ceil(Math.log2(Math.max(secondsPerPixel * POINTS, 1e-9)));
    return Math.min(Math.max(level, this.lowest), this.highest);
  }

  #use(level, index) {
    const key = `${level}/${index}`;
    const tile = this.tiles.get(key);
    if (tile) {
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  #coarser(level, index) {
    for (let up = 1; level + up <= this.highest; up += 1) {
      const tile = this.tiles.get(`${level + up}/${index >> up}`);
      if (tile) return tile;
    }
    return null;
  }

  /** Ask for tiles after a short wait; what is no longer in view is not asked for. */
  #want(missing) {
    this.wanted = missing;
    if (!missing.length || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      for (const [level, index] of this.wanted) this.#ask(level, index);
    }, WAIT_MS);
  }

  async #ask(level, index) {
    const key = `${level}/${index}`;
    if (this.asked.has(key) || this.signal.aborted) return;
    const from = this.from + index * 2 ** level;
    const to = Math.min(from + 2 ** level, this.to);
    // the last tile is shorter and has fewer columns, so that all columns of a level are of one length
    const values = { face: this.face, from, to, points: Math.max(1, Math.round((POINTS * (to - from)) / 2 ** level)) };
    this.asked.set(key, true);
    try {
      const answer = await get(`/results/${part(this.id)}/timeline${query(values)}`, this.signal);
      this.tiles.set(key, tileOf(answer, this.classes));
      this.asked.delete(key);
      if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
      this.changed();
    } catch (error) {
      // asked again when the lane is drawn again, but not at once
      if (error.name !== "AbortError") setTimeout(() => this.asked.delete(key), 3000);
    }
  }
}

/** The stretch that a result covers. */
export function spanOf(result) {
  const [from, to] = result.span ?? [0, result.video.seconds];
  return { from, to: Math.max(to, from + 0.04) };
}

function valuesAt(tile, seconds, classes) {
  let low = 0, high = tile.seconds.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tile.seconds[middle] <= seconds + 1e-4) low = middle; else high = middle - 1;
  }
  if (!tile.seen[low] || tile.seconds[low] > seconds + tile.step) return null;
  return Object.fromEntries(classes.map((name, code) => [name, tile.sums[code][low] - (code ? tile.sums[code - 1][low] : 0)]));
}

/** The named stretch at a time. */
export function namedAt(parts, seconds) {
  for (const { from, to, tile } of parts) {
    if (seconds < from - 1e-6 || seconds > to + 1e-6) continue;
    const found = tile.named.find((each) => each.from <= seconds + 1e-4 && seconds < each.to - 1e-4);
    if (found) return found.expression;
  }
  return null;
}
