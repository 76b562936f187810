// The page: who looks, what at, and how often it is read again.
import { ApiError, get, key } from './api.js';
import { Cabinet } from './cabinet.js';
import { fill, h } from './dom.js';
import { timeOfDay } from './format.js';
import { Overview } from './overview.js';

const CALM = 5_000;
const BUSY = 1_500;

const byId = id => document.getElementById(id);
const content = byId('content');

let view = null;
let path = null;
let timer = 0;
let reading = null;
let lostAt = null;
let isFirst = true;

const refresh = () => { if (view) read(); };
const tell = text => { byId('said').textContent = text; };
const go = hash => { if (location.hash === hash) route(); else location.hash = hash; };

function signIn(complaint) {
  stop();
  view?.close();
  view = null;
  path = null;
  key.forget();
  recovered();
  byId('live').hidden = byId('leave').hidden = true;
  document.title = 'Sign in · RagFunctions';
  const given = h('input', { type: 'password', id: 'key', autocomplete: 'off', required: true, spellcheck: 'false', 'aria-describedby': 'key-note' });
  const button = h('button', { type: 'submit', class: 'main' }, 'Open');
  const wrong = h('p', { class: 'notice bad', role: 'alert', hidden: !complaint }, complaint ?? '');
  const submit = async event => {
    event.preventDefault();
    button.disabled = true;
    key.set(given.value.trim());
    try {
      await get('/v1/rag/overview', { query: { limit: 1 } });
      route();
    } catch (error) {
      key.forget();
      wrong.hidden = false;
      wrong.textContent = error.status === 403 || error.status === 401 ? 'This key opens nothing. Check it and try again.' : `The app does not answer: ${error.message}.`;
      button.disabled = false;
      given.focus();
      given.select();
    }
  };
  fill(content, h('section', { class: 'panel door' },
    h('h1', null, 'RagFunctions'),
    h('form', { onsubmit: submit },
      h('label', { for: 'key' }, 'API key'), given,
      h('p', { class: 'note', id: 'key-note' }, 'It stays in this tab and is forgotten with it. An operator\u2019s key shows all cabinets, a limited one its own.'),
      wrong, button)));
  given.focus();
}

function route() {
  if (!key.get()) {
    signIn();
    return;
  }
  const [where, query] = location.hash.replace(/^#/, '').split('?');
  const cabinet = /^\/cabinets\/([0-9]{1,19})$/.exec(where);
  const wanted = cabinet ? where : '/';
  byId('live').hidden = byId('leave').hidden = false;
  if (wanted === path) {
    view.turn(new URLSearchParams(query));
  } else {
    view?.close();
    path = wanted;
    view = cabinet ? new Cabinet({ id: cabinet[1], refresh, tell }) : new Overview({ go, refresh });
    document.title = `${view.title} · RagFunctions`;
    content.setAttribute('aria-busy', 'true');
    view.open(content, new URLSearchParams(query));
    // Whoever follows a link is where it leads, also by ear.
    if (!isFirst) content.querySelector('h1').focus();
    scrollTo(0, 0);
  }
  isFirst = false;
  read();
}

function stop() {
  clearTimeout(timer);
  reading?.abort();
  reading = null;
}

async function read() {
  stop();
  const mine = new AbortController();
  const of = view;
  reading = mine;
  try {
    const seen = await of.load(mine.signal);
    if (mine.signal.aborted) return;
    of.show(seen);
    content.removeAttribute('aria-busy');
    document.title = `${of.title} · RagFunctions`;
    fill(byId('updated'), h('span', { class: 'only-wide' }, 'Updated '), timeOfDay(new Date()));
    recovered();
  } catch (error) {
    if (mine.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    if (!await troubled(error)) return;
  }
  if (reading === mine && !document.hidden) timer = setTimeout(read, of.isBusy ? BUSY : CALM);
}

/** Answers whether to go on. */
async function troubled(error) {
  if (error.status === 403 || error.status === 401) {
    // A key that opens some cabinets is right, and only this one is closed.
    const isRight = path !== '/' && await get('/v1/rag/overview', { query: { limit: 1 } }).then(() => true, () => false);
    if (!isRight) {
      signIn('The key is not valid any more.');
      return false;
    }
  }
  if (error.status >= 400 && error.status < 500) {
    path = null;
    fill(content, h('h1', { tabindex: '-1' }, 'Nothing to show'), h('p', { class: 'notice bad', role: 'alert' }, error.message), h('p', null, h('a', { href: '#/' }, 'All cabinets')));
    return false;
  }
  lostAt ??= new Date();
  document.body.classList.add('lost');
  byId('updated').textContent = 'Not up to date';
  const text = error.status === 503 ? `A database does not answer since ${timeOfDay(lostAt)}.` : `The app does not answer since ${timeOfDay(lostAt)}: ${error.message}.`;
  const whole = `${text} What is shown is older. Trying again every few seconds.`;
  if (byId('trouble').textContent !== whole) byId('trouble').textContent = whole;
  return true;
}

function recovered() {
  if (lostAt) tell('The app answers again.');
  lostAt = null;
  document.body.classList.remove('lost');
  byId('trouble').textContent = '';
}

byId('leave').onclick = () => signIn();
byId('skip').onclick = event => {
  event.preventDefault();
  content.focus();
};
addEventListener('hashchange', route);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (view) read();
});
route();
