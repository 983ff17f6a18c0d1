/** Imports: their states in words, what they changed, and how one is undone. */

import { get, remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { date, days, n, number, t } from "./language.js";
import { announce, chip, el } from "./pieces.js";

const OPEN = ["waiting", "reading", "loading"];
const KINDS = { done: "good", failed: "bad", undone: "warn" };

/** Whether an import has not ended. */
export function isOpenImport(delivery) {
  return OPEN.includes(delivery.state);
}

/** The state of an import as a small coloured word. */
export function importChip(state) {
  const words = {
    waiting: t("Waiting"),
    reading: t("Being read"),
    loading: t("Being stored"),
    done: t("Done"),
    failed: t("Refused"),
    undone: t("Taken back"),
  };
  return chip(words[state] ?? state, KINDS[state] ?? "info");
}

/** The names of the files of an import. */
export function fileNames(delivery) {
  const names = Object.values(delivery.files).filter((name) => name !== "rows.csv");
  return names.length ? names.join(", ") : t("Rows sent by a program");
}

/** What an import brought, in one line; null before it was read. */
export function importSummary(report) {
  if (!report) return null;
  const parts = [];
  if (report.sales_rows) {
    parts.push(n("%(count)s sales figure", "%(count)s sales figures", { count: report.sales_rows }));
    parts.push(n("%(count)s store", "%(count)s stores", { count: report.stores }));
  }
  if (report.first_sale_on) parts.push(span(report.first_sale_on, report.last_sale_on));
  if (report.known_future_periods) {
    parts.push(t("coming days until %(day)s", { day: date(report.known_future_last_on) }));
  }
  return parts.join(" · ") || t("No sales, only coming days");
}

/** Days from one to another; one day alone if they are the same. */
export function span(from, to) {
  return from === to ? date(from) : days(from, to);
}

/**
 * The import that can be undone now: the newest that counts, if it is done.
 * @param {{state: string}[]} deliveries newest first
 */
export function undoable(deliveries) {
  const counting = deliveries.find(({ state }) => !["failed", "undone"].includes(state));
  return counting?.state === "done" ? counting : null;
}

/**
 * Says what an undo brings back, asks, and undoes.
 * @returns {Promise<boolean>} whether it was undone
 */
export async function undo(delivery) {
  const preview = await get(`/imports/${delivery.id}/undo`);
  const others = preview.imports.length - 1;
  const isMeant = await confirmed({
    title: t("Take this delivery back?"),
    content: [
      el("p", {}, fileNames(delivery)),
      comparison(preview),
      others
        ? el("p", {}, n(
            "%(count)s other delivery was stored together with it, and is taken back too.",
            "%(count)s other deliveries were stored together with it, and are taken back too.",
            { count: others },
          ))
        : null,
      el("p.muted", {}, t("The sales are then as they were before. A new forecast follows by itself.")),
    ],
    action: t("Take it back"),
    danger: true,
  });
  if (!isMeant) return false;
  await remove(`/imports/${delivery.id}${others ? "?together=true" : ""}`);
  announce(t("The delivery was taken back."));
  return true;
}

function comparison({ now, after }) {
  const row = (name, before, later) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td.num", {}, before), el("td.num", {}, later));
  const heads = ["", t("Now"), t("Afterwards")].map((text, place) =>
    el(place ? "th.num" : "td", place ? { scope: "col" } : {}, text),
  );
  return el(
    "table.comparison",
    {},
    el("thead", {}, el("tr", {}, ...heads)),
    el(
      "tbody",
      {},
      row(t("Stores"), number(now.stores), number(after.stores)),
      row(t("Days with sales, all stores"), number(now.days), number(after.days)),
      row(t("Last day of sales"), date(now.last_sale_on), date(after.last_sale_on)),
    ),
  );
}
