/** Administration of API keys: make one, which is shown once, and revoke it. */

import { get, post, remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { ago, date, t, time } from "./language.js";
import { announce, byId, chip, el, show, state, toast } from "./pieces.js";
import { limitFields, limitsOf, limitsText, scopeName, SCOPES } from "./rights.js";
import { shownOnce } from "./secrets.js";
import { stacked } from "./stacked.js";

/** Shows the keys and the form for a new one. */
export async function showKeys() {
  const { keys } = await get("/keys");
  show(byId("form"), newKey());
  show(byId("list"), keys.length ? table(keys) : none());
}

function none() {
  return state({
    title: t("No API key yet"),
    text: t("A program sends a key instead of a user name and password. Make one above for each program."),
  });
}

function table(keys) {
  return stacked(t("API keys"), [
    { name: t("Name"), isHead: true, cell: (key) => el("span", {}, key.name, el("span.mono.muted.below", {}, `${key.start}…`)) },
    { name: t("May"), kind: "clamped", cell: (key) => key.scopes.map(scopeName).join(", ") },
    { name: t("Sees"), kind: "clamped", cell: (key) => limitsText(key.limits) },
    { name: t("Last used"), cell: (key) => (key.last_used_at ? el("span", { title: time(key.last_used_at) }, ago(key.last_used_at)) : t("never")) },
    { name: t("Ends"), cell: (key) => (key.expires_at ? date(key.expires_at) : t("never")) },
    { name: t("State"), cell: stateOf },
    { name: "", kind: "num", cell: (key) => (key.revoked_at ? null : revokeButton(key)) },
  ], keys);
}

function stateOf(key) {
  if (key.revoked_at) return chip(t("Revoked"), "warn");
  if (key.expires_at && new Date(key.expires_at) < new Date()) return chip(t("Ended"), "warn");
  return chip(t("Valid"), "good");
}

function revokeButton(key) {
  return el(
    "button.danger",
    { type: "button", click: () => revoke(key), "aria-label": `${t("Revoke")}: ${key.name}` },
    t("Revoke"),
  );
}

function newKey() {
  const refusal = el("p.refused.whole-row", { role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const end = fields.get("expires_on");
    try {
      const key = await post("/keys", {
        name: fields.get("name").trim(),
        scopes: fields.getAll("scope"),
        ...limitsOf(fields),
        ...(end ? { expires_at: `${end}T23:59:59Z` } : {}),
        ...(fields.get("aws") ? { aws: true } : {}),
      });
      show(byId("secret"), shownOnce(t("Key “%(name)s”:", { name: key.name }), secretsOf(key)));
      announce(t("The key was made."));
      await showKeys();
    } catch (problem) {
      show(refusal, problem.message);
    }
  };
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  return el(
    "details.card.maker",
    {},
    el("summary", {}, t("New API key")),
    el(
      "form.entry",
      { submit },
      el("label", {}, t("What it is for"), el("input", { name: "name", required: true, autocomplete: "off", maxlength: 100 })),
      el("label", {}, t("Last day (empty: no end)"), el("input", { name: "expires_on", type: "date", min: tomorrow })),
      ...limitFields(),
      el(
        "fieldset.whole-row",
        {},
        el("legend", {}, t("The program may")),
        ...SCOPES.map((scope) =>
          el(
            "label.choice",
            {},
            el("input", { type: "checkbox", name: "scope", value: scope, checked: scope === "read" }),
            el("span", {}, scopeName(scope)),
          ),
        ),
        el(
          "label.choice",
          {},
          el("input", { type: "checkbox", name: "aws" }),
          el("span", {}, t("work with AWS SDKs, as at Amazon Forecast (for all stores)")),
        ),
      ),
      refusal,
      el("p.actions.whole-row", {}, el("button.primary", {}, t("Make the key"))),
    ),
  );
}

/** The key, and the variables in which AWS SDKs expect an AWS access key. */
function secretsOf(key) {
  if (key.aws_access_key_id === null) return key.key;
  return [
    key.key,
    `AWS_ACCESS_KEY_ID=${key.aws_access_key_id}`,
    `AWS_SECRET_ACCESS_KEY=${key.aws_secret_access_key}`,
  ].join("\n");
}

async function revoke(key) {
  const isMeant = await confirmed({
    title: t("Revoke “%(name)s”?", { name: key.name }),
    content: [el("p", {}, t("Programs that use this key are refused from now on. This cannot be taken back."))],
    action: t("Revoke"),
    danger: true,
  });
  if (!isMeant) return;
  try {
    await remove(`/keys/${encodeURIComponent(key.id)}`);
    await showKeys();
  } catch (problem) {
    toast(problem.message);
  }
}
