// What a lane shows: probabilities of the classes, stacked; below them the named stretches; gaps are hatched.

import { ink, sharp } from "./dom.js";
import { clock } from "./words.js";
import { ticks } from "./view.js";

export const AREA = 72;
export const STRIP = 22;
export const LANE = AREA + 4 + STRIP;
const DARK = "#10161b";
const FONT = "12px system-ui, 'DejaVu Sans', sans-serif";

/** Draw a lane. `parts` are the tiles in view, each with the stretch that it stands for. */
export function drawLane(canvas, { parts, view, width, colours, classes, pale = false }) {
  const context = sharp(canvas, width, LANE);
  context.globalAlpha = pale ? 0.3 : 1;
  for (const part of parts) {
    context.save();
    const [left, right] = [view.x(part.from, width), view.x(part.to, width)];
    context.beginPath();
    context.rect(left, 0, right - left + 0.5, LANE);
    context.clip();
    drawAreas(context, part.tile, { view, width, colours, classes });
    context.restore();
  }
  for (const gap of merged(parts, (tile) => tile.gaps.map(([from, to, reason]) => ({ from, to, name: reason })), view)) {
    drawGap(context, gap, { view, width });
  }
  for (const stretch of merged(parts, (tile) => tile.named.map(({ from, to, expression }) => ({ from, to, name: expression })), view)) {
    drawStretch(context, stretch, { view, width, colour: colours[stretch.name] });
  }
}

/** Each class is filled from the floor to the sum of all classes up to it, the last class first. */
function drawAreas(context, tile, { view, width, colours, classes }) {
  const [first, last] = columnsInView(tile, view);
  for (let code = classes.length - 1; code >= 0; code -= 1) {
    context.beginPath();
    let open = false, right = 0;
    for (let column = first; column <= last; column += 1) {
      if (!tile.seen[column]) {
        if (open) context.lineTo(right, AREA);
        open = false;
        continue;
      }
      const left = view.x(tile.seconds[column], width);
      right = view.x(tile.seconds[column] + tile.step, width) + 0.3;
      const top = AREA * (1 - Math.min(tile.sums[code][column], 1));
      if (!open) context.moveTo(left, AREA);
      open = true;
      context.lineTo(left, top);
      context.lineTo(right, top);
    }
    if (open) context.lineTo(right, AREA);
    context.fillStyle = colours[classes[code]];
    context.fill();
  }
}

function columnsInView({ seconds, step }, view) {
  const find = (time) => {
    let low = 0, high = seconds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seconds[middle] < time) low = middle + 1; else high = middle;
    }
    return low;
  };
  return [Math.max(0, find(view.from - step) - 1), Math.min(seconds.length - 1, find(view.to) + 1)];
}

/** Stretches of all tiles in view; one that a border of tiles divides is one again. */
function merged(parts, of, view) {
  const found = [];
  for (const { from, to, tile } of parts) {
    for (const each of of(tile)) {
      const stretch = { ...each, from: Math.max(each.from, from), to: Math.min(each.to, to) };
      if (stretch.to <= stretch.from || stretch.to < view.from || stretch.from > view.to) continue;
      const before = found.at(-1);
      if (before && before.name === stretch.name && stretch.from - before.to < 1e-3) before.to = stretch.to;
      else found.push(stretch);
    }
  }
  return found;
}

/** A class is a block with its name; no class is a thin line. */
function drawStretch(context, { from, to, name }, { view, width, colour }) {
  const [left, right] = [view.x(from, width), Math.max(view.x(to, width), view.x(from, width) + 1)];
  if (!colour) {
    context.fillStyle = ink("--soft");
    context.fillRect(left, AREA + 4 + STRIP / 2 - 1, right - left, 2);
    return;
  }
  context.fillStyle = colour;
  context.fillRect(left, AREA + 4, right - left, STRIP);
  write(context, name, left, right, AREA + 4 + STRIP / 2, DARK);
}

function drawGap(context, { from, to, name }, { view, width }) {
  const [left, right] = [Math.max(view.x(from, width), -1), Math.min(view.x(to, width), width + 1)];
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, AREA);
  context.clip();
  context.strokeStyle = ink("--line");
  context.lineWidth = 2;
  context.beginPath();
  for (let x = Math.floor(left / 9) * 9 - AREA; x < right; x += 9) {
    context.moveTo(x, AREA);
    context.lineTo(x + AREA, 0);
  }
  context.stroke();
  context.restore();
  write(context, name, left, right, AREA / 2, ink("--soft"), { ground: ink("--track"), centred: true });
}

/** Write a text where it has space; it stays in view as long as its stretch does. */
function write(context, text, left, right, middle, colour, { ground = null, centred = false } = {}) {
  context.font = FONT;
  const wide = context.measureText(text).width;
  const [from, to] = [Math.max(left, 0), right];
  if (to - from < wide + 12) return;
  const x = centred ? (from + to - wide) / 2 : from + 6;
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(x - 6, middle - 10, wide + 12, 20);
  }
  context.fillStyle = colour;
  context.textBaseline = "middle";
  context.fillText(text, x, middle + 1);
}

export const AXIS = 24;

/** Draw the times below the lanes. */
export function drawAxis(canvas, { view, width }) {
  const context = sharp(canvas, width, AXIS);
  const { times, digits } = ticks(view, width);
  context.font = FONT;
  context.textBaseline = "top";
  context.strokeStyle = ink("--edge");
  context.fillStyle = ink("--soft");
  context.beginPath();
  for (const time of times) {
    const x = Math.round(view.x(time, width)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, 5);
    const text = clock(time, digits);
    const wide = context.measureText(text).width;
    context.fillText(text, Math.min(Math.max(x - wide / 2, 0), width - wide), 8);
  }
  context.stroke();
}

export const OVERVIEW = 34;

/** Draw all faces of the whole video, one thin line each, with a frame around what the lanes show. */
export function drawOverview(canvas, { tiles, view, width, colours }) {
  const context = sharp(canvas, width, OVERVIEW);
  const [from, to] = view.whole;
  const place = (time) => ((time - from) / (to - from)) * width;
  const high = (OVERVIEW - 8) / Math.max(tiles.length, 1);
  tiles.forEach((tile, row) => {
    for (const stretch of tile?.named ?? []) {
      context.fillStyle = colours[stretch.expression] ?? ink("--edge");
      const thick = colours[stretch.expression] ? Math.max(high - 2, 2) : 1;
      context.fillRect(place(stretch.from), 4 + row * high + (high - thick) / 2, Math.max(place(stretch.to) - place(stretch.from), 0.7), thick);
    }
  });
  const [left, right] = [place(view.from), place(view.to)];
  context.fillStyle = ink("--page");
  context.globalAlpha = 0.62;
  context.fillRect(0, 0, left, OVERVIEW);
  context.fillRect(right, 0, width - right, OVERVIEW);
  context.globalAlpha = 1;
  context.strokeStyle = ink("--accent");
  context.lineWidth = 2;
  context.strokeRect(Math.max(left, 1), 1, Math.max(Math.min(right, width - 1) - Math.max(left, 1), 4), OVERVIEW - 2);
}
