/** The page /docs: Swagger UI over the description of the interface. */

import { isDark } from "./frame.js";
import { t } from "./language.js";
import { byId } from "./pieces.js";

const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Requests of a user who is logged in carry the token that changes need. */
function withToken(request) {
  const { token } = box.dataset;
  const changes = CHANGES.has((request.method ?? "GET").toUpperCase());
  if (token && changes) request.headers["X-CSRF-Token"] = token;
  return request;
}

/** Names what Swagger UI leaves without a name, and lets the keyboard scroll examples. */
function nameParts(root) {
  for (const text of root.querySelectorAll("pre:not([tabindex])")) text.tabIndex = 0;
  const choices = root.querySelector(".scheme-container");
  choices?.setAttribute("role", "region");
  choices?.setAttribute("aria-label", t("Address"));
  for (const field of root.querySelectorAll("select:not([aria-label]), textarea:not([aria-label])")) {
    const row = field.closest("[data-param-name]");
    const name = row?.dataset.paramName ?? (field.id === "servers" ? t("Address") : t("Value"));
    field.setAttribute("aria-label", name);
  }
}

function followTheme() {
  document.documentElement.classList.toggle("dark-mode", isDark());
}

const box = byId("explorer");
followTheme();
document.addEventListener("themechange", followTheme);
new MutationObserver(() => nameParts(box)).observe(box, { childList: true, subtree: true });
window.SwaggerUIBundle({
  url: box.dataset.document,
  domNode: box,
  validatorUrl: null, // nothing leaves this page
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  syntaxHighlight: false, // its colours have too little contrast
  tryItOutEnabled: true,
  requestInterceptor: withToken,
});
byId("try").hidden = false;
byId("list").open = false;
