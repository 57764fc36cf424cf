import { checkName, dateText, s } from './dom.js';

// The steps as the workflow has them: where each stands, in the picture's own units, and what it is called there.
const LAYOUT = {
  start: { x: 218, y: 28, lines: ['Start'], round: true },
  checkName: { x: 141, y: 130, lines: ['Check Name'] },
  checkAddress: { x: 295, y: 130, lines: ['Check Address'] },
  reviewRequired: { x: 218, y: 226, lines: ['Review', 'Required?'] },
  pendingReview: { x: 96, y: 304, lines: ['Pending Review'] },
  reviewApproved: { x: 96, y: 382, lines: ['Review', 'Approved?'] },
  reject: { x: 72, y: 470, lines: ['Reject', 'Application'] },
  approve: { x: 218, y: 470, lines: ['Approve', 'Application'] },
  unprocessable: { x: 364, y: 470, lines: ['Flag Application', 'As Unprocessable'] },
  end: { x: 218, y: 560, lines: ['End'], round: true },
};
const WIDTH = 436;
const HEIGHT = 588;
const STEP = { width: 128, height: 44, radius: 24 };

// From which step to which, along which path, and what is written beside it.
const EDGES = [
  ['start', 'checks', 'M218 52V74'],
  ['checks', 'reviewRequired', 'M218 166V204'],
  ['checks', 'unprocessable', 'M364 166V448', ['not', 'processable'], 356, 300, 'end'],
  ['reviewRequired', 'pendingReview', 'M154 226H96V282', ['yes'], 104, 262],
  ['reviewRequired', 'approve', 'M218 248V448', ['no'], 226, 330],
  ['pendingReview', 'reviewApproved', 'M96 326V360'],
  ['reviewApproved', 'reject', 'M72 404V448', ['no'], 64, 428, 'end'],
  ['reviewApproved', 'approve', 'M160 382H190V448', ['yes'], 182, 428, 'end'],
  ['reject', 'end', 'M72 492V560H194'],
  ['approve', 'end', 'M218 492V536'],
  ['unprocessable', 'end', 'M364 492V560H242'],
];

const SIGNS = { done: 'M-3.5 0L-1 2.5L3.5-2.5', failed: 'M-2.5-2.5L2.5 2.5M2.5-2.5L-2.5 2.5', waiting: 'M0-3V0L2 1.5' };
const WORDS = { done: 'done', failed: 'failed', waiting: 'waiting', idle: 'not reached' };

/**
 * What became of each step, in the order in which they come: its status (done, failed, waiting or idle), and in words when and why.
 * @param application With its history.
 */
export function stepsOf({ state, reason, checks, review, history }) {
  const entry = state => history.find(entry => entry.state === state);
  const submitted = entry('SUBMITTED') ?? history[0];
  const flagged = entry('FLAGGED_FOR_REVIEW');
  const unprocessable = entry('FLAGGED_WITH_UNPROCESSABLE_DATA');
  const approved = entry('APPROVED');
  const rejected = entry('REJECTED');
  const reviewed = entry('REVIEW_APPROVED') ?? entry('REVIEW_REJECTED');
  const checked = flagged ?? unprocessable ?? approved;
  const last = unprocessable ?? approved ?? rejected;

  const steps = {};
  const add = (id, status, at, ...notes) => {
    const times = at ? [dateText(at)] : [];
    steps[id] = { status, notes: [...notes.filter(note => note), ...times] };
  };
  const reached = (id, entry, ...notes) => add(id, entry ? 'done' : 'idle', entry?.at, ...(entry ? notes : []));

  add('start', 'done', submitted.at);
  for (const [id, check] of [['checkName', 'NAME'], ['checkAddress', 'ADDRESS']]) {
    const result = checks.find(result => result.check === check);
    // A reason names the check that could not process the data before it quotes anybody.
    if (result) add(id, result.flagged ? 'failed' : 'done', checked?.at, result.flagged ? result.reason : 'nothing found');
    else if (unprocessable && reason?.split("'")[0].includes(`${checkName(check)} `)) add(id, 'failed', unprocessable.at, reason);
    else if (checked) add(id, 'idle', null, 'its result was not needed');
    else add(id, 'waiting', null, `since ${dateText(submitted.at)}`);
  }

  reached('reviewRequired', flagged ?? approved, flagged ? 'yes' : 'no');
  if (!flagged) add('pendingReview', 'idle');
  else if (!reviewed) add('pendingReview', 'waiting', null, `since ${dateText(flagged.at)}`);
  else add('pendingReview', 'done', reviewed.at, `decided by ${reviewed.by}`);
  reached('reviewApproved', reviewed, review?.decision === 'APPROVE' ? 'yes' : 'no');
  reached('reject', rejected);
  reached('approve', approved);
  reached('unprocessable', unprocessable);
  reached('end', last);
  return steps;
}

/** The picture in words. */
export const describe = steps => Object.entries(steps)
  .filter(([, { status }]) => status !== 'idle')
  .map(([id, step]) => `${titleOf(id, step)}.`).join(' ');

const titleOf = (id, { status, notes }) => `${LAYOUT[id].lines.join(' ')}: ${[WORDS[status], ...notes].join(', ')}`;

/** The workflow as the workshop's console draws it, with the way that one application took. */
export function draw(steps) {
  const isReached = id => id === 'checks' || steps[id].status !== 'idle';
  const isTaken = ([from, to]) => isReached(from) && isReached(to) && !(from === 'reviewRequired' && to === 'approve' && isReached('pendingReview'));
  const edges = EDGES.toSorted((a, b) => isTaken(a) - isTaken(b)); // What is taken lies above what is not.
  return s('svg', { class: 'way', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': 'The steps of the workflow', 'aria-describedby': 'picture-text' },
    s('g', { class: 'parallel' },
      s('rect', { x: 60, y: 74, width: 316, height: 92, rx: 10 }),
      s('text', { x: 72, y: 94 }, 'Check Applicant Data')),
    edges.map(edge => drawEdge(edge, isTaken(edge))),
    Object.entries(steps).map(([id, step]) => drawStep(id, step)));
}

function drawEdge([, , path, lines = [], x, y, anchor], isTaken) {
  const isDown = path.lastIndexOf('V') > path.lastIndexOf('H');
  const isLeft = path.endsWith('H242');
  const head = isDown ? 'm0 1l-4.5-8h9z' : isLeft ? 'm-1 0l8-4.5v9z' : 'm1 0l-8-4.5v9z';
  return s('g', { class: isTaken ? 'edge taken' : 'edge' },
    s('path', { class: 'line', d: path }),
    s('path', { class: 'head', d: path + head }),
    lines.map((line, i) => s('text', { x, y: y + i * 15, 'text-anchor': anchor }, line)));
}

function drawStep(id, step) {
  const { x, y, lines, round } = LAYOUT[id];
  const { width, height, radius } = STEP;
  const sign = !round && SIGNS[step.status];
  return s('g', { class: `step ${step.status}`, transform: `translate(${x} ${y})`, 'data-step': id },
    s('title', {}, titleOf(id, step)),
    round ? s('circle', { r: radius }) : s('rect', { x: -width / 2, y: -height / 2, width, height, rx: 8 }),
    lines.map((line, i) => s('text', { y: 4.5 + (i - (lines.length - 1) / 2) * 15, 'text-anchor': 'middle' }, line)),
    sign && s('g', { class: 'sign', transform: `translate(${width / 2 - 3} ${-height / 2 + 3})` }, s('circle', { r: 8 }), s('path', { d: sign })));
}
