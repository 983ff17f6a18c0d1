/** Administration of users: make, change, disable, delete, and give another password. */

import { call, get, post, remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { ago, t, time } from "./language.js";
import { announce, byId, chip, el, show, state, toast } from "./pieces.js";
import { limitFields, limitsOf, limitsText, roleMeaning, roleName, ROLES } from "./rights.js";
import { newPassword, shownOnce } from "./secrets.js";
import { stacked } from "./stacked.js";

let own = null;

/** Shows the users and the form for a new one. */
export async function showUsers(caller) {
  own = caller;
  const { users } = await get("/users");
  show(byId("form"), newUser(users));
  show(byId("list"), users.length ? table(users) : nobody());
}

function nobody() {
  return state({ title: t("No user yet"), text: t("Make the first one above.") });
}

function table(users) {
  return stacked(t("Users"), [
    { name: t("Name"), isHead: true, cell: (user) => user.name },
    { name: t("Role"), cell: (user) => el("span", { title: roleMeaning(user.role) }, roleName(user.role)) },
    { name: t("Sees"), kind: "clamped", cell: (user) => limitsText(user.limits) },
    { name: t("Last log-in"), cell: (user) => lastLogIn(user) },
    { name: t("State"), cell: (user) => (user.disabled ? chip(t("Disabled"), "warn") : chip(t("May log in"), "good")) },
    { name: "", kind: "num", cell: actions },
  ], users);
}

function lastLogIn({ logged_in_at: at }) {
  return at ? el("span", { title: time(at) }, ago(at)) : t("never");
}

function actions(user) {
  const button = (text, action, kind = "") =>
    el(`button${kind}`, { type: "button", click: action, "aria-label": `${text}: ${user.name}` }, text);
  const isOwn = own?.kind === "user" && own.name === user.name;
  return el(
    "span.row-actions",
    {},
    button(t("Edit"), () => edit(user)),
    user.has_password || !user.is_external ? button(t("New password"), () => resetPassword(user)) : null,
    isOwn ? null : button(user.disabled ? t("Enable") : t("Disable"), () => change(user, { disabled: !user.disabled })),
    isOwn ? null : button(t("Delete"), () => erase(user), ".danger"),
  );
}

/* A new user */

function newUser(users) {
  const refusal = el("p.refused.whole-row", { role: "alert" });
  const isFirst = !users.length;
  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    try {
      const user = await post("/users", {
        name: fields.get("name").trim(),
        role: fields.get("role"),
        ...limitsOf(fields),
      });
      show(byId("secret"), shownOnce(t("Password of %(name)s:", { name: user.name }), user.password));
      if (own?.kind === "open") askToLogIn();
      else await showUsers(own);
      announce(t("The user was made."));
    } catch (problem) {
      show(refusal, problem.message);
    }
  };
  return el(
    "details.card.maker",
    { open: isFirst },
    el("summary", {}, t("New user")),
    el(
      "form.entry",
      { submit },
      el("label", {}, t("Name"), el("input", { name: "name", required: true, autocomplete: "off", autocapitalize: "none", maxlength: 100 })),
      roleField(isFirst ? "admin" : "planner"),
      ...limitFields(),
      refusal,
      el("p.actions.whole-row", {}, el("button.primary", {}, t("Make the user"))),
    ),
  );
}

/** With the first account, this page may do nothing more without a log-in. */
function askToLogIn() {
  const link = el("a", { href: "/login?next=/admin" }, t("Log in"));
  show(byId("notice"));
  show(byId("list"));
  show(byId("form"), el("p.notice.info", {}, t("From now on, everybody needs to log in."), " ", link));
}

function roleField(chosen) {
  const meaning = el("small.muted.below", {}, roleMeaning(chosen));
  const options = ROLES.map((role) => el("option", { value: role, selected: role === chosen }, roleName(role)));
  const change_ = (event) => show(meaning, roleMeaning(event.target.value));
  return el("label", {}, t("Role"), el("select", { name: "role", change: change_ }, ...options), meaning);
}

/* Changes */

async function edit(user) {
  const form = el("form.stack", { submit: (event) => event.preventDefault() }, roleField(user.role), ...limitFields(user.limits));
  const isMeant = await confirmed({ title: user.name, content: [form], action: t("Save") });
  if (!isMeant) return;
  const fields = new FormData(form);
  await change(user, { role: fields.get("role"), ...limitsOf(fields) });
}

async function change(user, values) {
  try {
    await call("PATCH", address(user), { body: values });
    await showUsers(own);
    announce(t("The change was saved."));
  } catch (problem) {
    toast(problem.message);
  }
}

async function resetPassword(user) {
  const isMeant = await confirmed({
    title: t("Give %(name)s another password?", { name: user.name }),
    content: [el("p", {}, t("The old password ends at once, and so do all log-ins with it."))],
    action: t("Make a new password"),
  });
  if (!isMeant) return;
  const password = newPassword();
  try {
    await call("PATCH", address(user), { body: { password } });
    show(byId("secret"), shownOnce(t("Password of %(name)s:", { name: user.name }), password));
  } catch (problem) {
    toast(problem.message);
  }
}

async function erase(user) {
  const isMeant = await confirmed({
    title: t("Delete %(name)s?", { name: user.name }),
    content: [el("p", {}, t("The user cannot log in any more. The audit log keeps the name."))],
    action: t("Delete"),
    danger: true,
  });
  if (!isMeant) return;
  try {
    await remove(address(user));
    await showUsers(own);
  } catch (problem) {
    toast(problem.message);
  }
}

function address({ name }) {
  return `/users/${encodeURIComponent(name)}`;
}
