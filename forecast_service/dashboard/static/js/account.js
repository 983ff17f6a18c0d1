/** Page "My account": who I am, what I may do, another password. */

import { me, post } from "./api.js";
import { caller } from "./frame.js";
import { list, t } from "./language.js";
import { byId, el, failure, finished, show, toast } from "./pieces.js";
import { limitsText, roleMeaning, roleName, scopeName } from "./rights.js";

caller.then(() => me()).then(begin, (problem) => show(byId("who"), failure(problem))).then(finished);

function begin(found) {
  const kinds = {
    open: t("Nobody has to log in here: there is no account yet."),
    key: t("A program with the key “%(name)s”", { name: found.name }),
    user: found.name,
  };
  const rows = [
    [t("Name"), kinds[found.kind]],
    [t("Role"), found.role ? `${roleName(found.role)}: ${roleMeaning(found.role)}` : null],
    [t("I may"), list(found.scopes.map(scopeName))],
    [t("I see"), limitsText(found.limits)],
  ];
  const shown = rows.filter(([, value]) => value);
  show(
    byId("who"),
    el("dl.sheet", {}, ...shown.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
  );
  if (found.kind !== "user") return;
  byId("password").hidden = false;
  byId("change").elements.username.value = found.name;
  byId("change").addEventListener("submit", changePassword);
}

async function changePassword(event) {
  event.preventDefault();
  const form = event.target;
  const fields = new FormData(form);
  if (fields.get("new_password") !== fields.get("again")) {
    show(byId("refusal"), t("The new passwords differ. Type the same one twice."));
    form.elements.again.focus();
    return;
  }
  try {
    await post("/me/password", {
      password: fields.get("password"),
      new_password: fields.get("new_password"),
    }, { asks: false });
    form.reset();
    show(byId("refusal"));
    toast(t("The password was changed. Other devices have to log in again."));
  } catch (problem) {
    show(byId("refusal"), problem.status === 401 ? t("The present password is wrong.") : problem.message);
  }
}
