/** Explanations: what the service found, as sentences in the language of the page. */

import { change, date, days, difference, list, longDay, n, percent, shortDay, t, units } from "./language.js";

/** How much a problem matters: the kind of its chip. */
const KINDS = {
  no_forecast: "bad",
  damaged: "bad",
  sales_late: "warn",
  stale_forecast: "warn",
  fallback: "warn",
  unusual_value: "warn",
  dormant: "info",
  few_days: "info",
};

/** @type {Record<string, (problem: Record<string, any>) => string>} */
const PROBLEMS = {
  no_forecast: () => t("No forecast"),
  damaged: () => t("Stored forecast is damaged"),
  sales_late: (p) => t("Sales are late: last on %(day)s", { day: shortDay(p.last_sale_on) }),
  stale_forecast: () => t("The forecast is out of date"),
  fallback: (p) => t("Simpler method: %(method)s", { method: methodName(p.algorithm) }),
  unusual_value: (p) =>
    t("Unusual: %(sales)s on %(day)s, usually %(usual)s", {
      sales: units(p.sales),
      day: shortDay(p.date),
      usual: units(p.usual),
    }),
  dormant: () => t("No sales for eight weeks"),
  few_days: (p) => n("Only %(count)s day of sales", "Only %(count)s days of sales", { count: p.days }),
};

/** @type {Record<string, (problem: Record<string, any>) => string>} */
const DETAILS = {
  no_forecast: () => t("Its sales came after the forecast was made, or there is none yet. Update the forecast."),
  damaged: () => t("Update the forecast; an administrator finds more on the page of the status."),
  sales_late: (p) => t("Those of %(day)s are due.", { day: shortDay(p.expected_until) }),
  fallback: (p) => p.reason,
  dormant: (p) => t("Last sale on %(day)s or before; the forecast is 0 until it sells again.", { day: date(p.last_sale_on) }),
};

/** A problem of a store in a few words, how much it matters, and a sentence more. */
export function problemWords(problem) {
  const words = PROBLEMS[problem.code]?.(problem) ?? problem.text;
  return { words, kind: KINDS[problem.code] ?? "warn", detail: detailOf(problem) };
}

function detailOf(problem) {
  if (problem.code !== "stale_forecast") return DETAILS[problem.code]?.(problem) ?? null;
  if (!problem.last_sale_on) return problem.text;
  return t("Sales until %(newest)s have come, but it uses those until %(used)s.", {
    newest: date(problem.last_sale_on),
    used: date(problem.data_until),
  });
}

const METHODS = {
  pooled: () => t("regression over all stores"),
  boosted: () => t("regression with trees"),
  prophet: () => "Prophet",
  seasonal_naive: () => t("same as last week"),
  npts: () => t("past days drawn at random"),
  tsb: () => t("rare sales (TSB)"),
  ets: () => t("exponential smoothing (ETS)"),
  arima: () => "ARIMA",
  zero: () => t("nothing expected"),
};

/** The name of an algorithm. */
function methodName(algorithm) {
  return METHODS[algorithm]?.() ?? algorithm;
}

const PARTS = {
  level: () => t("Level"),
  weekday: () => t("Weekday"),
  season: () => t("Season"),
  trend: () => t("Trend"),
  promotion: () => t("Promotion"),
  holiday: () => t("Holiday"),
  school_holiday: () => t("School holiday"),
  price: () => t("Price"),
  covariates: () => t("Other covariates"),
  interplay: () => t("Interplay"),
  closed: () => t("Closed"),
};

/** The name of a part of the forecast. */
export function partName(part) {
  return PARTS[part]?.() ?? part.replaceAll("_", " ");
}

/** @type {Record<string, (reason: Record<string, any>) => string>} */
const REASONS = {};

/** A reason for the forecast as a sentence. */
export function reasonWords(reason) {
  return REASONS[reason.code]?.(reason) ?? reason.text;
}

/** Where a forecast comes from: rows of a name and words. */
export function origin(provenance, outlook) {
  const band = provenance.coverage?.["p10-p90"];
  const members = Object.entries(provenance.members ?? {}).sort((a, b) => b[1] - a[1]);
  return [
    [t("Sales until"), longDay(provenance.data_until)],
    [t("Model trained"), provenance.trained_at, "time"],
    [t("Good until"), provenance.fresh_until, "time"],
    [
      t("Method"),
      members.length > 1
        ? list(members.map(([name, weight]) => `${methodName(name)} (${percent(weight)})`))
        : methodName(members[0]?.[0] ?? provenance.algorithm),
    ],
    provenance.fallback ? [t("Simpler method because"), provenance.fallback.reason ?? provenance.fallback] : null,
    provenance.stale ? [t("Out of date because"), provenance.stale] : null,
    outlook.coverage ? [t("Range held"), heldWords(outlook.coverage)] : null,
    band
      ? [
          t("Range in tests"),
          n("%(share)s of %(count)s day", "%(share)s of %(count)s days", {
            share: percent(band.measured),
            count: band.days,
          }),
        ]
      : null,
    [t("Computed by"), provenance.source === "amazon" ? "Amazon Forecast" : t("this service")],
    ...(provenance.assumptions ?? []).map((text) => [t("Assumed"), text.text ?? text]),
  ].filter((row) => row !== null && row[1]);
}

/** How many of the last days were inside the range. */
export function heldWords({ days: count, inside }) {
  return n("%(share)s of the last %(count)s day", "%(share)s of the last %(count)s days", {
    share: percent(inside / count),
    count,
  });
}

/** The notes of one day: closed, promotion, holiday. */
export function dayNotes({ closed, promotion, holiday }) {
  return [closed ? t("closed") : null, promotion ? t("promotion") : null, holiday].filter(Boolean);
}

/** How a total moved: "+120 (+3 %)". */
export function moved(before, after) {
  const by = Math.abs(before) >= 100 ? Math.round(after - before) : after - before;
  return `${difference(by)} (${change(before ? after / before - 1 : null)})`;
}

/** Days and their number: "30 Nov – 6 Dec 2026 · 7 days". */
export function daysWords(from, to, count) {
  return `${days(from, to)} · ${n("%(count)s day", "%(count)s days", { count })}`;
}

