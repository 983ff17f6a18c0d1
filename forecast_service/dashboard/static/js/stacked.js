/** Tables from columns and rows. A stacking one turns its rows into cards on a narrow screen. */

import { el } from "./pieces.js";

/**
 * A table from columns and rows.
 * @param {string} caption for people who listen
 * @param {{name: string, kind?: string, cell: (row: any) => unknown}[]} columns
 *   `kind`: classes of the cell, such as "num"; a column without a name has buttons
 * @param {any[]} rows
 * @param {string} [kind] "stacking", or "" for one that stays a table
 */
export function stacked(caption, columns, rows, kind = "stacking") {
  const heads = columns.map(({ name, kind }) =>
    name ? el(classed("th", kind), { scope: "col" }, name) : el("td"),
  );
  return el(
    classed("table", kind),
    {},
    el("caption.unseen", {}, caption),
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...columns.map((column) => cell(column, row))))),
  );
}

function cell({ name, kind, cell: content, isHead }, row) {
  const attributes = { "data-label": name || null, ...(isHead ? { scope: "row" } : {}) };
  return el(classed(isHead ? "th" : "td", kind), attributes, content(row) ?? "");
}

function classed(tag, kind) {
  return kind ? `${tag}.${kind}` : tag;
}
