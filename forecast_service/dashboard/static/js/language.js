/** Language: texts of the page's language; numbers and dates as its readers write them. */

const language = document.documentElement.lang;
const catalog = JSON.parse(document.getElementById("texts").textContent);
const locale = navigator.languages.find((name) => name.split("-")[0] === language) ?? language;
const MINUS = "−";
const FAR = 300 * 86_400_000; // milliseconds

/**
 * The text in the page's language, with %(name)s replaced by values.
 * @param {string} text English; the key of the catalog
 * @param {Record<string, unknown>} [values]
 */
export function t(text, values = {}) {
  const found = catalog[text];
  return filled((Array.isArray(found) ? found[1] : found) || text, values);
}

/** The singular or plural text; `values.count` decides, and is written as a number. */
export function n(one, many, values) {
  const found = catalog[one] ?? [one, many];
  return filled(found[values.count === 1 ? 0 : 1], { ...values, count: number(values.count) });
}

/**
 * The sentence with a code of the service; null if the page's language has none.
 * `shown` words its values, except names: those stand in quotes.
 */
function worded(code, values, shown) {
  const found = catalog[`wording:${code}`];
  if (!found) return null;
  return found.replace(/(„?)%\((\w+)\)s/g, (_, quote, name) => quote + (quote ? values[name] : shown(values[name])));
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}

const cached = new Map();

function format(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  if (!cached.has(key)) cached.set(key, new Kind(locale, options));
  return cached.get(key);
}

/** A number with thousands separators; "–" without one. */
export function number(value, decimals = 0) {
  if (value === null || value === undefined) return "–";
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = format(Intl.NumberFormat, options).format(value);
  return text.replace(/^-/, MINUS).replace(/^−0$/, "0");
}

/** Units of demand: small ones with a decimal, as far as it means something. */
export function units(value) {
  const small = value !== null && value !== undefined && Math.abs(value) < 20;
  return number(value, small && !Number.isInteger(value) ? 1 : 0);
}

/** Units with their sign: +120, −35, 0. */
export function difference(value) {
  if (value === null || value === undefined) return "–";
  return (value > 0 && units(value) !== "0" ? "+" : "") + units(value);
}

/** A share as per cent: 12 %. */
export function percent(share, decimals = 0) {
  if (share === null || share === undefined) return "–";
  const options = { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return format(Intl.NumberFormat, options).format(share).replace(/^-/, MINUS);
}

/** A change as per cent with its sign: +12 %, −3 %. */
export function change(share) {
  if (share === null || share === undefined) return "–";
  const decimals = share !== 0 && Math.abs(share) < 0.0995 ? 1 : 0;
  const options = {
    style: "percent",
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: "exceptZero",
  };
  return format(Intl.NumberFormat, options).format(share).replace(/^-/, MINUS);
}

/** The day of "2026-11-30" or of a time in it, as a Date at midnight UTC. */
export function dayOf(text) {
  return new Date(`${text.slice(0, 10)}T00:00:00Z`);
}

/** The text "2026-11-30" of a day at midnight UTC. */
export function dayText(day) {
  return day.toISOString().slice(0, 10);
}

/** The year of a day that is far from today; without it, such a day would be misread. */
function yearOf(text) {
  const isFar = Math.abs(dayOf(text).getTime() - Date.now()) > FAR;
  return isFar ? { year: "numeric" } : {};
}

/** A day: "Sat, 5 Dec". */
export function shortDay(text) {
  if (!text) return "–";
  return ofDay(text, { weekday: "short", day: "numeric", month: "short", ...yearOf(text) });
}

/** A day in full: "Saturday, 5 December 2026". */
export function longDay(text) {
  return ofDay(text, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** The weekday of a day: "Saturday". */
export function weekday(text) {
  return ofDay(text, { weekday: "long" });
}

/** A day without its weekday: "5 Dec 2026". */
export function date(text) {
  return ofDay(text, { day: "numeric", month: "short", year: "numeric" });
}

/** Days from one to another, with their year: "30 Nov – 6 Dec 2026". */
export function days(from, to) {
  const options = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return format(Intl.DateTimeFormat, options).formatRange(dayOf(from), dayOf(to));
}

/** Days of a week: "30 Nov – 6 Dec". */
export function week(from, to) {
  const options = { day: "numeric", month: "short", ...yearOf(to), timeZone: "UTC" };
  return format(Intl.DateTimeFormat, options).formatRange(dayOf(from), dayOf(to));
}

function ofDay(text, options) {
  if (!text) return "–";
  return format(Intl.DateTimeFormat, { ...options, timeZone: "UTC" }).format(dayOf(text));
}

/** A point in time, in the time zone of the browser: "30 Nov 2026, 07:12". */
export function time(text) {
  if (!text) return "–";
  const options = { dateStyle: "medium", timeStyle: "short" };
  return format(Intl.DateTimeFormat, options).format(new Date(text));
}

const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago, or until: "2 hours ago", "yesterday", "now". */
export function ago(text, now = Date.now()) {
  if (!text) return "–";
  const seconds = (new Date(text).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", Infinity];
  const options = { numeric: "auto" };
  return format(Intl.RelativeTimeFormat, options).format(Math.round(seconds / size) || 0, unit);
}

/** A duration: "45 s", "3 min". */
export function duration(seconds) {
  const [unit, size] = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : ["hour", 3600];
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 };
  return format(Intl.NumberFormat, options).format(seconds / size);
}

/** Texts as a list: "promotion, season and holiday". */
export function list(texts) {
  return format(Intl.ListFormat, { type: "conjunction" }).format(texts);
}

/** Compares names with numbers in them as people do: 2 before 10. */
export const byName = new Intl.Collator(locale, { numeric: true }).compare;

/* Sentences of the service: in the language of the page, if their code is known. */

const DAY = /^\d{4}-\d\d-\d\d$/;
const known = new Map();

/** Remembers the codes of the sentences in an answer of the service, or in parts of it. */
export function learn(answer) {
  if (!answer || typeof answer !== "object") return;
  for (const sentence of answer.sentences ?? []) known.set(sentence.text, sentence);
  for (const part of Object.values(answer)) if (part && !Array.isArray(part)) learn(part);
  for (const each of answer.imports ?? answer.runs ?? []) learn(each);
}

/**
 * A sentence of the service in the language of the page; as it came if nobody worded it.
 * @param {string | null | undefined} text
 */
export function inWords(text) {
  if (!text) return text ?? "";
  const sentence = known.get(text);
  return sentence ? (worded(sentence.code, sentence.values, shownValue) ?? text) : text;
}

/** The attributes of an element with this sentence: its language, if it stayed English. */
export function spoken(text, attributes = {}) {
  return { ...attributes, lang: inWords(text) === text ? "en" : null };
}

function shownValue(value) {
  if (typeof value === "number") return number(value);
  return DAY.test(value) ? date(value) : inWords(value);
}
