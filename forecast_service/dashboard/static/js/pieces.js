/** Pieces of pages: elements, and the states in which a part of a page can be. */

import { askForLogin } from "./api.js";
import { t } from "./language.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children.
 * @param {string} tag with classes: "button.primary"
 * @param {Record<string, unknown>} [attributes] functions listen to events; null and false are left out
 * @param {...(Node | string | null)} children
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return filled(document.createElement(name), classes, attributes, children);
}

/** An element of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return filled(document.createElementNS(SVG, name), classes, attributes, children);
}

function filled(element, classes, attributes, children) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Shows these children, and nothing else, in the element. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null));
  element.removeAttribute("aria-busy");
}

/** Says that the page shows what it asked for, or why it cannot: `data-finished` of its main part. */
export function finished() {
  requestAnimationFrame(() => requestAnimationFrame(() => (byId("main").dataset.finished = "")));
}

/** A part that scrolls sideways if it is too wide, also by keyboard. */
export function scroller(label, ...children) {
  const place = el("div.scroll", { role: "group", "aria-label": label }, ...children);
  const fit = () => (place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1);
  new ResizeObserver(fit).observe(place);
  return place;
}

/** Grey lines where something will be. */
export function skeleton(lines = 4) {
  const bars = Array.from({ length: lines }, () => el("span.bone"));
  return el("div.skeleton", { "aria-hidden": "true" }, ...bars);
}

/**
 * Words and a next step, where there is nothing to show.
 * @param {{title: string, text?: string, actions?: Node[], kind?: string}} state
 */
export function state({ title, text = "", actions = [], kind = "empty" }) {
  return el(
    `div.state.${kind}`,
    { role: kind === "error" ? "alert" : null },
    el("h2", {}, title),
    text ? el("p", {}, text) : null,
    actions.length ? el("p.actions", {}, ...actions) : null,
  );
}

/** Why something could not be shown, and what to do. */
export function failure(problem, retry) {
  if (problem.status === undefined) console.error(problem); // a mistake of the page itself
  if (problem.status === 401) {
    const button = el("button.primary", { click: askForLogin }, t("Log in"));
    return state({ title: t("Please log in"), actions: [button], kind: "denied" });
  }
  if (problem.status === 403) {
    const text = `${problem.message} ${t("An administrator can change this.")}`;
    return state({ title: t("You may not see this"), text, kind: "denied" });
  }
  const actions = retry ? [el("button.primary", { click: retry }, t("Try again"))] : [];
  const title = problem.status === 404 ? t("Not found") : t("That did not work");
  const number = problem.requestId ? ` (${problem.requestId})` : "";
  return state({ title, text: problem.message + number, actions, kind: "error" });
}

/** Says something to people who listen. */
export function announce(text) {
  byId("announcement").textContent = text;
}

/** Says something for some seconds at the edge of the page. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const note = el("div.toast", {}, text);
  document.body.append(note);
  announce(text);
  setTimeout(() => note.remove(), 6000);
}

/** A tile: a name, its value, and a remark if there is one. It belongs into a list of tiles. */
export function tile(name, value, below) {
  return el("div.tile", {}, el("dt", {}, name), el("dd", {}, value), below ? el("dd", {}, below) : null);
}

/** Colour of a design token, as the present theme has it. */
export function colour(token) {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${token})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** A small coloured word: "good", "warn", "bad" or "info". */
export function chip(text, kind = "info", title = null) {
  return el(`span.chip.${kind}`, { title }, text);
}
