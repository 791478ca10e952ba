// Review by keyboard: the keys of the help line, on the page and in the enlarged view. Whoever types, chooses from a
// menu or scrolls a table sideways is left alone.
const listenToKeys = (actions) => {
  const keys = {
    n: actions.next, ArrowRight: actions.next, p: actions.previous, ArrowLeft: actions.previous,
    t: actions.tick, u: actions.undo, "/": actions.search,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    const isBox = at.matches("input[type=checkbox]");
    if (!isBox && at.matches("input, select, textarea")) return;
    if (at.closest(".scroll, .strip, figure")) return;
    const act = event.key === "Enter" && isBox ? actions.enlarge : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
};
