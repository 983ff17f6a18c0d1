/** Delivery report: what the service understood of files, before anything is imported. */

import { span } from "./imports.js";
import { date, inWords, list, n, number, spoken, t } from "./language.js";
import { el, tile } from "./pieces.js";

const MOST_TOTALS = 12; // lines
const MOST_UNUSUAL = 10; // lines
const ROLES = ["store", "item", "date", "sales", "mark of stock-outs", "covariate", "attribute", "left out"];

/** Everything that the report says, as parts of a page. */
export function reportParts(report, isFirst) {
  return [
    tiles(report, isFirst),
    newStores(report, isFirst),
    unusual(report),
    columns(report),
    totals(report),
    remarks(report),
  ];
}

/** A period of the data in words, for a count: "14 days". */
function periods(report, count) {
  const unit = report.frequency[0];
  if (unit === "W") return n("%(count)s week", "%(count)s weeks", { count });
  if (unit === "M") return n("%(count)s month", "%(count)s months", { count });
  return n("%(count)s day", "%(count)s days", { count });
}

function tiles(report, isFirst) {
  const news = report.new_stores
    ? n("%(count)s new", "%(count)s new", { count: report.new_stores })
    : t("all of them known");
  const items = report.items ? n("%(count)s item", "%(count)s items", { count: report.items }) : null;
  const known = report.known_future_periods;
  return el(
    "dl.tiles",
    {},
    tile(t("Sales figures"), number(report.sales_rows), items),
    tile(t("Stores"), number(report.stores), isFirst ? regions(report) : news),
    tile(
      t("Sales of"),
      report.first_sale_on ? el("span.date", {}, span(report.first_sale_on, report.last_sale_on)) : "–",
      { W: t("weekly"), M: t("monthly") }[report.frequency[0]] ?? t("daily"),
    ),
    tile(
      t("Coming days with a plan"),
      known ? number(known) : "–",
      known ? t("until %(day)s", { day: date(report.known_future_last_on) }) : t("none in these files"),
    ),
  );
}

function regions(report) {
  const names = Object.keys(report.regions);
  return names.length > 1 ? n("%(count)s region", "%(count)s regions", { count: names.length }) : null;
}

function newStores(report, isFirst) {
  const names = report.new_names ?? [];
  if (isFirst || !names.length) return null;
  const more = report.new_stores - names.length;
  const named = more > 0 ? t("%(names)s and others", { names: names.join(", ") }) : list(names);
  return el(
    "p.notice.info",
    {},
    el("strong", {}, t("New stores: %(names)s.", { names: named })),
    " ",
    t("If one of them is a spelling mistake, correct the file first."),
  );
}

function unusual(report) {
  if (!report.unusual) return null;
  const shown = report.unusual.examples.slice(0, MOST_UNUSUAL);
  const hasItems = shown.some((day) => day.item);
  const rows = shown.map((day) => [
    day.store,
    ...(hasItems ? [day.item] : []),
    date(day.date),
    number(day.sales),
    number(day.usual),
  ]);
  const heads = [t("Store"), ...(hasItems ? [t("Item")] : []), t("Day"), t("Sales"), t("Usual")];
  const count = report.unusual.days;
  return section(
    n("%(count)s unusual figure", "%(count)s unusual figures", { count }),
    t("Sales far from what the store sells on such a day. Correct them if they are mistakes; they can be imported as they are."),
    table(heads, rows, 2),
    count > shown.length ? more(count - shown.length) : null,
  );
}

function columns(report) {
  const merged = new Map();
  for (const column of report.columns) {
    const key = `${column.role}\n${column.name}\n${column.reason ?? ""}`;
    const known = merged.get(key) ?? { ...column, files: [] };
    known.files.push(column.file);
    merged.set(key, known);
  }
  const several = report.files.length > 1;
  const rows = [...merged.values()]
    .sort((one, other) => ROLES.indexOf(one.role) - ROLES.indexOf(other.role))
    .map((column) => [
      column.name,
      meaning(column),
      ...(several ? [[...new Set(column.files)].join(", ")] : []),
    ]);
  const heads = [t("Column"), t("Read as"), ...(several ? [t("File")] : [])];
  return section(t("What the columns mean"), null, table(heads, rows));
}

function meaning({ role, name, becomes, reason }) {
  const words = {
    store: t("Store"),
    item: t("Item"),
    date: t("Day"),
    sales: t("Sales"),
    "mark of stock-outs": t("Sold out"),
    covariate: t("Influence that is known beforehand"),
    attribute: t("Property of the store"),
    "left out": t("Not used"),
  };
  const parts = becomes.filter((each) => plain(each) !== plain(name));
  const details = inWords(reason) || (role === "covariate" && parts.length ? parts.join(", ") : null);
  return el("span", {}, words[role] ?? role, details ? el("small.muted.below", {}, details) : null);
}

/** "StateHoliday" and "state_holiday" are the same to a reader. */
function plain(name) {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function totals(report) {
  const several = Object.keys(report.regions).length > 1;
  const sales = report.totals.filter((each) => each.column === "sales");
  const others = report.totals.filter((each) => each.column !== "sales");
  if (!sales.length && !others.length) return null;
  return section(
    t("How large the numbers are"),
    t("Look at the largest value: it shows at once whether a thousand was read as a one."),
    sales.length ? totalsTable(sales.slice(0, MOST_TOTALS), several) : null,
    sales.length > MOST_TOTALS ? more(sales.length - MOST_TOTALS) : null,
    others.length
      ? el("details.other", {}, el("summary", {}, t("The other columns")), totalsTable(others, several))
      : null,
  );
}

function totalsTable(totals_, several) {
  const rows = totals_.map((each) => [
    ...(several ? [each.region] : []),
    each.column === "sales" ? t("Sales") : each.column,
    amount(each.total),
    amount(each.minimum),
    amount(each.maximum),
    date(each.last_on),
  ]);
  const heads = [
    ...(several ? [t("Region")] : []),
    ...[t("Column"), t("Total"), t("Smallest"), t("Largest"), t("Last day")],
  ];
  return table(heads, rows, several ? 2 : 1);
}

function amount(value) {
  return number(value, Number.isInteger(value) ? 0 : 2);
}

function remarks(report) {
  const texts = [];
  if (report.missing_periods) {
    texts.push(t("Empty cells: %(periods)s. They count as unknown, not as zero.", {
      periods: periods(report, report.missing_periods),
    }));
  }
  if (report.gaps.series) {
    texts.push(t("Gaps of more than %(threshold)s days: %(count)s series. The longest has %(longest)s days (%(examples)s).", {
      threshold: number(report.gaps.threshold_days),
      count: number(report.gaps.series),
      longest: number(report.gaps.longest_days),
      examples: report.gaps.examples.join(", "),
    }));
  }
  if (report.stockouts) {
    texts.push(t("Sold out: %(periods)s are marked.", { periods: periods(report, report.stockouts.periods) }));
  }
  if (report.past_only.length) {
    texts.push(t("Known only for the past, so not used: %(names)s.", { names: list(report.past_only) }));
  }
  if (report.by_rule) {
    texts.push(t("No plan from %(day)s on: %(rule)s.", {
      day: date(report.by_rule.first_on),
      rule: inWords(report.by_rule.rule),
    }));
  }
  texts.push(t("The forecast will cover %(periods)s, because %(reason)s.", {
    periods: periods(report, report.horizon),
    reason: inWords(report.horizon_reason),
  }));
  const said = [...report.notes, ...(report.fixed ? [report.fixed] : [])];
  const items = [
    ...texts.map((text) => el("li", {}, text)),
    ...said.map((text) => el("li", spoken(text), inWords(text))),
  ];
  return section(t("Remarks"), null, el("ul.remarks", {}, ...items));
}

function section(title, text, ...content) {
  return el(
    "section.card",
    {},
    el("div.card-head", {}, el("h2", {}, title)),
    text ? el("p.muted.lead", {}, text) : null,
    ...content,
  );
}

/** A table whose columns from `firstNumber` on are numbers. */
function table(heads, rows, firstNumber = Infinity) {
  const cell = (tag, place, content, attributes = {}) =>
    el(place >= firstNumber ? `${tag}.num` : tag, attributes, content ?? "");
  return el(
    "div.scroll",
    { tabindex: "0", role: "group", "aria-label": heads.join(", ") },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...heads.map((head, place) => cell("th", place, head, { scope: "col" })))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((content, place) => cell("td", place, content))))),
    ),
  );
}

function more(count) {
  return el("p.muted.small", {}, n("and %(count)s more", "and %(count)s more", { count }));
}
