"use strict";
const form = document.getElementById("filters");
if (form) {
  const rows = [...document.querySelectorAll("#clauses tbody tr")];
  const shown = document.getElementById("shown");
  const apply = () => {
    const wanted = name => form.elements[name].value;
    const words = wanted("text").toLowerCase().split(/\s+/);
    let count = 0;
    for (const row of rows) {
      const fits = ["verdict", "level", "importance"].every(
        name => wanted(name) === "" || row.dataset[name] === wanted(name));
      const text = row.textContent.toLowerCase();
      row.hidden = !(fits && words.every(word => text.includes(word)));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = `${count} of ${rows.length} clauses`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
  apply();
}
