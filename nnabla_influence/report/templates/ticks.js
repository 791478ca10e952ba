"use strict";
// The ticked rows. The browser keeps them under the data set's key, so that a reload loses none; every change can be
// undone. `boxes` maps a training row to its checkbox, `changed` is called when another tab ticked something.
const makeTicks = (boxes, key, changed) => {
  const changes = []; // {rows, ticked}: these rows became ticked, or became unticked
  let kept = true; // whether the browser stores anything: some do not for files, or in private windows

  const rows = () => Array.from(boxes.keys()).filter((row) => boxes.get(row).checked);

  const save = () => {
    try {
      const ticked = rows();
      if (ticked.length) localStorage.setItem(key, JSON.stringify(ticked));
      else localStorage.removeItem(key);
    } catch {
      kept = false;
    }
  };

  const load = () => {
    let stored;
    try {
      stored = localStorage.getItem(key);
    } catch {
      kept = false;
      return;
    }
    const ticked = new Set(stored === null ? [] : JSON.parse(stored));
    for (const [row, box] of boxes) box.checked = ticked.has(row);
  };

  // A box that was clicked has its new state already.
  const note = (row) => {
    changes.push({ rows: [row], ticked: boxes.get(row).checked });
    save();
  };

  const set = (wanted, ticked) => {
    const different = wanted.filter((row) => boxes.get(row).checked !== ticked);
    if (!different.length) return;
    for (const row of different) boxes.get(row).checked = ticked;
    changes.push({ rows: different, ticked });
    save();
  };

  const undo = () => {
    const last = changes.pop();
    if (!last) return null;
    for (const row of last.rows) boxes.get(row).checked = !last.ticked;
    save();
    return last;
  };

  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    changes.length = 0; // what another tab did cannot be undone in this one
    load();
    changed();
  });
  load();
  return { rows, note, set, undo, canUndo: () => changes.length > 0, isKept: () => kept };
};
