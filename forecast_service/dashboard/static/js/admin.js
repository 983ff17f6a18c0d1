/** Page "Administration": users, API keys and the audit log. */

import { caller } from "./frame.js";
import { t } from "./language.js";
import { byId, el, failure, finished, show, skeleton } from "./pieces.js";
import { showAudit } from "./admin_audit.js";
import { showKeys } from "./admin_keys.js";
import { showUsers } from "./admin_users.js";

const TABS = { users: showUsers, keys: showKeys, audit: showAudit };

const wanted = new URLSearchParams(location.search).get("tab");
const tab = wanted in TABS ? wanted : "users";

document.querySelector(`[data-tab="${tab}"]`).setAttribute("aria-current", "page");
show(byId("list"), skeleton(5));
caller.then(begin);

async function begin(found) {
  if (found?.kind === "open" && tab !== "audit") {
    show(byId("notice"), el("p.notice.info", {}, t("There is no account yet: everybody at this computer may do everything. From the first user or key on, everybody needs to log in. Begin with an administrator.")));
  }
  try {
    await TABS[tab](found);
  } catch (problem) {
    show(byId("list"), failure(problem, () => begin(found)));
  }
  finished();
}
