/** Administration: the audit log, filtered, in pages, and as a file. */

import { get } from "./api.js";
import { t, time } from "./language.js";
import { byId, el, failure, show, state } from "./pieces.js";
import { stacked } from "./stacked.js";

const LIMIT = 50;
const FILTERS = ["who", "action", "since", "until"];

let entries = [];

/** Shows the newest entries and the filters. */
export async function showAudit() {
  show(byId("form"), filters(new URLSearchParams(location.search)));
  await read(`/audit?${query()}`);
}

async function read(address) {
  const page = await get(address);
  entries = [...entries, ...page.entries];
  show(byId("list"), entries.length ? table() : nothing());
  const more = () => read(page.next).catch((problem) => show(byId("more"), failure(problem)));
  show(byId("more"), page.next ? el("button", { type: "button", click: more }, t("Show more")) : "");
}

function nothing() {
  return state({ title: t("No entry fits"), text: t("Change the filters, or take them away.") });
}

/** What was chosen, as the API takes it; a day lasts from its beginning to its end. */
function query(more = { limit: LIMIT }) {
  const chosen = new URLSearchParams(location.search);
  const sent = new URLSearchParams(more);
  for (const name of FILTERS) {
    const value = chosen.get(name);
    if (value) sent.set(name, name === "until" ? `${value}T23:59:59Z` : value);
  }
  return sent;
}

function filters(chosen) {
  const input = (name, label, type = "text") =>
    el("label", {}, label, el("input", { name, type, value: chosen.get(name) ?? "", autocomplete: "off" }));
  const submit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const address = new URLSearchParams({ tab: "audit" });
    for (const [name, value] of fields) if (value) address.set(name, value);
    location.assign(`/admin?${address}`);
  };
  return el(
    "form.sieve",
    { submit },
    input("who", t("Who")),
    el(
      "label",
      {},
      t("What"),
      el(
        "select",
        { name: "action" },
        el("option", { value: "" }, t("Everything")),
        ...Object.entries(actionNames()).map(([action, name]) =>
          el("option", { value: action, selected: chosen.get("action") === action }, name),
        ),
      ),
    ),
    input("since", t("From"), "date"),
    input("until", t("To"), "date"),
    el("button.primary", {}, t("Filter")),
    el("a.button", { href: `/audit?${query({ format: "csv" })}`, download: "" }, "CSV"),
    el("a.button", { href: `/audit?${query({ format: "xlsx" })}`, download: "" }, "Excel"),
  );
}

function table() {
  const names = actionNames();
  return stacked(t("Audit log"), [
    { name: t("When"), cell: (entry) => time(entry.at) },
    { name: t("Who"), isHead: true, cell: (entry) => el("span", {}, entry.who, " ", el("small.muted", {}, kindName(entry.kind))) },
    { name: t("What"), cell: (entry) => names[entry.action] ?? entry.action },
    { name: t("Subject"), kind: "clamped", cell: (entry) => (entry.subject ? el("span.mono", {}, entry.subject) : "–") },
    { name: t("Details"), kind: "clamped", cell: (entry) => detailsText(entry.details) },
    { name: t("From address"), cell: (entry) => entry.address ?? "–" },
  ], entries);
}

function detailsText(details) {
  if (!details) return "–";
  const words = { true: t("yes"), false: t("no") };
  const text = (value) => {
    if (Array.isArray(value)) return value.map(text).join(", ");
    return typeof value === "object" ? JSON.stringify(value) : (words[value] ?? String(value));
  };
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${text(value)}`)
    .join(" · ") || "–";
}

function kindName(kind) {
  return {
    user: "",
    key: t("key"),
    open: t("without a log-in"),
    command: t("command"),
    service: t("service"),
  }[kind] ?? kind;
}

function actionNames() {
  return {
    trained: t("asked for a forecast"),
    forced: t("forced a training"),
    cancelled: t("cancelled a run"),
    imported: t("imported files"),
    sales_added: t("sent sales"),
    sales_removed: t("removed sales"),
    undid: t("took an import back"),
    rolled_back: t("served an earlier forecast again"),
    scenario_saved: t("saved a scenario"),
    scenario_deleted: t("deleted a scenario"),
    logged_in: t("logged in"),
    log_in_failed: t("failed to log in"),
    logged_out: t("logged out"),
    password_changed: t("changed a password"),
    user_created: t("made a user"),
    user_changed: t("changed a user"),
    user_deleted: t("deleted a user"),
    key_created: t("made a key"),
    key_revoked: t("revoked a key"),
    admin_link_made: t("made the link for the first administrator"),
    resource_created: t("made a resource at Amazon's interface"),
    resource_changed: t("changed a resource at Amazon's interface"),
    resource_deleted: t("deleted a resource at Amazon's interface"),
    pruned_audit_log: t("deleted old entries"),
  };
}
