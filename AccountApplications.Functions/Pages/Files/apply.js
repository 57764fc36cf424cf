import { call, Problem } from './api.js';
import { announce, byId, show, typed } from './dom.js';

const FIELDS = { name: 'your name', address: 'your address' };
const form = byId('form');

// One key for what the form says: sent again, it is the same application; changed, it is another one.
let attempt = { said: null, key: null };
let sending = false;

form.addEventListener('submit', event => {
  event.preventDefault();
  submit();
});

byId('another').addEventListener('click', () => {
  form.reset();
  attempt = { said: null, key: null };
  turnTo(form, byId('name'));
});

for (const name of Object.keys(FIELDS)) byId(name).addEventListener('input', () => {
  if (byId(`${name}-error`).textContent) complain(name, fault(name));
});

async function submit() {
  if (sending) return;
  show(byId('form-error'));
  const values = Object.fromEntries(Object.keys(FIELDS).map(name => [name, byId(name).value.trim()]));
  const faulty = Object.keys(FIELDS).filter(name => complain(name, fault(name)));
  if (faulty.length > 0) {
    byId(faulty[0]).focus();
    return;
  }

  busy(true);
  try {
    const { body } = await call('applications', {
      method: 'POST', body: values, headers: { 'idempotency-key': keyFor(JSON.stringify(values)) }, insist: true,
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

function fault(name) {
  const text = byId(name).value;
  if (!text.trim()) return `Enter ${FIELDS[name]}.`;
  // What somebody pastes may hold a tab.
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
  if (attempt.said !== said) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    attempt = { said, key: Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('') };
  }

  return attempt.key;
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
