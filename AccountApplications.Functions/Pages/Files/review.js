import { call, now, Problem } from './api.js';
import { age, announce, badge, browser, byId, checkList, decided, finding, h, hasStopped, markedName, sentence, show, signedIn, stateName, tab, time, typed } from './dom.js';
import { watch } from './watch.js';

const WAITING = 'FLAGGED_FOR_REVIEW';
const PAGE_SIZE = 100;
const MOST_PAGES_READ_AGAIN = 3;
const MOST_PAGES_SEARCHED = 20;
const PAUSE = 5_000;
const PAUSE_BETWEEN_COUNTS = 30_000;
const KEYS_OFF = 'keys-off';
const SAME_PLACE = 50; // px between the clicks of a double click, or taps of a double tap,
const SAME_TIME = 700; // and ms.

const title = byId('card-title');
const comment = byId('comment');
const filters = [...byId('filters').children];
const wide = matchMedia('(min-width: 56rem)');

let state = stateOfAddress();
let items = [];
let nextPageToken = null;
let isRead = false;
let current = null;
let sending = false;
let countedAt = -Infinity;
let workflow = {}; // Of the application `of`.
let sought = history.state?.id; // The current one before the page was loaded again.

const settled = new Set(); // Decided, though a list may show them for moments yet.
const rows = new Map();
const counts = new Map();

// Reading

let turn = Promise.resolve();

/** One after the other: two readers of the list would undo each other's work. */
function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.catch(() => {});
  return mine;
}

const list = async (of, token, insist) => (await call(
  `applications?state=${of}&pageSize=${PAGE_SIZE}${token ? `&pageToken=${encodeURIComponent(token)}` : ''}`, { insist })).body;

const refresh = watch(insist => inTurn(async () => {
  await readList(insist);
  if (workflow.of !== current?.id || hasStopped(workflow.is)) await readWorkflow();
  if (performance.now() - countedAt > PAUSE_BETWEEN_COUNTS) {
    countedAt = performance.now();
    await Promise.all(filters.map(filter => filter.dataset.state).filter(other => other !== state).map(count));
  }

  return PAUSE;
}));

/** Reads the first pages again, where a reviewer is at work; what was loaded beyond them stays. */
async function readList(insist) {
  const of = state;
  const fresh = [];
  let token = null;
  const isNeeded = page => sought
    ? page < MOST_PAGES_SEARCHED && !fresh.some(item => item.id === sought)
    : page < MOST_PAGES_READ_AGAIN && fresh.length < items.length;
  for (let page = 0; page === 0 || (token && isNeeded(page)); page++) {
    const found = await list(of, token, insist);
    fresh.push(...found.items);
    token = found.nextPageToken;
  }

  if (of !== state) return;
  const beyond = token ? items.filter(item => place(item) > place(fresh.at(-1))) : [];
  if (beyond.length === 0) nextPageToken = token;
  await take([...fresh, ...beyond]);
}

const loadMore = () => inTurn(async () => {
  const of = state;
  if (!nextPageToken) return;
  const found = await list(of, nextPageToken);
  if (of !== state) return;
  nextPageToken = found.nextPageToken;
  const known = new Set(items.map(item => item.id));
  await take([...items, ...found.items.filter(item => !known.has(item.id))]);
}).catch(notLoaded);

/** Where an application stands in a list; the fraction of its second has no fixed length. */
function place({ submittedAt, id }) {
  const [second, fraction = ''] = submittedAt.slice(0, -1).split('.');
  return second + fraction.padEnd(7, '0') + id;
}

async function take(next) {
  const before = items;
  items = next.filter(item => state !== WAITING || !settled.has(item.id));
  isRead = true;
  countItems();
  const fresh = current && items.find(item => item.id === current.id);
  if (fresh) current = fresh;
  else if (current) await lost(before);
  else current = items.find(item => item.id === sought) ?? items[0] ?? null;
  sought = null;
  if (current?.id !== history.state?.id) history.replaceState({ id: current?.id }, '');
  render();
}

/** How the current application's workflow stands: nobody can decide while it does not run. */
async function readWorkflow() {
  const { id, state: its } = current ?? {};
  if (its !== WAITING && its !== 'SUBMITTED') return;
  const found = await call(`applications/${id}`).then(({ body }) => body, problem => {
    // A key for the queue need not open this.
    if (![401, 404].includes(problem.status)) throw problem;
  });
  workflow = { of: id, is: found?.workflow };
  render();
}

const isStopped = () => workflow.of === current?.id && hasStopped(workflow.is);

function countItems() {
  counts.set(state, items.length > PAGE_SIZE || nextPageToken ? `${PAGE_SIZE}+` : `${items.length}`);
}

async function count(of) {
  const found = await list(of, null);
  counts.set(of, found.nextPageToken ? `${PAGE_SIZE}+` : `${found.items.filter(item => of !== WAITING || !settled.has(item.id)).length}`);
  renderFilters();
}

/** The current application is in this list no more: somebody else was at work. */
async function lost(before) {
  if (state === WAITING && current.state === WAITING) {
    const { body } = await call(`applications/${current.id}`).catch(problem => {
      if (problem.status === 404) return { body: null };
      throw problem;
    });
    if (!body) tell('The application of ', typed(current.name), ' exists no more.');
    else if (body.review) tell(...wasFirst(body));
    current = body ?? { ...current, state: 'GONE' };
  }

  // Whoever is writing, or has been asked to confirm, is not interrupted.
  if (!byId('confirm').open && !draft(current.id)) current = neighbour(before, current.id);
}

// Comments that are being written stay with the tab until their application is decided.
const draft = id => tab.get(`comment-${id}`);
const keepDraft = (id, text) => tab.set(`comment-${id}`, text || null);

/** What comes up after an application that left the list, as near to its place as there is. */
function neighbour(before, id) {
  const at = before.findIndex(item => item.id === id);
  const left = new Set(items.map(item => item.id));
  return before.slice(at + 1).find(item => left.has(item.id)) ?? items.at(-1) ?? null;
}

// Deciding

async function decide(decision) {
  if (sending || current?.state !== WAITING || isStopped()) return;
  const application = current;
  if (!await isConfirmed(decision, application)) return;
  sending = true;
  byId('decision').setAttribute('aria-busy', 'true');
  show(byId('decision-error'));
  try {
    const said = comment.value.trim();
    const { status, body } = await call(`applications/${application.id}/review`, {
      method: 'POST', body: { decision, ...(said && { comment: said }) }, insist: true,
    });
    if (status === 202) tell('Your decision about ', typed(application.name), ' is recorded. What came of it will be seen in a moment.');
    else if (isMine(body.review, said)) tell('You ', h('b', {}, decided(decision)), ' the application of ', typed(application.name), '.');
    else tell(...wasFirst(body));
    leave(application, body?.state);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    await notDecided(problem, application);
  } finally {
    sending = false;
    byId('decision').removeAttribute('aria-busy');
  }
}

async function notDecided(problem, application) {
  if (problem.status === 404) {
    tell('The application of ', typed(application.name), ' exists no more.');
    leave(application);
  } else if (problem.status === 409) {
    const found = await call(`applications/${application.id}`).then(({ body }) => body, () => null);
    if (found?.state === WAITING && hasStopped(found.workflow)) {
      workflow = { of: found.id, is: found.workflow };
      render();
      return;
    }

    if (found?.review) tell(...wasFirst(found));
    else tell(typed(application.name), `: ${problem.message}`);
    leave(application, found?.state);
  } else {
    const errors = Object.entries(problem.errors).map(([field, texts]) => `The ${field} ${texts.join(', ')}.`);
    show(byId('decision-error'), errors.length > 0 ? errors.join(' ') : `Not decided: ${problem.message} Your comment is kept: try again.`);
    if (problem.isPassing) refresh();
  }
}

const isMine = (review, said) => review.reviewer === (signedIn ?? 'anonymous') && (review.comment ?? '') === said;

const wasFirst = ({ name, review }) => [
  typed(review.reviewer), ' was first and ', h('b', {}, decided(review.decision)), ' the application of ', typed(name), ', ', time(review.decidedAt),
  ...(review.comment ? [': “', typed(review.comment), '”'] : ['.']),
];

function isConfirmed(decision, { name, address }) {
  const dialog = byId('confirm');
  const isApproval = decision === 'APPROVE';
  show(byId('confirm-title'), isApproval ? 'Approve this application?' : 'Reject this application?');
  show(byId('confirm-text'),
    h('p', {}, typed(name), ', ', typed(address)),
    comment.value.trim() && h('blockquote', {}, typed(comment.value.trim())),
    h('p', {}, 'This cannot be undone.'));
  show(byId('confirm-yes'), isApproval ? 'Approve' : 'Reject');
  byId('confirm-yes').className = isApproval ? 'approve' : 'reject';
  dialog.returnValue = 'no';
  openedAt = lastClick;
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

// What opened the dialog must not answer it: a key that is held down, the second half of a double click or of a double tap.
let lastClick = null;
let openedAt = null;

document.addEventListener('keydown', event => {
  if (event.repeat && ['Enter', ' '].includes(event.key) && !event.target.matches('textarea')) event.preventDefault();
}, true);

document.addEventListener('click', event => {
  const isAgain = openedAt && event.detail > 0 && event.timeStamp - openedAt.timeStamp < SAME_TIME
    && Math.hypot(event.clientX - openedAt.clientX, event.clientY - openedAt.clientY) < SAME_PLACE;
  if (event.target.closest('#confirm')) {
    if (isAgain || event.detail > 1) event.preventDefault();
    return;
  }

  lastClick = event.detail > 0 ? event : null;
}, true);

async function restart() {
  const { id, name } = current;
  try {
    await call(`applications/${id}/restart`, { method: 'POST', insist: true });
    tell('The workflow of ', typed(name), ' runs again.');
    workflow = {};
    render();
  } catch (problem) {
    notLoaded(problem);
  }

  refresh();
}

/** Goes on to the next one. `becomes` is the state of the one that is left, if that is known. */
function leave(application, becomes) {
  if (becomes !== WAITING) {
    settled.add(application.id);
    keepDraft(application.id, null);
    if (counts.has(becomes)) count(becomes).catch(() => {}); // A lost connection shows elsewhere.
  }

  if (state === WAITING) {
    const before = items;
    items = items.filter(item => !settled.has(item.id));
    countItems();
    if (current?.id === application.id) turnToItem(neighbour(before, application.id));
    render();
    present();
  }

  refresh();
}

/** Where a reader finds what happened last. */
const tell = (...text) => show(byId('notice'), h('p', {}, ...text));

function notLoaded(problem) {
  if (!(problem instanceof Problem)) throw problem;
  tell(problem.message);
}

// Showing

function render() {
  renderFilters();
  renderRows();
  renderCard();
}

function renderFilters() {
  for (const filter of filters) {
    const own = filter.dataset.state === state;
    own ? filter.setAttribute('aria-current', 'true') : filter.removeAttribute('aria-current');
    show(filter.querySelector('.count'), counts.get(filter.dataset.state) ?? '');
  }
}

function renderRows() {
  const list = byId('rows');
  const ids = new Set(items.map(item => item.id));
  for (const [id, row] of rows) {
    if (ids.has(id)) continue;
    row.remove();
    rows.delete(id);
  }

  items.forEach((item, i) => {
    const row = rows.get(item.id) ?? newRow(item.id);
    if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
    renderRow(row.firstChild, item);
  });
  show(byId('queue-title'), state === WAITING ? 'Oldest first' : stateName(state));
  show(byId('empty'), state === WAITING ? 'Nothing waits for a review. New applications come up here by themselves.' : 'There is none.');
  byId('empty').hidden = !isRead || items.length > 0;
  byId('load-more').hidden = nextPageToken === null;
}

function newRow(id) {
  const row = h('li', {}, h('button', { type: 'button', onclick: () => choose(items.find(item => item.id === id)) }));
  rows.set(id, row);
  return row;
}

function renderRow(button, item) {
  const isCurrent = item.id === current?.id;
  isCurrent ? button.setAttribute('aria-current', 'true') : button.removeAttribute('aria-current');
  show(button,
    h('span', { class: 'name' }, markedName(item)),
    h('span', { class: 'age' }),
    h('span', { class: 'why' }, why(item)));
  show(button.querySelector('.age'), age(item.submittedAt, now()));
}

function why(item) {
  const { checks, reason, name, address } = item;
  const flagged = checks.filter(check => check.flagged);
  if (flagged.length > 0) return flagged.map(check => finding(check, item, own => h('span', { class: 'badge bad' }, own)));
  return reason ? sentence(reason, name, address) : typed(address);
}

function renderCard() {
  byId('card').hidden = !current;
  if (!current) return;
  const { id, address, submittedAt, review, reason, name } = current;
  const isWaiting = current.state === WAITING;
  show(title, markedName(current));
  show(byId('card-address'), typed(address));
  show(byId('card-facts'), badge(current.state), ' ', h('span', { class: 'age' }), ' ', time(submittedAt));
  show(byId('card-facts').querySelector('.age'), isWaiting ? `for ${age(submittedAt, now())}, since` : 'submitted');
  show(byId('card-checks'), ...checkList(current), current.checks.length === 0 && reason && h('li', { class: 'flagged' }, sentence(reason, name, address)));
  show(byId('card-review'), review && h('p', {}, typed(review.reviewer), ` ${decided(review.decision)} it, `, time(review.decidedAt),
    review.comment && h('blockquote', {}, typed(review.comment))));
  byId('card-link').href = `/applications/${id}`;
  const stopped = isStopped();
  byId('stopped').hidden = !stopped;
  show(byId('stopped-text'), `Its workflow ${workflow.is === 'FAILED' ? 'has failed' : 'was ended'}, so nobody can decide about it before it is started again.`);
  byId('decision').hidden = !isWaiting && !draft(id);
  for (const button of byId('decision').querySelectorAll('button')) button.disabled = !isWaiting || stopped;
  if (comment.dataset.id !== id) {
    comment.dataset.id = id;
    comment.value = draft(id) ?? '';
    show(byId('decision-error'));
  }
}

function choose(application) {
  if (current && current.state !== WAITING) keepDraft(current.id, null);
  turnToItem(application);
  render();
  present();
  readWorkflow().catch(notLoaded);
}

function turnToItem(item) {
  current = item;
  history.replaceState({ id: item?.id }, '');
}

/** Brings the current application before the eyes, and a screen reader to its name. */
function present() {
  if (!current) {
    byId('main').focus();
    return;
  }

  title.focus({ preventScroll: true });
  if (wide.matches) rows.get(current.id)?.scrollIntoView({ block: 'nearest' });
  byId('at-hand').scrollIntoView({ block: wide.matches ? 'nearest' : 'start' });
}

async function step(by) {
  const at = items.findIndex(item => item.id === current?.id) + by;
  if (at >= items.length && nextPageToken) await loadMore();
  if (items[at]) choose(items[at]);
  else announce(by > 0 ? 'This is the last one.' : 'This is the first one.');
}

function stateOfAddress() {
  const asked = new URLSearchParams(location.search).get('state');
  return filters.some(filter => filter.dataset.state === asked) ? asked : WAITING;
}

async function turnTo(next, id) {
  state = next;
  sought = id;
  items = [];
  nextPageToken = null;
  isRead = false;
  current = null;
  render();
  await refresh(); // If a reading is under way it is of the old state.
  if (!isRead) await refresh();
}

// What a person does

byId('filters').addEventListener('click', event => {
  const filter = event.target.closest('a');
  if (!filter || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', filter.href);
  turnTo(filter.dataset.state);
});

addEventListener('popstate', () => {
  if (stateOfAddress() !== state) turnTo(stateOfAddress(), history.state?.id);
});

comment.addEventListener('input', () => keepDraft(comment.dataset.id, comment.value));
byId('restart').addEventListener('click', restart);

byId('decision').addEventListener('submit', event => event.preventDefault());
byId('decision').addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button) decide(button.value);
});

byId('load-more').addEventListener('click', loadMore);
new IntersectionObserver(seen => { if (seen.some(entry => entry.isIntersecting)) loadMore(); }, { rootMargin: '400px' }).observe(byId('load-more'));

const help = byId('help');
const keysOn = byId('keys-on');
keysOn.checked = browser.get(KEYS_OFF) === null;
// Somebody who speaks to the machine, or whose hands shake, must be able to do without them.
keysOn.addEventListener('change', () => browser.set(KEYS_OFF, keysOn.checked ? null : 'off'));
byId('help-button').addEventListener('click', () => help.showModal());

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => decide('APPROVE'),
  r: () => decide('REJECT'),
  c: () => comment.focus(),
  '?': () => help.showModal(),
};

document.addEventListener('keydown', event => {
  // 229: an input method is at work.
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229 || document.querySelector('dialog[open]')) return;
  if (event.target.matches('input, textarea')) {
    if (event.key === 'Escape') title.focus();
    return;
  }

  // Where the keys write no Latin letters, their places count.
  const key = event.key.length === 1 && event.key < '\x7f' ? event.key.toLowerCase() : event.code.replace(/^Key/, '').toLowerCase();
  if (!keysOn.checked || event.repeat || !Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

render();
