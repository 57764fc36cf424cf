import { now, Problem } from './api.js';
import { byId, dateText, h, show } from './dom.js';

const LONGEST_PAUSE = 30_000;

/**
 * Reads now and then: what `read` returns is the pause until the next time, in ms, or null for never again. While the app does not
 * answer, the pauses grow and the page says so, until it does.
 * @returns {(insist?: boolean) => Promise<void>} Reads at once.
 */
export function watch(read) {
  const banner = byId('connection');
  let timer;
  let failures = 0;
  let last = null;
  let running = null;

  const run = insist => running ??= attempt(insist).finally(() => { running = null; });

  async function attempt(insist) {
    clearTimeout(timer);
    let pause;
    try {
      pause = await read(insist === true);
      show(banner, failures > 0 && h('span', { class: 'mended' }, 'Connected again.'));
      failures = 0;
      last = now();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      failures++;
      pause = problem.isPassing ? Math.min(LONGEST_PAUSE, 1000 * 2 ** (failures - 1)) : null;
      say(problem);
    }

    if (pause !== null) timer = setTimeout(() => { if (!document.hidden) run(); }, pause);
  }

  function say(problem) {
    const text = problem.isPassing
      ? `Connection lost: ${problem.message} Trying again by itself.${last ? ` What you see is from ${dateText(last)}.` : ''}`
      : problem.message;
    show(banner, h('span', {}, text), h('button', {}, problem.status === 401 ? 'Enter the key' : 'Try now'));
  }

  banner.addEventListener('click', event => { if (event.target.matches('button')) run(true); });
  addEventListener('online', () => run());
  document.addEventListener('visibilitychange', () => { if (!document.hidden) run(); });
  run();
  return run;
}
