"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const player = document.getElementById("player");
  const film = document.getElementById("film");
  const lines = [...document.querySelectorAll("svg.line")];
  const start = data.edges[0], end = data.edges.at(-1), last = data.frames.length - 1;
  let bin = 0;

  if (film && player) {  // a Blob: some browsers neither play nor seek in a data URI
    const bytes = Uint8Array.from(atob(film.textContent), (letter) => letter.charCodeAt(0));
    player.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  }

  const binAt = (seconds) => {
    let low = 0, high = last;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.edges[middle] <= seconds + 1e-4) low = middle; else high = middle - 1;
    }
    return low;
  };

  const sentence = (face) => {
    const percents = data.percents[face][bin];
    if (!percents) return "not in view";
    const order = percents.map((value, code) => [value, data.labels[code]]).sort((a, b) => b[0] - a[0]);
    return data.names[face][bin] + " (" + order.slice(0, 3).map(([value, name]) => name + " " + value + " %").join(", ") + ")";
  };

  const show = (seconds) => {
    bin = binAt(seconds);
    const x = 1000 * Math.min(Math.max((seconds - start) / (end - start), 0), 1);
    for (const line of lines) {
      const face = line.dataset.face;
      const now = line.querySelector(".now");
      now.setAttribute("x1", x);
      now.setAttribute("x2", x);
      const text = seconds.toFixed(2) + " s, frame " + data.frames[bin] + ": " + sentence(face);
      line.setAttribute("aria-valuenow", bin);
      line.setAttribute("aria-valuetext", text);
      document.querySelector('[data-said="' + face + '"]').textContent = text;
    }
  };

  const seek = (seconds) => {
    const at = binAt(seconds);
    // a time inside the frame: rounding cannot move it into the frame before
    const within = Math.min((data.edges[at] + data.edges[at + 1]) / 2, data.edges[at] + 0.01);
    if (player) {
      player.pause();
      player.currentTime = Math.max(0, within - data.start);
    }
    show(data.edges[at]);
  };

  for (const line of lines) {
    line.addEventListener("click", (event) => {
      const box = line.getBoundingClientRect();
      seek(start + (end - start) * (event.clientX - box.left) / box.width);
    });
    line.addEventListener("keydown", (event) => {
      const target = { ArrowLeft: bin - 1, ArrowRight: bin + 1, Home: 0, End: last }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      seek(data.edges[Math.min(Math.max(target, 0), last)]);
    });
  }
  for (const apex of document.querySelectorAll(".apex")) {
    apex.addEventListener("click", () => {
      seek(Number(apex.dataset.seconds) + 1e-3);
      (player || lines[0]).scrollIntoView({ block: "center", behavior: "smooth" });
    });
  }
  if (player) {
    // the browser's own controls cover the strip of bars, so they are shown in full screen only
    const [controls, play, sound, full] = ["controls", "play", "sound", "full"].map((id) => document.getElementById(id));
    player.controls = false;
    controls.hidden = false;
    const toggle = () => (player.paused ? player.play() : player.pause());
    play.addEventListener("click", toggle);
    player.addEventListener("click", toggle);
    sound.addEventListener("click", () => {
      player.muted = !player.muted;
      sound.textContent = player.muted ? "Sound on" : "Sound off";
    });
    full.addEventListener("click", () => player.requestFullscreen());
    document.addEventListener("fullscreenchange", () => { player.controls = document.fullscreenElement === player; });
    player.addEventListener("play", () => { play.textContent = "Pause"; });
    player.addEventListener("pause", () => { play.textContent = "Play"; });
    const follow = () => {
      show(player.currentTime + data.start);
      if (!player.paused && !player.ended) requestAnimationFrame(follow);
    };
    player.addEventListener("play", follow);
    player.addEventListener("seeked", () => show(player.currentTime + data.start));
  }
  show(start);
})();
