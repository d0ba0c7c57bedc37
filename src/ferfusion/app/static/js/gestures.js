// Pointing at a lane: a click or a drag seeks, two fingers or Ctrl and the wheel zoom, the sideways wheel pans.

/** Listen on an element that shows the stretch of `view`. */
export function pointTo(element, { view, seek }) {
  const fingers = new Map();
  let apart = 0;
  const timeAt = (x) => {
    const box = element.getBoundingClientRect();
    return view.at(x - box.left, box.width);
  };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { apart: Math.max(Math.abs(a - b), 8), middle: (a + b) / 2 };
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, event.clientX);
    element.setPointerCapture(event.pointerId);
    if (fingers.size === 2) apart = spread().apart;
    if (fingers.size === 1) seek(timeAt(event.clientX));
  });
  element.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 1) seek(timeAt(event.clientX));
    if (fingers.size !== 2) return;
    const now = spread();
    view.zoom(now.apart / apart, timeAt(now.middle));
    apart = now.apart;
  });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, (event) => fingers.delete(event.pointerId));
  element.addEventListener("wheel", (event) => {
    const sideways = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    if (!event.ctrlKey && !event.altKey && !sideways) return;  // the page scrolls
    event.preventDefault();
    if (event.ctrlKey || event.altKey) view.zoom(Math.exp(-event.deltaY / 300), timeAt(event.clientX));
    else view.pan((sideways / element.clientWidth) * view.seconds);
  }, { passive: false });
}
