/** Sentences: what the service says, in the language of the page if their code is known. */

import { date, number, worded } from "./language.js";

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
