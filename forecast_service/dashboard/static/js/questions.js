/** Questions: what a file leaves open, asked in plain words. The answers are options of the import. */

import { t } from "./language.js";
import { el } from "./pieces.js";

/**
 * The question that helps after a refusal, as a form; null if only another file helps.
 * @param {string | undefined} code of the remedy
 * @param {(answer: Record<string, string>) => void} onAnswer called with options of the import
 */
export function question(code, onAnswer) {
  const found = QUESTIONS[code];
  return found ? found(onAnswer) : null;
}

const QUESTIONS = {
  name_decimal: choice(() => [
    t("How are numbers written in this file?"),
    [
      [t("1.050 is a thousand and fifty; 12,5 is twelve and a half"), { decimal: "comma" }],
      [t("1,050 is a thousand and fifty; 12.5 is twelve and a half"), { decimal: "point" }],
    ],
  ]),
  name_date_order: choice(() => [
    t("How are days written in this file?"),
    [
      [t("Day, month, year: 31.12.2026"), { date_order: "dmy" }],
      [t("Month, day, year: 12/31/2026"), { date_order: "mdy" }],
      [t("Year, month, day: 2026-12-31"), { date_order: "ymd" }],
    ],
  ]),
  add_up_rows: choice(() => [
    t("There are several rows for the same store and day. What do they mean?"),
    [
      [t("They are parts, such as receipts: add them up"), { duplicates: "sum" }],
      [t("They are corrections: the last one counts"), { duplicates: "last" }],
    ],
  ]),
  count_missing_as_zero: choice(() => [
    t("What does a day without a row mean?"),
    [
      [t("Nothing was sold on that day"), { missing: "zero" }],
      [t("We do not know what was sold"), { missing: "unknown" }],
    ],
  ]),
  allow_returns: choice(() => [
    t("There are sales below zero. What are they?"),
    [[t("Returns: more was brought back than sold"), { allow_returns: "true" }]],
  ]),
  replace: choice(() => [
    t("These files have less than what is there already. What shall happen?"),
    [
      [t("Keep what is there, and add these days"), { mode: "INCREMENTAL" }],
      [t("Replace everything; the earlier sales are dropped"), { mode: "FULL", replace: "true" }],
    ],
  ]),
  replace_kind: choice(() => [
    t("These files are of another kind than what is there. What shall happen?"),
    [[t("Replace everything; the earlier sales are dropped"), { mode: "FULL", replace: "true" }]],
  ]),
  replace_sample: choice(() => [
    t("The sales that are there are invented samples."),
    [[t("Drop the samples, and begin with these files"), { mode: "FULL", replace: "true" }]],
  ]),
  name_column: text(() => [
    t("Which column is it?"),
    [
      [t("Column with the store"), (name) => ({ column: `store=${name}` })],
      [t("Column with the day"), (name) => ({ column: `date=${name}` })],
      [t("Column with the sales"), (name) => ({ column: `sales=${name}` })],
      [t("Column with the item"), (name) => ({ column: `item=${name}` })],
    ],
  ]),
  name_sales: text(() => [
    t("Where are the sales?"),
    [[t("Column with the sales"), (name) => ({ column: `sales=${name}` })]],
    [[t("Every column is a store or a day"), { wide: "true" }]],
  ]),
  name_store: text(() => [
    t("Whose sales are these?"),
    [
      [t("All rows are of one store. Its name"), (name) => ({ store: name })],
      [t("Column with the store"), (name) => ({ column: `store=${name}` })],
    ],
  ]),
  name_sheet: text(() => [
    t("Which sheet has the sales?"),
    [[t("Name of the sheet"), (name) => ({ sheet: name })]],
  ]),
  name_encoding: choice(() => [
    t("The letters cannot be read. Where was the file made?"),
    [
      [t("On Windows, in Western Europe"), { encoding: "cp1252" }],
      [t("On Windows, in Central Europe"), { encoding: "cp1250" }],
      [t("By a program of today (UTF-8)"), { encoding: "utf-8" }],
      [t("By Excel as Unicode text (UTF-16)"), { encoding: "utf-16" }],
    ],
  ]),
  ignore_columns: text(() => [
    t("Which columns shall be left out?"),
    [[t("Names, separated by commas"), (names) => ({ ignore: names })]],
  ]),
};

/** A question with some answers, one of which is chosen. */
function choice(words) {
  return (onAnswer) => {
    const [title, answers] = words();
    return form(title, choices(answers), (fields) => onAnswer(answers[fields.get("answer")][1]));
  };
}

/** A question that is answered by a name; `others` are answers without one. */
function text(words) {
  return (onAnswer) => {
    const [title, kinds, others = []] = words();
    const inputs = kinds.map(([label], place) =>
      el("label", {}, label, el("input", { name: `text${place}`, autocomplete: "off" })),
    );
    return form(title, [...inputs, ...choices(others, false)], (fields) => {
      const answers = kinds
        .map(([, option], place) => [fields.get(`text${place}`).trim(), option])
        .filter(([name]) => name)
        .map(([name, option]) => option(name));
      const chosen = fields.get("answer");
      onAnswer(merged(chosen === null ? answers : [others[chosen][1]]));
    });
  };
}

/** Several options as one; columns are collected. */
function merged(options) {
  const column = options.flatMap((option) => option.column ?? []);
  return { ...Object.assign({}, ...options), ...(column.length ? { column } : {}) };
}

function choices(answers, required = true) {
  return answers.map(([label], place) =>
    el(
      "label.choice",
      {},
      el("input", { type: "radio", name: "answer", value: place, required, checked: required && answers.length === 1 }),
      el("span", {}, label),
    ),
  );
}

function form(title, content, onFields) {
  const submit = (event) => {
    event.preventDefault();
    onFields(new FormData(event.target));
  };
  return el(
    "form.card.asked",
    { submit },
    el("fieldset.stack", {}, el("legend", {}, title), ...content),
    el("p.actions", {}, el("button.primary", {}, t("Check again"))),
  );
}
