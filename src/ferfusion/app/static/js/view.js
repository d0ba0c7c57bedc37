// The stretch of time that the lanes show.

/** From a time to a time, inside the whole; it tells of every change. */
export class View extends EventTarget {
  /** `shortest` is the least stretch in seconds, such as ten frames. */
  constructor(whole, shortest) {
    super();
    this.whole = whole;
    this.shortest = Math.min(shortest, whole[1] - whole[0]);
    [this.from, this.to] = whole;
  }

  get seconds() {
    return this.to - this.from;
  }

  get isWhole() {
    return this.seconds >= this.whole[1] - this.whole[0] - 1e-9;
  }

  /** Show a stretch; it is moved and shortened to lie inside the whole. */
  set(from, to) {
    const length = Math.min(Math.max(to - from, this.shortest), this.whole[1] - this.whole[0]);
    const begin = Math.min(Math.max(from, this.whole[0]), this.whole[1] - length);
    if (begin === this.from && begin + length === this.to) return;
    [this.from, this.to] = [begin, begin + length];
    this.dispatchEvent(new Event("change"));
  }

  /** Zoom in by a factor above 1, out by one below; the time `around` stays in its place. */
  zoom(factor, around) {
    const length = Math.min(Math.max(this.seconds / factor, this.shortest), this.whole[1] - this.whole[0]);
    const share = (around - this.from) / this.seconds;
    this.set(around - share * length, around + (1 - share) * length);
  }

  pan(seconds) {
    this.set(this.from + seconds, this.to + seconds);
  }

  showWhole() {
    this.set(...this.whole);
  }

  /** Move so that a time is in view. */
  reveal(seconds) {
    if (seconds < this.from || seconds > this.to) this.set(seconds - 0.1 * this.seconds, seconds + 0.9 * this.seconds);
  }

  /** Place of a time, for a lane of this width. */
  x(seconds, width) {
    return ((seconds - this.from) / this.seconds) * width;
  }

  /** Time at a place. */
  at(x, width) {
    return this.from + (x / width) * this.seconds;
  }
}

/** Times of the ticks of an axis, and the digits that their texts need. */
export function ticks(view, width) {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];
  const least = (view.seconds / width) * 82;
  const step = steps.find((each) => each >= least) ?? steps.at(-1);
  const times = [];
  for (let index = Math.ceil(view.from / step - 1e-9); index * step <= view.to + 1e-9; index += 1) times.push(index * step);
  return { times, digits: step < 0.1 ? 2 : step < 1 ? 1 : 0 };
}
