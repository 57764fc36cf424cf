// What the pages are built with. Nothing here takes markup: what somebody typed can only become text.

/** An element with attributes, listeners (`onclick`) and children; what is null or false is left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for an element of a picture. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = id => document.getElementById(id);

byId('scriptless').remove();

// It stays: what the connection has to say comes and goes.
const fault = h('p', { class: 'connection', role: 'alert' });
const broken = ({ message, reason }) => {
  show(fault, `Something went wrong in this page (${reason?.message ?? message}). Reload it.`);
  byId('connection').after(fault);
};
addEventListener('error', broken);
addEventListener('unhandledrejection', broken);

/** What a storage area of the browser keeps, or this page where it is not allowed to. */
const keeper = (area, own = new Map()) => ({
  get(name) {
    if (own.has(name)) return own.get(name);
    try { return area().getItem(name); } catch { return null; }
  },
  set(name, value) {
    own.delete(name);
    try { value === null ? area().removeItem(name) : area().setItem(name, value); } catch { own.set(name, value); }
  },
});

export const tab = keeper(() => sessionStorage);
export const browser = keeper(() => localStorage);

const shown = new WeakMap();

/** Replaces what an element holds, but only if that is something else than last time: selections, screen readers and translations stay undisturbed. */
export function show(element, ...children) {
  const next = h('div', {}, ...children);
  if (shown.get(element)?.isEqualNode(next)) return;
  shown.set(element, next.cloneNode(true));
  element.replaceChildren(...next.childNodes);
}

/** Says something to those who do not see the page. */
export function announce(text) {
  byId('announcements').textContent = text;
}

/** What somebody typed: kept apart from the direction of the text around it, and nothing to translate. */
export const typed = (...text) => h('bdi', { class: 'typed', translate: 'no' }, text);

/** A sentence of the app's in which it quotes what somebody typed. */
export function sentence(text, ...quoted) {
  const [first] = quoted
    .map(value => ({ value, at: text.indexOf(`'${value}'`) + 1 }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => a.at - b.at);
  return first
    ? [text.slice(0, first.at), typed(first.value), ...sentence(text.slice(first.at + first.value.length), ...quoted)]
    : [text];
}

/** An application's name, with the word marked that its check found in it. */
export function markedName({ name, checks }) {
  const check = checks.find(({ check, flagged }) => check === 'NAME' && flagged);
  const word = check?.reason?.match(/ contains '([^']+)'\.$/)?.[1];
  if (!word) return typed(name);
  return typed(name.split(word).flatMap((part, i) => i ? [h('mark', {}, word), part] : [part]));
}

const STATES = {
  SUBMITTED: ['Submitted', 'busy'],
  FLAGGED_FOR_REVIEW: ['Waiting for a review', 'waiting'],
  FLAGGED_WITH_UNPROCESSABLE_DATA: ['Could not be processed', 'bad'],
  REVIEW_APPROVED: ['Approved in review', 'good'],
  REVIEW_REJECTED: ['Rejected in review', 'bad'],
  APPROVED: ['Approved', 'good'],
  REJECTED: ['Rejected', 'bad'],
  WITHDRAWN: ['Withdrawn', ''],
  EXPIRED: ['Expired', 'bad'],
};

/** A state in words; one that is newer than this page by its name. */
export const stateName = state => STATES[state]?.[0] ?? state.replaceAll('_', ' ').toLowerCase();

/** Whether an application's workflow does not go on by itself. */
export const hasStopped = workflow => ['FAILED', 'TERMINATED', 'GONE'].includes(workflow);

export const badge = state => h('span', { class: `badge ${STATES[state]?.[1] ?? ''}` }, stateName(state));

export const checkName = check => ({ NAME: 'Name', ADDRESS: 'Address' })[check] ?? check.replaceAll('_', ' ').toLowerCase();

/** A check's name, as `label` shows it, and its reason after it; a reason that begins with the name does not say it twice. */
export function finding({ check, reason }, { name, address }, label) {
  const own = checkName(check);
  return [label(own), ' ', ...sentence(reason.startsWith(`${own} `) ? reason.slice(own.length + 1) : reason, name, address), ' '];
}

/** What each check found, and by which rule. */
export const checkList = application => application.checks.map(check => h('li', { class: check.flagged ? 'flagged' : 'clean' },
  check.flagged ? finding(check, application, own => h('b', {}, own)) : [h('b', {}, checkName(check.check)), ': nothing found '],
  check.rule && h('small', { translate: 'no' }, check.rule)));

/** Each review, and how many approvals there are where two are needed. */
export const reviewList = ({ reviews, terms }) => [
  reviews.map(({ decision, reviewer, comment, decidedAt }) => h('p', {}, typed(reviewer), ` ${decided(decision)} it, `, time(decidedAt),
    comment && h('blockquote', {}, typed(comment)))),
  terms?.approvals > 1 && h('p', { class: 'facts' }, `${approvalsOf(reviews)} of ${terms.approvals} approvals.`)];

export const approvalsOf = reviews => reviews.filter(review => review.decision === 'APPROVE').length;

/** A decision as what was done. */
export const decided = decision => decision === 'APPROVE' ? 'approved' : 'rejected';

// The pages speak English, so dates are written as some English reader would.
const locale = navigator.languages.find(language => language.startsWith('en')) ?? 'en-GB';
const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

const hours = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });

export const dateText = at => dates.format(new Date(at));

export const hourText = at => hours.format(new Date(at));

export const time = at => h('time', { datetime: at }, dateText(at));

/** How long ago something was, in its largest units. */
export function age(at, now) {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000);
  if (minutes < 1) return 'under a minute';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const days = Math.floor(minutes / (24 * 60));
  return days === 1 ? '1 day' : `${days} days`;
}

const meta = name => document.querySelector(`meta[name="${name}"]`)?.content || null;

/** Who App Service says is signed in; null where it does not. */
export const signedIn = meta('signed-in');

/** Whether one can say oneself who one is, as in development. */
export const mayBeSaid = meta('may-be-said') !== null;

const REVIEWER = 'reviewer';

/** What a reviewer says the name is; null: nothing. */
export const saidName = () => mayBeSaid ? tab.get(REVIEWER) : null;
export const sayName = name => tab.set(REVIEWER, name);

if (signedIn) byId('who').append('Signed in as ', typed(signedIn));
