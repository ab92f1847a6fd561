// Keeps the gallery's frames as tall as what they show, and shows it anew when a file changes.
(() => {
  "use strict";

  const pause = 1000; // milliseconds
  const frames = [...document.querySelectorAll("iframe")];

  const fit = (frame) => {
    const root = frame.contentDocument?.documentElement;
    if (!root) return;
    const resize = () => {
      frame.style.height = `${Math.ceil(root.getBoundingClientRect().height)}px`;
    };
    resize();
    new ResizeObserver(resize).observe(root);
  };
  for (const frame of frames) {
    frame.addEventListener("load", () => fit(frame));
    fit(frame);
  }

  const form = document.querySelector("form");
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.submit());

  let stamp = document.body.dataset.stamp;
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch("gallery/stamp").catch(() => null);
    const found = answer?.ok && (await answer.text());
    if (!found || found === stamp) return;
    stamp = found;
    const sheet = document.querySelector("link[rel=stylesheet]");
    sheet.href = `gallery/gallery.css?${stamp}`;
    for (const { contentWindow } of frames) {
      // Frames far below have not loaded yet.
      if (contentWindow.location.href !== "about:blank") contentWindow.location.reload();
    }
  };
  setInterval(look, pause);
})();
