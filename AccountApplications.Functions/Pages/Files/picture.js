import { approvalsOf, checkName, dateText, decided, s } from './dom.js';

// The steps as the workflow has them: where each stands, in the picture's own units, and what it is called there.
const LAYOUT = {
  start: { x: 193, y: 28, lines: ['Start'], round: true },
  checkName: { x: 118, y: 130, lines: ['Check Name'] },
  checkAddress: { x: 268, y: 130, lines: ['Check Address'] },
  reviewRequired: { x: 193, y: 226, lines: ['Review', 'Required?'] },
  pendingReview: { x: 80, y: 304, lines: ['Pending Review'] },
  reviewApproved: { x: 80, y: 382, lines: ['Review', 'Approved?'] },
  reject: { x: 63, y: 470, lines: ['Reject', 'Application'] },
  approve: { x: 193, y: 470, lines: ['Approve', 'Application'] },
  left: { x: 262, y: 304, lines: ['Withdrawn', 'or Expired'], width: 96 },
  unprocessable: { x: 335, y: 470, lines: ['Flag Application', 'As Unprocessable'] },
  end: { x: 193, y: 560, lines: ['End'], round: true },
};
const WIDTH = 412;
const HEIGHT = 588;
const STEP = { width: 122, height: 44, radius: 24 };

// From which step to which, by way of which points, and what is written beside it: its lines, where, and where they are anchored.
const EDGES = [
  ['start', 'checks', [[193, 52], [193, 74]]],
  ['checks', 'reviewRequired', [[193, 166], [193, 204]]],
  ['checks', 'unprocessable', [[335, 166], [335, 448]], ['not', 'processable'], 342, 300],
  ['reviewRequired', 'pendingReview', [[132, 226], [80, 226], [80, 282]], ['yes'], 88, 262],
  ['reviewRequired', 'approve', [[193, 248], [193, 448]], ['no'], 201, 372],
  ['pendingReview', 'reviewApproved', [[80, 326], [80, 360]]],
  ['pendingReview', 'left', [[141, 304], [214, 304]]],
  ['left', 'end', [[264, 326], [264, 560], [217, 560]]],
  ['reviewApproved', 'reject', [[63, 404], [63, 448]], ['no'], 55, 430, 'end'],
  ['reviewApproved', 'approve', [[141, 382], [164, 382], [164, 448]], ['yes'], 156, 430, 'end'],
  ['reject', 'end', [[63, 492], [63, 560], [169, 560]]],
  ['approve', 'end', [[193, 492], [193, 536]]],
  ['unprocessable', 'end', [[335, 492], [335, 560], [217, 560]]],
];

const SIGNS = { done: 'M-3.5 0L-1 2.5L3.5-2.5', failed: 'M-2.5-2.5L2.5 2.5M2.5-2.5L-2.5 2.5', waiting: 'M0-3V0L2 1.5' };
const WORDS = { done: 'done', failed: 'failed', waiting: 'waiting', idle: 'not reached' };

/**
 * What became of each step, in the order in which they come: its status (done, failed, waiting or idle), and in words when and why.
 * @param application With its history.
 */
export function stepsOf({ reason, checks, review, reviews, terms, expiresAt, history }) {
  const entry = state => history.find(entry => entry.state === state);
  const submitted = entry('SUBMITTED') ?? history[0];
  const flagged = entry('FLAGGED_FOR_REVIEW');
  const unprocessable = entry('FLAGGED_WITH_UNPROCESSABLE_DATA');
  const approved = entry('APPROVED');
  const rejected = entry('REJECTED');
  const reviewed = entry('REVIEW_APPROVED') ?? entry('REVIEW_REJECTED');
  const checked = flagged ?? unprocessable ?? approved;
  const left = entry('WITHDRAWN') ?? entry('EXPIRED');
  const last = unprocessable ?? approved ?? rejected ?? left;

  const steps = {};
  const add = (id, status, at, ...notes) => {
    const times = at ? [dateText(at)] : [];
    steps[id] = { lines: LAYOUT[id].lines, status, notes: [...notes.filter(note => note), ...times] };
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
  else if (!reviewed && !left) {
    add('pendingReview', 'waiting', null, `since ${dateText(flagged.at)}`, ...reviews.map(each => `${decided(each.decision)} by ${each.reviewer}`),
      expiresAt && `until ${dateText(expiresAt)}`);
  } else add('pendingReview', 'done', (reviewed ?? left).at, reviewed && reviews.map(each => `${decided(each.decision)} by ${each.reviewer}`).join(', '));
  if (terms?.approvals > 1) steps.pendingReview.lines = ['Pending Review', `${approvalsOf(reviews)} of ${terms.approvals} approvals`];
  reached('reviewApproved', reviewed, review?.decision === 'APPROVE' ? 'yes' : 'no');
  reached('reject', rejected);
  reached('approve', approved);
  reached('left', left, left && `by ${left.by}`);
  if (left) steps.left.lines = [left.state === 'WITHDRAWN' ? 'Withdrawn' : 'Expired'];
  reached('unprocessable', unprocessable);
  reached('end', last);
  return steps;
}

/** The picture in words. */
export const describe = steps => Object.values(steps)
  .filter(({ status }) => status !== 'idle')
  .map(step => `${titleOf(step)}.`).join(' ');

const titleOf = ({ lines, status, notes }) => `${lines.join(' ')}: ${[WORDS[status], ...notes].join(', ')}`;

/** The workflow as the workshop's console draws it, with the way that one application took. */
export function draw(steps) {
  const isReached = id => id === 'checks' || steps[id].status !== 'idle';
  const isTaken = ([from, to]) => isReached(from) && isReached(to) && !(from === 'reviewRequired' && to === 'approve' && isReached('pendingReview'));
  const edges = EDGES.toSorted((a, b) => isTaken(a) - isTaken(b)); // What is taken lies above what is not.
  return s('svg', { class: 'way', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': 'The steps of the workflow', 'aria-describedby': 'picture-text' },
    s('g', { class: 'parallel' },
      s('rect', { x: 44, y: 74, width: 306, height: 92, rx: 10 }),
      s('text', { x: 57, y: 94 }, 'Check Applicant Data')),
    edges.map(edge => drawEdge(edge, isTaken(edge))),
    Object.entries(steps).map(([id, step]) => drawStep(id, step)));
}

function drawEdge([, , points, lines = [], x, y, anchor], isTaken) {
  const [[fromX], [toX, toY]] = points.slice(-2);
  const head = fromX === toX ? 'l-4.5-8h9z' : fromX < toX ? 'l-8-4.5v9z' : 'l8-4.5v9z';
  return s('g', { class: isTaken ? 'edge taken' : 'edge' },
    s('polyline', { points: points.join(' ') }),
    s('path', { d: `M${toX} ${toY}${head}` }),
    lines.map((line, i) => s('text', { x, y: y + i * 15, 'text-anchor': anchor }, line)));
}

function drawStep(id, step) {
  const { x, y, round, width = STEP.width } = LAYOUT[id];
  const { lines } = step;
  const { height, radius } = STEP;
  const sign = !round && SIGNS[step.status];
  return s('g', { class: `step ${step.status}`, transform: `translate(${x} ${y})`, 'data-step': id },
    s('title', {}, titleOf(step)),
    round ? s('circle', { r: radius }) : s('rect', { x: -width / 2, y: -height / 2, width, height, rx: 8 }),
    lines.map((line, i) => s('text', { y: 4.5 + (i - (lines.length - 1) / 2) * 15, 'text-anchor': 'middle' }, line)),
    sign && s('g', { class: 'sign', transform: `translate(${width / 2 - 3} ${-height / 2 + 3})` }, s('circle', { r: 8 }), s('path', { d: sign })));
}
