// One sample, large: its picture, everything the page knows of it, and the samples that look like it. `boxOf` is the
// checkbox of a card; `go` makes another card the current one.
const makeEnlarged = (list, boxOf, go) => {
  const dialog = document.getElementById("enlarged");
  const body = document.getElementById("enlarged-body");
  const tick = document.getElementById("enlarged-tick");
  const names = JSON.parse(list.dataset.columns);
  let shown = null;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };

  // The columns that the card has no room for: the last ones.
  const addFacts = (copy, card) => {
    const cells = JSON.parse(card.dataset.more || "[]");
    const facts = cells.map((cell, place) => {
      const pair = element("div", "input", "");
      pair.append(element("dt", "", names[names.length - cells.length + place]), element("dd", "", cell));
      return pair;
    });
    copy.querySelector("dl").append(...facts);
  };

  const nearButton = (row) => {
    const card = list.querySelector(`[data-index="${row}"]`);
    const button = element("button", "near-one", "");
    button.type = "button";
    const picture = card.querySelector(".frame img");
    if (picture) button.append(picture.cloneNode());
    const name = card.dataset.name === undefined ? "" : `, ${card.dataset.name}`;
    button.append(element("span", "", `row ${row}${name}`));
    button.addEventListener("click", () => go(card));
    return button;
  };

  const addNear = (copy, card) => {
    if (!card.dataset.near) return;
    const near = element("div", "near-list", "");
    near.append(...card.dataset.near.split(" ").map(nearButton));
    copy.append(element("p", "note", "Near-duplicates on this page:"), near);
  };

  const refresh = () => {
    if (shown) tick.checked = boxOf(shown).checked;
  };

  const show = (card) => {
    shown = card;
    const copy = card.cloneNode(true);
    for (const part of copy.querySelectorAll(".box, .names, .near")) part.remove();
    const file = copy.querySelector(".file");
    if (file) file.textContent = file.title;
    addFacts(copy, card);
    addNear(copy, card);
    body.replaceChildren(...copy.childNodes);
    for (const kind of ["harmful", "helpful"]) body.classList.toggle(kind, card.classList.contains(kind));
    document.getElementById("enlarged-title").textContent = `#${card.dataset.rank}, row ${card.dataset.index}`;
    refresh();
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    tick.focus();
  };

  // A click beside the dialog closes it, like Escape.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => go(shown));
  document.getElementById("enlarged-close").addEventListener("click", () => dialog.close());
  return { show, refresh, close: () => dialog.close(), isOpen: () => dialog.open };
};
