/** Days: the tables under the picture; they say the same in numbers. */

import { dayNotes } from "./explanations.js";
import { change, dayOf, longDay, n, shortDay, t, units, week } from "./language.js";
import { el } from "./pieces.js";

/** The share by which a value is above another; null without a base. */
function above(value, base) {
  return base && value !== null && value !== undefined ? value / base - 1 : null;
}

function head(...names) {
  return el("thead", {}, el("tr", {}, ...names.map(([name, kind]) => el(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, name))));
}

/** The day; on a narrow window with its notes below. */
function nameOf(row) {
  const isWeekend = [0, 6].includes(dayOf(row.day).getUTCDay());
  return el(`th${isWeekend ? ".weekend" : ""}`, { scope: "row" }, el("time", { datetime: row.day, title: longDay(row.day) }, shortDay(row.day)), el("span.narrow-only", {}, el("span.notes", {}, ...marked(row))));
}

function rangeOf(low, high) {
  return low === null || low === undefined ? "–" : `${units(low)} – ${units(high)}`;
}

/** The expected value; on a narrow window with its range below. */
function expected(value, range) {
  return el("td.num", {}, el("span.figure", {}, units(value)), el("small.muted.narrow-only", {}, range));
}

function notes(row) {
  return el("td.wide-only", {}, el("span.notes", {}, ...marked(row)));
}

function marked(row) {
  return dayNotes(row).map((note) =>
    el(`span.mark.${note === row.holiday ? "holiday" : row.closed && note === t("closed") ? "closed" : "promotion"}`, {}, note),
  );
}

/** The coming days, one row each. */
export function comingDays(rows) {
  const hasLastYear = rows.some((row) => row.lastYear);
  const body = rows.map((row) =>
    el(
      "tr",
      { "data-day": row.day },
      nameOf(row),
      expected(row.now.middle, row.closed ? "–" : rangeOf(row.now.low, row.now.high)),
      el("td.num.muted.wide-only", {}, row.closed ? "–" : rangeOf(row.now.low, row.now.high)),
      hasLastYear ? el("td.num.wide-only", {}, units(row.lastYear)) : null,
      hasLastYear ? el("td.num", {}, row.closed ? "–" : change(above(row.now.middle, row.lastYear))) : null,
      notes(row),
    ),
  );
  const names = [
    [t("Day")],
    [t("Expected"), "num"],
    [t("Likely range"), "num.wide-only"],
    ...(hasLastYear ? [[t("Last year"), "num.wide-only"], [t("Against last year"), "num"]] : []),
    [t("Notes"), "wide-only"],
  ];
  return el(
    "table",
    { id: "days" },
    el("caption.unseen", {}, t("Expected demand by day, in units sold")),
    head(...names),
    el("tbody", {}, ...body),
  );
}

/** The past days, newest first, with what was forecast for them then. */
export function pastDays(rows) {
  const body = rows.toReversed().map((row) =>
    el(
      "tr",
      {},
      nameOf(row),
      el("td.num.figure", {}, units(row.sales)),
      el("td.num", {}, units(row.then.middle)),
      el("td.num.muted.wide-only", {}, rangeOf(row.then.low, row.then.high)),
      el("td.num", {}, row.closed ? "–" : change(above(row.sales, row.then.middle))),
      el("td.num.wide-only", {}, units(row.lastYear)),
      notes(row),
    ),
  );
  return el(
    "table",
    { id: "past-days" },
    el("caption.unseen", {}, t("Sales by day, newest first, in units sold")),
    head(
      [t("Day")],
      [t("Sold"), "num"],
      [t("Forecast a week before"), "num"],
      [t("Likely range"), "num.wide-only"],
      [t("Sold against forecast"), "num"],
      [t("Last year"), "num.wide-only"],
      [t("Notes"), "wide-only"],
    ),
    el("tbody", {}, ...body),
  );
}

/** Totals of the coming weeks. */
export function weekTotals(weeks) {
  const body = weeks.map(({ from, to, ...totals }) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        week(from, to),
        totals.days === 7 ? null : el("small.muted.block", {}, n("%(count)s day", "%(count)s days", { count: totals.days })),
      ),
      expected(totals.p50, rangeOf(totals.p10, totals.p90)),
      el("td.num.muted.wide-only", {}, rangeOf(totals.p10, totals.p90)),
      el("td.num", {}, change(above(totals.p50, totals.last_year))),
    ),
  );
  return el(
    "table",
    { id: "weeks" },
    el("caption.unseen", {}, t("Expected demand by week, in units sold")),
    head([t("Week")], [t("Expected"), "num"], [t("Likely range"), "num.wide-only"], [t("Against last year"), "num"]),
    el("tbody", {}, ...body),
  );
}
