/** Login: a form that opens a session, and leads to where the person wanted to go. */

import { send } from "./api.js";
import "./frame.js";
import { t } from "./language.js";
import { byId, finished } from "./pieces.js";

/** Where to go after the log-in: only an address of this service. */
function target() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(next, location.origin);
  return address.origin === location.origin ? address.pathname + address.search : "/";
}

async function logIn(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  const { user, password } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  byId("refusal").textContent = "";
  try {
    await send("POST", "/session", { body: { user, password }, asks: false });
    location.assign(target());
  } catch (problem) {
    const isWrong = problem.status === 401;
    byId("refusal").textContent = isWrong ? t("User name or password is wrong.") : problem.message;
    form.elements.password.select();
    button.disabled = false;
  }
}

byId("provider")?.setAttribute("href", `/session/oidc?next=${encodeURIComponent(target())}`);
byId("login").addEventListener("submit", logIn);
finished();
