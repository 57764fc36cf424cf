import { call, Problem } from './api.js';
import { announce, byId, show, typed } from './dom.js';

const FIELDS = { name: 'your name', address: 'your address' };
const form = byId('form');

// One key for what the form says: sent again, it is the same application; changed, it is another one. It stays with the page's place in the
// browser's history, and what was said does not: after a reload or Back the app knows whether the form still says that.
let attempt = { said: null, key: history.state?.key ?? null };
let sending = false;

byId('fields').disabled = false;

form.addEventListener('submit', event => {
  event.preventDefault();
  submit();
});

byId('another').addEventListener('click', () => {
  form.reset();
  begin(null, null);
  turnTo(form, byId('name'));
});

// A one-line field would join the lines of what is pasted.
byId('name').addEventListener('paste', event => {
  const text = event.clipboardData.getData('text');
  if (!/[\r\n]/.test(text.trim())) return;
  event.preventDefault();
  document.execCommand('insertText', false, inOneLine(text));
});

for (const name of Object.keys(FIELDS)) byId(name).addEventListener('input', () => {
  if (byId(`${name}-error`).textContent) complain(name, fault(name));
});

async function submit() {
  if (sending) return;
  show(byId('form-error'));
  const values = Object.fromEntries(Object.keys(FIELDS).map(name => [name, inOneLine(byId(name).value)]));
  const faulty = Object.keys(FIELDS).filter(name => complain(name, fault(name)));
  if (faulty.length > 0) {
    byId(faulty[0]).focus();
    return;
  }

  busy(true);
  try {
    const { body } = await send(values).catch(problem => {
      // The form says something else than before the page was loaded again.
      if (problem.status !== 422) throw problem;
      begin(null, null);
      return send(values);
    });
    show(byId('done-text'), 'We have the application of ', typed(body.name), '.');
    show(byId('own-page'), new URL(`/applications/${body.id}`, location).href);
    byId('own-page').href = `/applications/${body.id}`;
    turnTo(byId('done'), byId('done-title'));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(problem);
  } finally {
    busy(false);
  }
}

const send = values => call('applications', {
  method: 'POST', body: values, headers: { 'idempotency-key': keyFor(JSON.stringify(values)) }, insist: true,
});

const inOneLine = text => text.replace(/\s*[\t\r\n]\s*/g, ' ').trim();

function fault(name) {
  const text = inOneLine(byId(name).value);
  if (!text) return `Enter ${FIELDS[name]}.`;
  return /\p{Cc}/u.test(text) ? `There is a character in ${FIELDS[name]} that cannot be used. Type it anew.` : null;
}

function complain(name, text) {
  show(byId(`${name}-error`), text);
  byId(name).toggleAttribute('aria-invalid', text !== null);
  if (text !== null) byId(name).setAttribute('aria-invalid', 'true');
  return text !== null;
}

function refused(problem) {
  const faulty = Object.keys(FIELDS).filter(name => name in problem.errors);
  for (const name of faulty) complain(name, `${name === 'name' ? 'The name' : 'The address'} ${problem.errors[name].join(', ')}.`);
  if (faulty.length > 0) byId(faulty[0]).focus();
  else show(byId('form-error'), `${problem.message} ${problem.isPassing ? 'Nothing is lost: try again, and there will still be one application only.' : ''}`);
}

function keyFor(said) {
  if (!attempt.key || (attempt.said ?? said) !== said) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    begin(said, Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(''));
  }

  attempt.said = said;
  return attempt.key;
}

function begin(said, key) {
  attempt = { said, key };
  history.replaceState({ key }, '');
}

// The button stays enabled for the keyboard's sake; it merely does nothing meanwhile.
function busy(is) {
  sending = is;
  byId('submit').setAttribute('aria-disabled', is);
  show(byId('submit'), is ? 'Sending…' : 'Apply');
  if (is) announce('Sending…');
}

function turnTo(section, focus) {
  for (const each of [form, byId('done')]) each.hidden = each !== section;
  focus.focus();
}
