import { call } from './api.js';
import { announce, badge, byId, checkList, decided, h, hasStopped, markedName, sentence, show, stateName, time, typed } from './dom.js';
import { describe, draw, stepsOf } from './picture.js';
import { watch } from './watch.js';

const id = location.pathname.split('/').pop();
const FINAL = ['APPROVED', 'REJECTED', 'FLAGGED_WITH_UNPROCESSABLE_DATA'];
const PAUSE = { SUBMITTED: 500, FLAGGED_FOR_REVIEW: 3_000 };

let shown = null;

watch(async insist => {
  let application;
  try {
    application = (await call(`applications/${encodeURIComponent(id)}`, { insist })).body;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    byId('missing').hidden = false;
    return null;
  }

  if (JSON.stringify(application) !== JSON.stringify(shown)) render(application);
  return FINAL.includes(application.state) ? null : PAUSE[application.state] ?? 3_000;
});

function render(application) {
  const { name, address, state, reason, review, checks, history, submittedAt, updatedAt, workflow } = application;
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
  show(byId('review'), review && h('p', {}, typed(review.reviewer), ` ${decided(review.decision)} it`,
    review.comment && h('blockquote', {}, typed(review.comment))));
  show(byId('details'),
    h('dt', {}, 'Submitted'), h('dd', {}, time(submittedAt)),
    h('dt', {}, 'Last change'), h('dd', {}, time(updatedAt)),
    h('dt', {}, 'Number'), h('dd', {}, id.replace('application_', '')));
  const steps = stepsOf(application);
  byId('picture').replaceChildren(draw(steps));
  show(byId('picture-text'), sentence(describe(steps), name, address));
  show(byId('history'), ...history.map(({ state, at, by, note }) => h('li', {},
    badge(state), ' ', time(at), ', by ', typed(by), note && h('blockquote', {}, state.startsWith('REVIEW_') ? typed(note) : sentence(note, name, address)))));
}
