// The HTTP API, with the viewer's key. The key lives as long as the browser's tab and goes nowhere but into the header.

const KEY = 'rag-key';
const PATIENCE = 15_000;

let skew = 0;

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: value => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** The server's time in milliseconds, by the date of its last answer. */
export const serverNow = () => Date.now() + skew;

/** An answer that is no success, or none at all: then the status is 0. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Asks and returns the JSON of a success. `query`: undefined and empty values are left out. */
export async function api(method, path, { query, body, signal, anonymous } = {}) {
  const asked = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''));
  const headers = {};
  if (!anonymous) headers['X-API-KEY'] = key.get() ?? '';
  if (body) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(asked.size ? `${path}?${asked}` : path, {
      method, headers, body: body && JSON.stringify(body), cache: 'no-store',
      signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, error.name === 'TimeoutError' ? 'no answer within 15 seconds' : 'it cannot be reached');
  }
  const date = Date.parse(answer.headers.get('date') ?? '');
  // Whole seconds: smaller differences are none.
  if (!Number.isNaN(date)) skew = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
  const json = await answer.json().catch(() => null);
  // Health answers 503 with a body of its own that is worth showing.
  if (answer.ok || (anonymous && json?.databases)) return json;
  throw new ApiError(answer.status, json?.detail ?? `it answers ${answer.status}`);
}

export const get = (path, options) => api('GET', path, options);
export const post = (path, options) => api('POST', path, options);
