import { call, now, Problem } from './api.js';
import { ask } from './confirm.js';
import {
  age, announce, approvalsOf, badge, browser, byId, checkList, decided, finding, h, hasStopped, hourText, markedName, mayBeSaid, reviewList, saidName, sayName,
  sentence, show, signedIn, stateName, tab, time, typed,
} from './dom.js';
import { watch } from './watch.js';

const WAITING = 'FLAGGED_FOR_REVIEW';
const PAGE_SIZE = 100;
const MOST_PAGES_SEARCHED = 20;
const PAUSE = 5_000;
const PAUSE_BETWEEN_COUNTS = 30_000;
const KEYS_OFF = 'keys-off';

const title = byId('card-title');
const comment = byId('comment');
const filters = [...byId('filters').children];
const shares = [...byId('shares').children];
const wide = matchMedia('(min-width: 56rem)');

let state = ofAddress('state', filters, WAITING);
let share = ofAddress('share', shares, 'all');
let items = [];
let starts = [{ token: null, after: '' }]; // Of each page that is loaded, and of the next if there are more.
let more = false;
let refreshes = 0;
let isRead = false;
let current = null;
let sending = false;
let countedAt = -Infinity;
let workflow = {}; // Of the application `of`.
let related = { others: [] }; // To the application `of`.
let asked = null; // The application whose number was given: it stays, though it is in no list.
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
  if (workflow.of !== current?.id || hasStopped(workflow.is) || related.of !== current?.id) await readWorkflow();
  if (performance.now() - countedAt > PAUSE_BETWEEN_COUNTS) {
    countedAt = performance.now();
    await Promise.all(filters.map(filter => filter.dataset.state).filter(other => other !== state).map(count));
  }

  return PAUSE;
}));

/** Reads one page again: what a refresh costs does not grow with the list. */
async function readList(insist) {
  let next = await readPage(pageInTurn(), insist);
  while (next && sought && more && starts.length <= MOST_PAGES_SEARCHED && !next.some(item => item.id === sought)) {
    items = next;
    next = await readPage(starts.length - 1, insist);
  }

  await take(next);
}

/** By turns that of the current application and each: what is new is on the last. */
function pageInTurn() {
  const loaded = starts.length - (more ? 1 : 0);
  if (++refreshes % 2 === 0 || !current) return Math.floor(refreshes / 2) % loaded;
  return Math.min(loaded - 1, starts.findLastIndex(({ after }) => after < place(current)));
}

/** Reads a page, anew or again. */
async function readPage(at, insist) {
  const of = state;
  const start = starts[at];
  const { items: fresh, nextPageToken: token } = await list(of, start.token, insist);
  if (of !== state) return null;
  const after = token ? place(fresh.at(-1)) : '~';
  const beyond = items.filter(item => place(item) > after);
  more = token !== null && (more || beyond.length === 0);
  starts = [...starts.slice(0, at + 1), ...(token ? [{ token, after }] : []), ...starts.filter(next => next.after > after)];
  return [...items.filter(item => place(item) <= start.after), ...fresh, ...beyond];
}

const loadMore = () => inTurn(async () => {
  if (more) await take(await readPage(starts.length - 1));
}).catch(notLoaded);

/** Where an application stands in a list; the fraction of its second has no fixed length. */
function place({ submittedAt, id }) {
  const [second, fraction = ''] = submittedAt.slice(0, -1).split('.');
  return second + fraction.padEnd(7, '0') + id;
}

async function take(next) {
  if (!next) return; // Another list is shown meanwhile.
  const before = items;
  items = next.filter(item => state !== WAITING || !settled.has(item.id));
  isRead = true;
  countItems();
  const fresh = current && items.find(item => item.id === current.id);
  if (fresh) current = fresh;
  else if (current && current.id !== asked) await lost(before);
  else if (!current) current = items.find(item => item.id === sought) ?? listed()[0] ?? null;
  sought = null;
  if (current?.id !== history.state?.id) history.replaceState({ id: current?.id }, '');
  render();
}

/** What is there, if anything; a key for the queue need not open it. */
const look = path => call(path).then(({ body }) => body, problem => {
  if (problem.status !== 401 && !problem.isGone) throw problem;
});

/** How the current application's workflow stands: nobody can decide while it does not run. */
async function readWorkflow() {
  const { id, state: its } = current ?? {};
  if (id && related.of !== id) await readRelated(id);
  if (its !== WAITING && its !== 'SUBMITTED') return;
  const found = await look(`applications/${id}`);
  workflow = { of: id, is: found?.workflow };
  render();
}

/** Whether the same person has applied before, or since. */
async function readRelated(id) {
  related = { of: id, others: (await look(`applications/${id}/related`))?.items ?? [] };
  render();
}

const isStopped = () => workflow.of === current?.id && hasStopped(workflow.is);

/** Those that are shown: all, or of the waiting ones those that nobody has claimed, or the reviewer has. */
const listed = () => state === WAITING && share !== 'all'
  ? items.filter(item => item.id === current?.id || (share === 'mine' ? isMine(claimOf(item)) : !claimOf(item) && !hasApproved(item)))
  : items;

function countItems() {
  counts.set(state, items.length > PAGE_SIZE || more ? `${PAGE_SIZE}+` : `${items.length}`);
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
      if (problem.isGone) return { body: null };
      throw problem;
    });
    if (!body) tell('The application of ', typed(current.name), ' exists no more.');
    else if (body.review) tell(...wasFirst(body));
    else if (body.state !== WAITING) tell('The application of ', typed(body.name), body.state === 'WITHDRAWN' ? ' was withdrawn.' : ` is now: ${stateName(body.state)}.`);
    current = body ?? { ...current, state: 'GONE' };
  }

  // Whoever is writing, or has been asked to confirm, is not interrupted.
  if (!byId('confirm') && !draft(current.id)) current = neighbour(before, current.id);
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

// Who has what

const me = () => saidName() ?? signedIn ?? 'anonymous';
const isMe = name => name.toLowerCase() === me().toLowerCase();

/** The claim on an application that is good. */
const claimOf = ({ claim }) => claim && Date.parse(claim.until) > now() ? claim : null;
const isMine = claim => claim !== null && isMe(claim.reviewer);
const hasApproved = ({ reviews }) => reviews.some(({ decision, reviewer }) => decision === 'APPROVE' && isMe(reviewer));

let claimFor = 15 * 60_000; // ms, until the first claim tells.
let claimedAt = 0;
let usedAt = 0;
const claiming = new Map();

/** Keeps an application for the reviewer. */
function claim({ id }) {
  claimedAt = performance.now();
  if (!claiming.has(id)) {
    claiming.set(id, call(`applications/${id}/claim`, { method: 'POST', insist: true }).then(({ body }) => {
      claimFor = Date.parse(body.claim.until) - now();
      update(body);
    }).finally(() => claiming.delete(id)));
  }

  return claiming.get(id);
}

/** Before something is done about an application: browsing claims nothing. */
const claimFirst = application => isMine(claimOf(application)) ? Promise.resolve() : claim(application);

async function giveBack({ id }) {
  await call(`applications/${id}/claim`, { method: 'DELETE', insist: true });
  const item = items.find(item => item.id === id);
  if (item) update({ ...item, claim: null });
}

/** Puts an application as it is now in its place in the list. */
function update(application) {
  if (application.state === WAITING && state === WAITING) {
    items = [...items.filter(({ id }) => id !== application.id), application].sort((a, b) => place(a) < place(b) ? -1 : 1);
    countItems();
  }

  if (current?.id === application.id) current = application;
  render();
}

async function takeNext() {
  if (sending) return;
  const left = current?.state === WAITING && isMine(claimOf(current)) ? current : null;
  const next = async after => (await call('queue/next', { method: 'POST', body: after && { after }, insist: true })).body;
  try {
    const taken = await next(left?.id) ?? (left && await next());
    if (!taken) {
      tell('Nothing else waits that is free.');
      return;
    }

    if (left) await giveBack(left).catch(notLoaded);
    if (state !== WAITING) goTo('/review', WAITING, 'all', taken.id);
    turnToItem(taken);
    update(taken);
    present();
  } catch (problem) {
    notLoaded(problem);
  }
}

/** Somebody is on the phone. */
async function find(text) {
  const number = text.toLowerCase().match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?.[0];
  if (!number) {
    tell('That is no number of an application: it has 32 digits and letters from a to f, and four hyphens.');
    return;
  }

  try {
    const { body } = await call(`applications/application_${number}`, { insist: true });
    turnToItem(body);
    asked = body.id;
    workflow = { of: body.id, is: body.workflow };
    update(body);
    byId('find').reset();
    present();
  } catch (problem) {
    if (problem.isGone) tell('There is no application with this number.');
    else notLoaded(problem);
  }
}

// A claim is renewed while somebody is at work on it.
for (const sign of ['keydown', 'pointerdown', 'input']) addEventListener(sign, () => { usedAt = performance.now(); });
setInterval(() => {
  const held = current && claimOf(current);
  if (held && isMine(held) && !document.hidden && usedAt > claimedAt && Date.parse(held.until) - now() < claimFor / 2) claim(current).catch(() => {});
}, 1000);

// Deciding

async function decide(decision) {
  const application = current;
  if (sending || application?.state !== WAITING || mayNot(decision)) return;
  if (decision === 'REJECT' && application.terms?.rejectionNeedsComment && !comment.value.trim()) {
    show(byId('decision-error'), 'Say why it is rejected.');
    comment.focus();
    return;
  }

  const isApproval = decision === 'APPROVE';
  const question = ask(
    isApproval ? 'Approve this application?' : 'Reject this application?', isApproval ? 'Approve' : 'Reject', isApproval ? 'approve' : 'reject',
    h('p', {}, typed(application.name), ', ', typed(application.address)),
    comment.value.trim() && h('blockquote', {}, typed(comment.value.trim())));
  const claimed = claimFirst(application).catch(problem => {
    question.close();
    return problem;
  });
  const isConfirmed = await question.answer;
  const said = comment.value.trim();
  sending = true;
  byId('decision').setAttribute('aria-busy', 'true');
  show(byId('decision-error'));
  try {
    const problem = await claimed;
    if (problem) throw problem;
    if (!isConfirmed) return;
    const { status, body } = await call(`applications/${application.id}/review`, {
      method: 'POST', body: { decision, ...(said && { comment: said }) }, insist: true,
    });
    const isOwn = body?.reviews.some(review => isMe(review.reviewer) && review.decision === decision && (review.comment ?? '') === said);
    if (status === 202) tell('Your decision about ', typed(application.name), ' is recorded. What came of it will be seen in a moment.');
    else if (body.state === WAITING || isOwn) {
      tell('You ', h('b', {}, decided(decision)), ' the application of ', typed(application.name), body.state === WAITING ? '; another reviewer has to approve it too.' : '.');
    } else tell(...wasFirst(body));
    leave(application, body);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    await notDecided(problem, application);
  } finally {
    sending = false;
    byId('decision').removeAttribute('aria-busy');
  }
}

/** Whether the reviewer cannot decide so about the current application. */
function mayNot(decision) {
  const held = claimOf(current);
  return current.state !== WAITING || isStopped() || (held !== null && !isMine(held)) || (decision === 'APPROVE' && hasApproved(current));
}

async function notDecided(problem, application) {
  if (problem.isGone) {
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
    if (found) update(found);
    leave(application, found ?? undefined);
  } else {
    const errors = Object.entries(problem.errors).map(([field, texts]) => `The ${field} ${texts.join(', ')}.`);
    show(byId('decision-error'), errors.length > 0 ? errors.join(' ') : `Not decided: ${problem.message} Your comment is kept: try again.`);
    if (problem.isPassing) refresh();
  }
}

const wasFirst = ({ name, review }) => [
  typed(review.reviewer), ' was first and ', h('b', {}, decided(review.decision)), ' the application of ', typed(name), ', ', time(review.decidedAt),
  ...(review.comment ? [': “', typed(review.comment), '”'] : ['.']),
];

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

/** Goes on to the next one. `becomes` is the one that is left as it is now, if that is known. */
function leave(application, becomes) {
  const { id } = application;
  const before = listed();
  const isMyPart = becomes?.state === WAITING && hasApproved(becomes);
  if (becomes?.state !== WAITING) {
    settled.add(id);
    if (counts.has(becomes?.state)) count(becomes.state).catch(() => {}); // A lost connection shows elsewhere.
  }

  if (becomes?.state !== WAITING || isMyPart) keepDraft(id, null);
  if (state === WAITING) {
    items = items.filter(item => !settled.has(item.id));
    if (isMyPart) update(becomes);
    countItems();
    if (current?.id === id && (settled.has(id) || isMyPart)) turnToItem(neighbour(before, id));
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

const mark = (element, isCurrent) => isCurrent ? element.setAttribute('aria-current', 'true') : element.removeAttribute('aria-current');

function renderFilters() {
  for (const filter of filters) {
    mark(filter, filter.dataset.state === state);
    show(filter.querySelector('.count'), counts.get(filter.dataset.state) ?? '');
  }

  byId('shares').hidden = state !== WAITING;
  for (const each of shares) mark(each, each.dataset.share === share);
}

function renderRows() {
  const list = byId('rows');
  const shown = listed();
  const who = me();
  const ids = new Set(shown.map(item => item.id));
  for (const [id, row] of rows) {
    if (ids.has(id)) continue;
    row.remove();
    rows.delete(id);
  }

  let at = list.firstChild;
  for (const item of shown) {
    const row = rows.get(item.id) ?? newRow(item.id);
    if (row === at) at = at.nextSibling;
    else list.insertBefore(row, at);
    renderRow(row.firstChild, item, who);
  }

  show(byId('queue-title'), state === WAITING ? 'Oldest first' : stateName(state));
  show(byId('empty'), items.length === 0 && state === WAITING ? 'Nothing waits for a review. New applications come up here by themselves.' : 'There is none.');
  byId('empty').hidden = !isRead || shown.length > 0;
  byId('load-more').hidden = !more;
}

function newRow(id) {
  const row = h('li', {}, h('button', { type: 'button', onclick: () => choose(items.find(item => item.id === id)) }));
  rows.set(id, row);
  return row;
}

function renderRow(button, item, who) {
  const isCurrent = item.id === current?.id;
  const signs = [item, isCurrent, who, age(item.submittedAt, now()), isOverdue(item), claimOf(item)];
  if (button.signs?.every((sign, i) => sign === signs[i])) return; // There may be thousands.
  button.signs = signs;
  mark(button, isCurrent);
  show(button,
    h('span', { class: 'name' }, markedName(item)),
    h('span', { class: 'age' }),
    h('span', { class: 'why' }, tags(item), why(item)));
  show(button.querySelector('.age'), signs[3]);
}

/** What a reviewer has to know about a waiting application before looking at it. */
function tags(item) {
  if (item.state !== WAITING) return [];
  const held = claimOf(item);
  return [
    isOverdue(item) && h('span', { class: 'badge waiting' }, 'Overdue'), ' ',
    held && h('span', { class: isMine(held) ? 'badge good' : 'badge' }, isMine(held) ? 'Yours' : [typed(held.reviewer), ' has it']), ' ',
    item.terms?.approvals > 1 && h('span', { class: 'badge' }, `${approvalsOf(item.reviews)} of ${item.terms.approvals}`, hasApproved(item) && ', yours'), ' ',
  ];
}

const isOverdue = ({ dueAt }) => dueAt !== null && Date.parse(dueAt) <= now();

function why(item) {
  const { checks, reason, name, address } = item;
  const flagged = checks.filter(check => check.flagged);
  if (flagged.length > 0) return flagged.map(check => finding(check, item, own => h('span', { class: 'badge bad' }, own)));
  return reason ? sentence(reason, name, address) : typed(address);
}

function renderCard() {
  byId('card').hidden = !current;
  if (!current) return;
  const { id, address, submittedAt, reason, name, terms, dueAt, expiresAt } = current;
  const held = claimOf(current);
  const isWaiting = current.state === WAITING;
  show(title, markedName(current));
  show(byId('card-address'), typed(address));
  show(byId('card-facts'), badge(current.state), ' ', h('span', { class: 'age' }), ' ', time(submittedAt));
  show(byId('card-facts').querySelector('.age'), isWaiting ? `for ${age(submittedAt, now())}, since` : 'submitted');
  show(byId('card-checks'), ...checkList(current), current.checks.length === 0 && reason && h('li', { class: 'flagged' }, sentence(reason, name, address)));
  show(byId('card-terms'), isWaiting && dueAt && [
    isOverdue(current) ? h('span', { class: 'badge waiting' }, 'Overdue') : 'Due', ' ', time(dueAt), '. Expires ', time(expiresAt), '.']);
  show(byId('card-review'), reviewList(current));
  show(byId('card-related'), related.of === id && related.others.length > 0 && [
    'The same name and address again:', h('ul', {}, related.others.map(other => h('li', {},
      badge(other.state), ' ', h('a', { href: `/applications/${other.id}` }, time(other.submittedAt)))))]);
  show(byId('card-claim'), isWaiting && held && (isMine(held)
    ? [`Yours until ${hourText(held.until)}. `, h('button', { type: 'button', class: 'quiet', id: 'give-back' }, 'Give it back')]
    : [typed(held.reviewer), ` has it until ${hourText(held.until)}.`]));
  show(byId('comment-hint'), terms?.rejectionNeedsComment ? '(needed to reject)' : '(optional)');
  byId('card-link').href = `/applications/${id}`;
  const stopped = isStopped();
  byId('stopped').hidden = !stopped;
  show(byId('stopped-text'), `Its workflow ${workflow.is === 'FAILED' ? 'has failed' : 'was ended'}, so nobody can decide about it before it is started again.`);
  byId('decision').hidden = !isWaiting && !draft(id);
  for (const button of byId('decision').querySelectorAll('button')) button.disabled = mayNot(button.value);
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
  if (item?.id !== asked) asked = null;
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
  const at = listed().findIndex(item => item.id === current?.id) + by;
  if (at >= listed().length && more) await loadMore();
  if (listed()[at]) choose(listed()[at]);
  else announce(by > 0 ? 'This is the last one.' : 'This is the first one.');
}

/** Which of these links the address asks for. */
function ofAddress(kind, links, otherwise) {
  const asked = new URLSearchParams(location.search).get(kind);
  return links.some(link => link.dataset[kind] === asked) ? asked : otherwise;
}

function goTo(address, next, nextShare, id) {
  history.pushState(null, '', address);
  share = nextShare;
  turnTo(next, id);
}

async function turnTo(next, id) {
  state = next;
  sought = id;
  items = [];
  starts = starts.slice(0, 1);
  more = false;
  isRead = false;
  current = null;
  render();
  await refresh(); // If a reading is under way it is of the old state.
  if (!isRead) await refresh();
}

// What a person does

const clicked = event => event.ctrlKey || event.metaKey || event.shiftKey ? null : event.target.closest('a');

byId('filters').addEventListener('click', event => {
  const filter = clicked(event);
  if (!filter) return;
  event.preventDefault();
  goTo(filter.href, filter.dataset.state, 'all');
});

byId('shares').addEventListener('click', event => {
  const each = clicked(event);
  if (!each) return;
  event.preventDefault();
  history.pushState({ id: current?.id }, '', each.href);
  share = each.dataset.share;
  render();
  if (!listed().some(item => item.id === current?.id)) turnToItem(listed()[0] ?? null);
  render();
});

addEventListener('popstate', () => {
  share = ofAddress('share', shares, 'all');
  const next = ofAddress('state', filters, WAITING);
  if (next !== state) turnTo(next, history.state?.id);
  else render();
});

comment.addEventListener('input', () => {
  keepDraft(comment.dataset.id, comment.value);
  if (current?.state === WAITING && !isStopped() && !claimOf(current)) claim(current).catch(notClaimed);
});

function notClaimed(problem) {
  notLoaded(problem);
  refresh();
}

byId('next').addEventListener('click', takeNext);
byId('find').addEventListener('submit', () => find(byId('number').value));
byId('card-claim').addEventListener('click', event => {
  if (event.target.id === 'give-back') giveBack(current).catch(notLoaded);
});
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
  n: takeNext,
  g: () => byId('number').focus(),
  c: () => comment.focus(),
  '?': () => help.showModal(),
};

document.addEventListener('keydown', event => {
  // 229: an input method is at work.
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229 || document.querySelector('dialog[open]')) return;
  if (event.target.matches('input, textarea')) {
    if (event.key === 'Escape') (current ? title : byId('main')).focus();
    return;
  }

  // Where the keys write no Latin letters, their places count.
  const key = event.key.length === 1 && event.key < '\x7f' ? event.key.toLowerCase() : event.code.replace(/^Key/, '').toLowerCase();
  if (!keysOn.checked || event.repeat || !Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

// Where anybody's word is taken for it, a reviewer can say who one is.
function showName() {
  const name = saidName();
  show(byId('who'), name || !signedIn ? 'You are ' : 'Signed in as ', mayBeSaid
    ? h('button', { type: 'button', class: 'quiet', id: 'name-button', title: 'Say who you are' }, typed(me()))
    : typed(me()));
}

byId('who').addEventListener('click', event => {
  if (!event.target.closest('#name-button')) return;
  const input = h('input', { id: 'name', autocomplete: 'off', maxlength: 256, pattern: '[ -~]*', title: 'Letters, digits and signs without accents', autofocus: true });
  input.value = saidName() ?? '';
  const dialog = h('dialog', { 'aria-labelledby': 'name-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'name-title' }, 'Who are you?'),
      h('label', { for: 'name' }, 'Name'),
      input,
      h('p', { class: 'hint' }, 'In development your word is taken for it, in this tab.'),
      h('div', { class: 'buttons' }, h('button', { class: 'primary', value: 'ok' }, 'That is me'))));
  byId('main').append(dialog);
  dialog.showModal();
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue !== 'ok') return;
    sayName(input.value.trim() || null);
    showName();
    render();
    refresh();
  });
});

for (const id of ['find', 'next']) byId(id).hidden = false;
showName();
render();
