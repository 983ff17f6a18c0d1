/** Explanations: what the service found, as sentences in the language of the page. */

import { change, date, dayText, difference, inWords, list, longDay, n, percent, shortDay, t, units, week, weekday } from "./language.js";

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
  fallback: (p) => inWords(p.reason),
  dormant: (p) => t("Last sale on %(day)s or before; the forecast is 0 until it sells again.", { day: date(p.last_sale_on) }),
};

/** A problem of a store in a few words, how much it matters, and a sentence more. */
export function problemWords(problem) {
  const words = PROBLEMS[problem.code]?.(problem) ?? problem.text;
  return { words, kind: KINDS[problem.code] ?? "warn", detail: detailOf(problem) };
}

function detailOf(problem) {
  if (problem.code !== "stale_forecast") return DETAILS[problem.code]?.(problem) ?? null;
  if (!problem.last_sale_on) return staleWords(problem.text, problem.last_day);
  return t("Sales until %(newest)s have come, but it uses those until %(used)s.", {
    newest: date(problem.last_sale_on),
    used: date(problem.data_until),
  });
}

/** Why a forecast is out of date: its days have passed, or what the service says. */
export function staleWords(stale, lastDay, today = dayText(new Date())) {
  if (!lastDay || lastDay >= today) return inWords(stale);
  return t("The days until %(day)s have passed. Load newer sales.", { day: date(lastDay) });
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
  season: () => t("Time of year"),
  promotion: () => t("Promotion"),
  holiday: () => t("Holiday"),
  month: () => t("Day of the month"),
  school_holiday: () => t("School holiday"),
  price: () => t("Price"),
  openings: () => t("Around closed days"),
  interplay: () => t("Interplay of these"),
};

/** The name of a part of the forecast. */
export function partName(part) {
  return PARTS[part]?.() ?? part.replaceAll("_", " ");
}

/** The name of a weekday: 0 is Monday. */
function weekdayName(number) {
  return weekday(dayText(new Date(Date.UTC(2024, 0, 1 + number))));
}

/** "adds 1,560 a day from 7 to 11 Dec", for at most two stretches of days. */
function stretchWords({ stretches, ...first }) {
  const all = stretches ?? [first];
  const words = all.slice(0, 2).map(({ from, to, units: value }) =>
    t("%(units)s a day (%(days)s)", { units: difference(value), days: from === to ? shortDay(from) : week(from, to) }),
  );
  return list(words) + (all.length > 2 ? ` ${n("and %(count)s more time", "and %(count)s more times", { count: all.length - 2 })}` : "");
}

/** What a part changes on an average day. */
function average(reason) {
  return t("%(part)s: %(units)s on an average day.", { part: partName(reason.part), units: difference(reason.units) });
}

/** How far a part moves days up and down. */
function spread(reason) {
  return t("%(part)s: up to %(units)s more or less.", { part: partName(reason.part), units: units(reason.units) });
}

/** @type {Record<string, (reason: Record<string, any>) => string>} */
const REASONS = {
  level: (r) => t("An average open day sells %(units)s.", { units: units(r.units) }),
  weekday: (r) => t("%(weekday)s: %(share)s against an average day.", { weekday: weekdayName(r.weekday), share: change(r.share) }),
  promotion: (r) => t("Promotion: %(days)s.", { days: stretchWords(r) }),
  holiday: (r) =>
    r.name
      ? t("Around the holiday %(name)s: %(days)s.", { name: r.name, days: stretchWords(r) })
      : t("Around holidays: %(days)s.", { days: stretchWords(r) }),
  season: average,
  month: average,
  price: average,
  interplay: average,
  covariate: average,
  season_varies: spread,
  month_varies: spread,
  price_varies: spread,
  interplay_varies: spread,
  covariate_varies: spread,
  closed: (r) => n("Closed on %(count)s day of the forecast.", "Closed on %(count)s days of the forecast.", { count: r.days }),
  no_parts: (r) =>
    r.source === "amazon"
      ? t("Amazon Forecast does not say what its forecast is made of.")
      : t("This method (%(method)s) knows no single effects.", { method: methodName(r.algorithm) }),
};

/** A reason for the forecast as a sentence. */
export function reasonWords(reason) {
  return REASONS[reason.code]?.(reason) ?? reason.text;
}

/** Where a forecast comes from: rows of a name and words. */
export function origin(provenance, outlook) {
  const members = Object.entries(provenance.members ?? {}).sort((a, b) => b[1] - a[1]);
  return [
    [t("Sales until"), longDay(provenance.data_until)],
    [t("Model trained"), provenance.trained_at, "time"],
    [t("Good until"), provenance.fresh_until, "time"],
    [
      t("Method"),
      members.length > 1
        ? list(members.map(([name, weight]) => `${methodName(name)} (${percent(weight)})`))
        : outlook.items && !outlook.item
          ? t("chosen for each item")
          : methodName(members[0]?.[0] ?? provenance.algorithm),
    ],
    provenance.fallback ? [t("Simpler method because"), inWords(provenance.fallback)] : null,
    provenance.stale ? [t("Out of date because"), staleWords(provenance.stale, outlook.forecast.date.at(-1))] : null,
    outlook.coverage ? [t("Range held"), heldWords(outlook.coverage)] : null,
    [t("Computed by"), provenance.source === "amazon" ? "Amazon Forecast" : t("this service")],
    ...(provenance.assumptions ?? []).map((text) => [t("Assumed"), inWords(text)]),
  ].filter((row) => row !== null && row[1]);
}

/** How many of the last days were inside the range, in service or in tests. */
export function heldWords({ days: count, inside, source }) {
  if (source === "backtest") {
    return n("%(share)s of %(count)s day in tests", "%(share)s of %(count)s days in tests", { share: percent(inside / count), count });
  }
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
