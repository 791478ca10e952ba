// Whatever is wider than the screen says so: a line below it, and the edge with more behind it fades.
for (const wide of document.querySelectorAll(".scroll, .strip, figure.distribution")) {
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.setAttribute("aria-hidden", "true");
  hint.textContent = "← Swipe or scroll sideways →";
  wide.after(hint);
  const update = () => {
    const hiddenWidth = wide.scrollWidth - wide.clientWidth;
    hint.hidden = hiddenWidth < 2;
    if (!hint.hidden) wide.tabIndex = 0; // arrow keys scroll it
    wide.classList.toggle("more-left", wide.scrollLeft > 1);
    wide.classList.toggle("more-right", wide.scrollLeft < hiddenWidth - 1);
  };
  wide.addEventListener("scroll", update, { passive: true });
  new ResizeObserver(update).observe(wide);
  update();
}
