/** Api: requests to the service, and its refusals in words. */

import { inWords, learn, t } from "./language.js";

const PATIENCE = 3; // times that a reading is repeated while the service is busy
const LONGEST_WAIT = 10; // seconds

/** A refusal: a problem document, or the lack of an answer. */
export class Problem extends Error {
  /**
   * @param {number} status 0 without an answer
   * @param {{title?: string, detail?: string, type?: string, request_id?: string,
   *   errors?: {pointer: string, detail: string}[],
   *   remedy?: {code: string, text: string}}} document
   */
  constructor(status, document) {
    learn(document);
    super(sentenceOf(document) || document.title || t("The service could not answer."));
    this.status = status;
    this.type = document.type ?? "";
    this.findings = document.errors ?? [];
    this.remedy = document.remedy ?? null;
    this.requestId = document.request_id ?? null;
  }
}

/** What a refusal says, in the language of the page; what helps stays at its end. */
function sentenceOf({ detail, remedy }) {
  const help = remedy?.text;
  if (!help || !detail?.endsWith(help)) return inWords(detail);
  return `${inWords(detail.slice(0, -help.length).trim())} ${help}`;
}

let asked = null;

/**
 * Who uses the page. Asked once per page.
 * @returns {Promise<{kind: string, name: string, scopes: string[], csrf_token: string | null}>}
 */
export function me() {
  asked ??= get("/me").catch((problem) => {
    asked = null;
    throw problem;
  });
  return asked;
}

/** Reads JSON. A signal cancels it. */
export function get(address, { signal } = {}) {
  return call("GET", address, { signal });
}

/** Sends JSON and reads JSON. */
export function post(address, body, options = {}) {
  return call("POST", address, { ...options, body });
}

/** Deletes, and reads JSON if there is some. */
export function remove(address, options = {}) {
  return call("DELETE", address, options);
}

/** The answer to a request as JSON; a refusal is thrown as a Problem. */
export async function call(method, address, options = {}) {
  const response = await send(method, address, options);
  if (response.status === 204) return null;
  const answer = await response.json();
  learn(answer);
  return answer;
}

/**
 * The answer itself: for downloads and headers.
 * @param {string} method
 * @param {string} address
 * @param {{body?: unknown, signal?: AbortSignal, accept?: string, asks?: boolean}} options
 *   `asks: false` leaves an unknown caller on the page (the log-in itself)
 */
export async function send(method, address, options = {}) {
  const request = await prepared(method, options);
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetched(address, request);
    if (response.ok) return response;
    const seconds = Number(response.headers.get("Retry-After"));
    const isBusy = method === "GET" && [429, 503].includes(response.status);
    if (isBusy && attempt < PATIENCE && seconds > 0 && seconds <= LONGEST_WAIT) {
      await pause(seconds * 1000, options.signal);
      continue;
    }
    if (response.status === 401 && options.asks !== false) askForLogin();
    throw new Problem(response.status, await documentOf(response));
  }
}

async function prepared(method, { body, signal, accept = "application/json", asks = true }) {
  const headers = { Accept: accept };
  if (body !== undefined && !(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  if (method !== "GET" && (asks || asked)) {
    const caller = await me().catch(() => null); // not yet logged in
    if (caller?.csrf_token) headers["X-CSRF-Token"] = caller.csrf_token;
  }
  return { method, headers, body, signal, credentials: "same-origin" };
}

async function fetched(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, {
      detail: t("The service cannot be reached. Check the connection and try again."),
    });
  }
}

async function documentOf(response) {
  try {
    return await response.json();
  } catch {
    return { detail: `${response.status} ${response.statusText}` };
  }
}

/** Waits, or throws an AbortError if the signal comes first. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    });
  });
}

/** Goes to the log-in, which leads back here. */
export function askForLogin() {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}
