/** Refusal: why files cannot be imported, line by line, with the question that helps. */

import { inWords, number, spoken, t } from "./language.js";
import { el } from "./pieces.js";
import { question } from "./questions.js";

/**
 * Everything that a refusal says, as parts of a page.
 * @param {import("./api.js").Problem} problem
 * @param {(answer: Record<string, string>) => void} onAnswer called with options of the import
 */
export function refusalParts(problem, onAnswer) {
  const asked = question(problem.remedy?.code, onAnswer);
  const verdict = el(
    "div.verdict.bad",
    { role: "alert" },
    el("h2", {}, t("These files cannot be imported yet")),
    problem.findings.length
      ? el("p", {}, nextStep(asked))
      : el("p", {}, withoutRemedy(problem)),
  );
  return [verdict, asked, findings(problem)];
}

function nextStep(asked) {
  return asked
    ? t("Nothing was changed. Answer the question, or correct the lines below and choose the file again.")
    : t("Nothing was changed. Correct the lines below, and choose the file again.");
}

function withoutRemedy({ message, remedy }) {
  return remedy && message.endsWith(remedy.text) ? message.slice(0, -remedy.text.length).trim() : message;
}

function findings(problem) {
  if (!problem.findings.length) return null;
  const rows = problem.findings.map(({ pointer, detail }) =>
    el("tr", {}, el("th", { scope: "row" }, place(pointer)), el("td", spoken(detail), inWords(detail))),
  );
  return el(
    "section.card.flush",
    {},
    el("div.card-head", {}, el("h2", {}, t("What is wrong"))),
    el(
      "table.findings",
      {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("Where")), el("th", { scope: "col" }, t("What")))),
      el("tbody", {}, ...rows),
    ),
    el(
      "details.whole",
      {},
      el("summary", {}, t("The whole message")),
      el("p", {}, withoutRemedy(problem)),
    ),
  );
}

/** "line 17" in the language of the page. */
function place(pointer) {
  const found = /^(line|row) (\d+)$/.exec(pointer);
  if (!found) return pointer;
  const values = { number: number(Number(found[2])) };
  return found[1] === "line" ? t("line %(number)s", values) : t("row %(number)s", values);
}
