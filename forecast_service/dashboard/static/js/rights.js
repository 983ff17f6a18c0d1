/** Rights: roles, scopes and limits in words, and how they are asked for. */

import { list, t } from "./language.js";
import { el } from "./pieces.js";

export const ROLES = ["viewer", "planner", "admin"];
export const SCOPES = ["read", "train", "force", "import", "admin"];

/** A role in a word or two. */
export function roleName(role) {
  return { viewer: t("Viewer"), planner: t("Planner"), admin: t("Administrator") }[role] ?? role;
}

/** What a role may do, in a sentence. */
export function roleMeaning(role) {
  return {
    viewer: t("sees forecasts"),
    planner: t("sees forecasts, updates them and imports sales"),
    admin: t("may do everything, also make accounts"),
  }[role];
}

/** A scope in words. */
export function scopeName(scope) {
  return {
    read: t("see forecasts"),
    train: t("update forecasts"),
    force: t("train at any time"),
    import: t("import sales"),
    admin: t("administer accounts"),
  }[scope] ?? scope;
}

/** Which stores someone may see. */
export function limitsText({ stores, regions }) {
  if (stores === null && regions === null) return t("all stores");
  const parts = [];
  if (regions?.length) parts.push(t("regions %(names)s", { names: list(regions) }));
  if (stores?.length) parts.push(t("stores %(names)s", { names: list(stores) }));
  return parts.join(", ") || t("no store");
}

/** Fields for the limits. */
export function limitFields({ stores = null, regions = null } = {}) {
  const field = (name, label, value) =>
    el("label", {}, label, el("input", { name, value: (value ?? []).join(", "), autocomplete: "off" }));
  return [
    field("regions", t("Only these regions (empty: all)"), regions),
    field("stores", t("And these stores"), stores),
  ];
}

/** The limits of a form, as the API takes them. */
export function limitsOf(fields) {
  const names = (name) => {
    const found = fields.get(name).split(",").map((each) => each.trim()).filter(Boolean);
    return found.length ? found : null;
  };
  return { regions: names("regions"), stores: names("stores") };
}
