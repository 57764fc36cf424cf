import { call, Problem } from './api.js';
import { ask } from './confirm.js';
import { announce, badge, byId, checkList, h, hasStopped, markedName, reviewList, sentence, show, stateName, time, typed } from './dom.js';
import { describe, draw, stepsOf } from './picture.js';
import { watch } from './watch.js';

const id = location.pathname.split('/').pop();
const WAITING = 'FLAGGED_FOR_REVIEW';
const FINAL = ['APPROVED', 'REJECTED', 'FLAGGED_WITH_UNPROCESSABLE_DATA', 'WITHDRAWN', 'EXPIRED'];
const PAUSE = { SUBMITTED: 500, [WAITING]: 3_000 };

let shown = null;

const refresh = watch(async insist => {
  let application;
  try {
    application = (await call(`applications/${encodeURIComponent(id)}`, { insist })).body;
  } catch (problem) {
    if (!problem.isGone) throw problem;
    byId('whole').hidden = true;
    byId(problem.status === 410 ? 'erased' : 'missing').hidden = false;
    const { history = [], erasedAt, erasedBy } = problem.body;
    show(byId('erased-history'), ...history.map(entry), erasedAt && h('li', {}, h('span', { class: 'badge' }, 'Erased'), ' ', time(erasedAt), ', by ', typed(erasedBy)));
    return null;
  }

  if (JSON.stringify(application) !== JSON.stringify(shown)) render(application);
  return FINAL.includes(application.state) ? null : PAUSE[application.state] ?? 3_000;
});

function render(application) {
  const { name, address, state, reason, checks, history, submittedAt, updatedAt, expiresAt, workflow } = application;
  if (shown && shown.state !== state) announce(`The application is now: ${stateName(state)}.`);
  shown = application;
  document.title = `${stateName(state)} – Account applications`;
  byId('whole').hidden = false;
  show(byId('state'), badge(state));
  show(byId('name'), markedName(application));
  show(byId('address'), typed(address));
  show(byId('reason'), checks.length === 0 && reason && sentence(reason, name, address));
  show(byId('stopped'), hasStopped(workflow) && 'Its workflow has stopped. Nothing is lost: it goes on once somebody at the bank has started it again.');
  show(byId('checks'), ...checkList(application));
  show(byId('review'), reviewList(application));
  show(byId('details'),
    h('dt', {}, 'Submitted'), h('dd', {}, time(submittedAt)),
    h('dt', {}, 'Last change'), h('dd', {}, time(updatedAt)),
    state === WAITING && expiresAt && [h('dt', {}, 'Expires, if nobody decides'), h('dd', {}, time(expiresAt))],
    h('dt', {}, 'Number'), h('dd', {}, id.replace('application_', '')));
  const steps = stepsOf(application);
  byId('picture').replaceChildren(draw(steps));
  show(byId('picture-text'), sentence(describe(steps), name, address));
  byId('withdraw').hidden = state !== WAITING || hasStopped(workflow);
  show(byId('history'), ...entriesOf(application).map(entry));
}

function entry({ state, at, by, note }) {
  return h('li', {}, badge(state), ' ', time(at), ', by ', typed(by),
    note && h('blockquote', {}, state.startsWith('REVIEW_') ? typed(note) : sentence(note, shown.name, shown.address)));
}

/** The states, and between them the approvals that another had to follow. */
const entriesOf = ({ history, reviews, review }) => [
  ...history,
  ...reviews.filter(each => each.decidedAt !== review?.decidedAt)
    .map(({ reviewer, comment, decidedAt }) => ({ state: 'REVIEW_APPROVED', at: decidedAt, by: reviewer, note: comment })),
].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

byId('withdraw').addEventListener('click', async () => {
  const { name, address } = shown;
  const question = ask('Withdraw this application?', 'Withdraw', 'reject', h('p', {}, typed(name), ', ', typed(address)));
  if (!await question.answer) return;
  show(byId('withdraw-error'));
  try {
    await call(`applications/${encodeURIComponent(id)}/withdraw`, { method: 'POST', insist: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    show(byId('withdraw-error'), `Not withdrawn: ${problem.message}`);
  }

  refresh();
});
