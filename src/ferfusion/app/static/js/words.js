// Numbers and times as people read them.

const NONE = "n/a";
const PLURALS = { person: "people", class: "classes" };

/** counted(1200, "frame") is "1,200 frames". */
export function counted(number, noun) {
  const word = number === 1 ? noun : PLURALS[noun] ?? `${noun}s`;
  return `${grouped(number)} ${word}`;
}

/** 1200 is "1,200". */
export function grouped(number) {
  return Math.round(number).toLocaleString("en-US");
}

/** 0.5466 is "54.7 %". */
export function percent(share, digits = 1) {
  return share === null || share === undefined || Number.isNaN(share) ? NONE : `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** 0.5466 is "0.55". */
export function share(value) {
  return value === null || value === undefined || Number.isNaN(value) ? NONE : value.toFixed(2);
}

/** 3_200_000 is "3.2 MB". */
export function bytes(number) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let index = 0, value = number;
  while (value >= 1000 && index < units.length - 1) { value /= 1000; index += 1; }
  return `${index ? value.toFixed(value < 10 ? 1 : 0) : value} ${units[index]}`;
}

/** 3725.4 is "1:02:05", 65.25 with two digits is "1:05.25". */
export function clock(seconds, digits = 0) {
  const factor = 10 ** digits;
  const total = Math.floor(Math.max(0, seconds) * factor + 1e-6) / factor;
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  const rest = (total % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** How long something still takes: "less than 10 seconds", "about 3 minutes". */
export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 10) return "less than 10 seconds left";
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} seconds left`;
  if (seconds < 5400) return `about ${counted(Math.round(seconds / 60), "minute")} left`;
  return `about ${(seconds / 3600).toFixed(1)} hours left`;
}

/** A day and time of a text that a computer wrote. */
export function moment(text) {
  const date = new Date(typeof text === "number" ? text * 1000 : text);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** ["a", "b", "c"] is "a, b and c". */
export function listed(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}
