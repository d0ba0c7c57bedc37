// The colours of the classes: reporting/colours.py; near Okabe and Ito's, which differ for any colour vision.

const OF_CLASSES = {
  Anger: "#e8590c", Disgust: "#009e73", Fear: "#cc79a7", Happiness: "#f0c419", Sadness: "#3b8fd4", Surprise: "#56c8e9", Neutral: "#b8c0c8",
};
const OTHERS = ["#9b7ede", "#8c9a3f", "#c98a5e", "#7f8c8d"];

/** Colours of the lines of runs and series, which also differ in their dashes. */
export const LINES = [
  ["#0b5d94", "#7dbbe6", []], ["#c65200", "#f09048", [7, 4]], ["#00795a", "#2bc79b", [2, 3]], ["#a34f80", "#e0a3c5", [9, 3, 2, 3]],
  ["#7a6300", "#e0c04a", [4, 2]], ["#4b5a66", "#aab8c3", [1, 3]],
];

/** Return a colour for each class: the server's, or those of the seven classes. */
export function coloursOf(classes, given = {}) {
  const colours = {};
  let others = 0;
  for (const name of classes) colours[name] = given[name] ?? OF_CLASSES[name] ?? OTHERS[others++ % OTHERS.length];
  return colours;
}

/** Whether the screen is dark. */
export const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
