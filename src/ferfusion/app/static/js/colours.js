// Colours that differ for any colour vision; those of the classes come with a result (reporting/colours.py).

/** Colours of the lines of runs and series, which also differ in their dashes. */
export const LINES = [
  ["#0b5d94", "#7dbbe6", []], ["#c65200", "#f09048", [7, 4]], ["#00795a", "#2bc79b", [2, 3]], ["#a34f80", "#e0a3c5", [9, 3, 2, 3]],
  ["#7a6300", "#e0c04a", [4, 2]], ["#4b5a66", "#aab8c3", [1, 3]],
];

/** Whether the screen is dark. */
export const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
