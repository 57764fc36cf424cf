import { byId, h, saidName, tab } from './dom.js';

const KEY = 'functions-key';
const OPENED = 'functions-key-opened'; // Set once the key has opened anything.
const TIMEOUT = 20_000; // The app answers within 10 s.

/** An answer that is no success; `status` is 0 where there was no answer at all. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail ?? `The app answered ${status}.`);
    this.status = status;
    this.body = body;
    this.errors = body.errors ?? {};
  }

  /** There is no such application, or none any more. */
  get isGone() {
    return this.status === 404 || this.status === 410;
  }

  /** The same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

let ahead = 0;

/** The server's time: this machine's may be wrong. */
export const now = () => Date.now() + ahead;

/** Asks the API, and for its key where it wants one: once, and again only if `insist` is set. */
export async function call(path, { method = 'GET', body, headers, insist = false } = {}) {
  for (;;) {
    const key = tab.get(KEY);
    const name = saidName();
    const answer = await send(path, {
      method,
      headers: {
        ...headers, ...(body && { 'content-type': 'application/json' }), ...(key && { 'x-functions-key': key }),
        ...(name && { 'x-ms-client-principal-name': name }),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.status === 401) {
      await askForKey(key, insist, deed(method, path));
      continue;
    }

    if (key) tab.set(OPENED, 'yes');
    const json = answer.headers.has('content-type') ? await answer.json().catch(() => null) : undefined;
    if (!answer.ok) throw new Problem(answer.status, json ?? undefined);
    // It broke off, or somebody else answered.
    if (json === null) throw new Problem(0, { detail: 'The answer cannot be read.' });
    return { status: answer.status, body: json };
  }
}

async function send(path, request) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { ...request, cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
  } catch {
    throw new Problem(0, { detail: 'The app does not answer.' });
  }

  // App Service sends those to its sign-in page whose session has ended.
  if (answer.type === 'opaqueredirect') throw new Problem(403, { detail: 'Your session has ended. Reload the page to sign in again.' });
  const date = Date.parse(answer.headers.get('date'));
  if (Math.abs(date - now()) > 2000) ahead = date - Date.now();
  return answer;
}

let asking = null;
let declined = false;

const DEEDS = { review: 'review', restart: 'start a workflow again', claim: 'claim', next: 'claim', withdraw: 'withdraw an application' };

const deed = (method, path) => method === 'GET' ? `${path.includes('?') ? 'list' : 'read'} applications` : DEEDS[path.split('/').pop()] ?? 'apply';

// A key that opened anything is kept, even where it does not open everything.
async function askForKey(tried, insist, toDo) {
  if (tab.get(KEY) !== tried) return;
  const isGood = tried !== null && tab.get(OPENED) !== null;
  const refused = new Problem(401, { detail: isGood ? `Your key does not let you ${toDo}.` : 'The app asks for a key.' });
  if ((declined || isGood) && !insist) throw refused;
  if (!isGood) tab.set(KEY, null);
  asking ??= keyDialog(isGood ? refused.message : tried && 'That key is not accepted.').finally(() => { asking = null; });
  const key = await asking;
  declined = key === null;
  if (declined) throw refused;
  tab.set(KEY, key);
  tab.set(OPENED, null);
}

function keyDialog(why) {
  const input = h('input', { type: 'password', id: 'key', required: true, autocomplete: 'off', pattern: '[!-~]+', autofocus: true,
    title: 'Letters, digits and signs, without spaces', 'aria-describedby': 'key-hint' });
  const dialog = h('dialog', { 'aria-labelledby': 'key-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'key-title' }, 'Your key'),
      why && h('p', { class: 'error', role: 'alert' }, why),
      h('label', { for: 'key' }, 'Key'),
      input,
      h('p', { id: 'key-hint', class: 'hint' }, 'You were given it with the address of this page. It is kept until you close this tab.'),
      h('div', { class: 'buttons' },
        h('button', { class: 'primary', value: 'ok' }, 'Go on'),
        h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'))));
  byId('main').append(dialog);
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'ok' ? input.value : null);
  }));
}
