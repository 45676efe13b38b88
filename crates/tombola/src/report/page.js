// Tables that can be sorted by any column and narrowed to rows with a word. Without this script the page says the same.
"use strict";

// What an entry is sorted by: its number, or its text; what is missing comes last.
const key = (row, column) => {
  const text = row.cells[column]?.textContent.trim() ?? "";
  const number = Number.parseFloat(text.replace(/^\+/, ""));
  return { text, number, missing: text === "" || text === "-" };
};

// numbers stand before texts, so that the order is one
const compare = (one, other) => {
  if (one.missing || other.missing) return 0;
  const [first, second] = [one, other].map((at) => Number.isNaN(at.number));
  if (first !== second) return first - second;
  return first ? one.text.localeCompare(other.text, "en") : one.number - other.number;
};

const sort = (table, column) => {
  const head = table.tHead.rows[0];
  const rises = head.cells[column].getAttribute("aria-sort") !== "ascending";
  for (const cell of head.cells) cell.removeAttribute("aria-sort");
  head.cells[column].setAttribute("aria-sort", rises ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, at: key(row, column) }));
  rows.sort((one, other) => one.at.missing - other.at.missing || compare(one.at, other.at) * (rises ? 1 : -1));
  table.tBodies[0].append(...rows.map(({ row }) => row));
};

const tables = [...document.querySelectorAll("table")].filter((table) => table.tHead);
for (const table of tables) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    button.title = `sort by ${cell.textContent}`;
    button.addEventListener("click", () => sort(table, column));
    cell.replaceChildren(button);
  });
}

// one table is seen at a glance
if (tables.length > 1) {
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "only rows and figures with ";
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "mnist snr";
  label.append(input);
  document.querySelector("h1").after(label);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    for (const table of tables) {
      // a table of one task need not name it in each row
      const about = `${table.caption?.textContent ?? ""} ${table.dataset.about ?? ""}`;
      for (const row of table.tBodies[0].rows) row.hidden = !has(`${about} ${row.textContent}`);
    }
    for (const figure of document.querySelectorAll("figure")) figure.hidden = !has(figure.textContent);
  });
}
