import { byId, h } from './dom.js';

const SAME_PLACE = 50; // px between the clicks of a double click, or taps of a double tap,
const SAME_TIME = 700; // and ms.

/** Asks before what cannot be undone. `close` takes the question back, which is a no. */
export function ask(title, yes, style, ...text) {
  const dialog = h('dialog', { id: 'confirm', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'confirm-title' }, title),
      h('div', { id: 'confirm-text' }, text, h('p', {}, 'This cannot be undone.')),
      h('div', { class: 'buttons' },
        h('button', { id: 'confirm-yes', class: style, value: 'yes', autofocus: true }, yes),
        h('button', { value: 'no' }, 'Cancel'))));
  byId('main').append(dialog);
  openedAt = lastClick;
  dialog.showModal();
  return {
    close: () => dialog.close(),
    answer: new Promise(resolve => dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    })),
  };
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
