// All cabinets that the key opens: what needs somebody, what it costs, and a table of them.
import { get } from './api.js';
import { charts } from './charts.js';
import { fill, h, update } from './dom.js';
import { ago, count, lag, number, stateOf, usd, when } from './format.js';

const PAGE = 20;
const TROUBLED = ['failed', 'blocked', 'sync_failed', 'waiting', 'with_errors'];
const ORDER = [...TROUBLED, 'indexing', 'never_indexed', 'ok', 'inactive'];

const columns = [
  ['name', 'Cabinet', 'text'], ['urgency', 'State', 'text'], ['lag', 'Lag', 'figure'], ['queued', 'Queued', 'figure'], ['pending', 'Pending', 'figure'],
  ['failed', 'Failed', 'figure'], ['chunks', 'Chunks', 'figure'], ['cost', 'Cost today', 'figure'], ['last_run', 'Last run', 'figure'],
];

export const pill = name => {
  const [word, tone] = stateOf(name);
  return h('span', { class: `pill ${tone}` }, word);
};

export const tile = (key, name, value, note, tone) => h('div', { class: `tile ${tone ?? ''}`, key },
  h('dt', null, name), h('dd', null, h('span', { class: 'value' }, value), h('span', { class: 'note' }, note ?? '')));

function verdict({ states }) {
  const all = ORDER.reduce((sum, state) => sum + states[state], 0);
  const troubled = TROUBLED.reduce((sum, state) => sum + states[state], 0);
  if (all === 0) return 'There is no cabinet yet';
  return troubled === 0 ? `All is well with ${count(all - states.inactive, 'cabinet')}` : `${number(troubled)} of ${count(all, 'cabinet')} ${troubled === 1 ? 'needs' : 'need'} a look`;
}

export class Overview {
  title = 'Overview';
  #window = 'day';
  #shown = [];
  #asked = '';

  constructor({ go, refresh }) {
    this.go = go;
    this.refresh = refresh;
  }

  /** Shows the frame: what people type into stays as it is from refresh to refresh. */
  open(root, query) {
    this.query = query;
    this.verdict = h('h1', { tabindex: '-1' }, 'Overview');
    this.summary = h('div', { class: 'stack' });
    this.history = h('div');
    this.table = h('div');
    this.pager = h('div');
    this.search = h('input', { type: 'search', id: 'filter', maxlength: '200', autocomplete: 'off', placeholder: 'Name or id' });
    this.search.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#set({ search: this.search.value.trim(), page: '' }), 250);
    };
    this.state = h('select', { id: 'state' }, h('option', { value: '' }, 'All states'), ORDER.map(state => h('option', { value: state }, stateOf(state)[0])));
    this.state.onchange = () => this.#set({ state: this.state.value, page: '' });
    this.sort = h('select', { id: 'sort' }, columns.map(([name, text]) => h('option', { value: name }, name === 'urgency' ? 'Urgency' : text)));
    this.sort.onchange = () => this.#set({ sort: this.sort.value, reversed: '', page: '' });
    fill(root,
      this.verdict, this.summary,
      h('section', { class: 'panel', 'aria-labelledby': 'cabinets-title' },
        h('div', { class: 'head' }, h('h2', { id: 'cabinets-title' }, 'Cabinets'),
          h('form', { class: 'filters', role: 'search', 'aria-label': 'Filter cabinets', onsubmit: event => event.preventDefault() },
            h('label', { for: 'filter', class: 'unseen' }, 'Name or id'), this.search,
            h('label', { for: 'state', class: 'unseen' }, 'State'), this.state,
            h('label', { for: 'sort', class: 'only-narrow unseen' }, 'Sort by'), h('span', { class: 'only-narrow' }, this.sort))),
        this.table, this.pager),
      this.history);
    this.turn(query);
  }

  /** Another filter, order or page of the same view. */
  turn(query) {
    this.query = query;
    if (document.activeElement !== this.search) this.search.value = query.get('search') ?? '';
    this.state.value = query.get('state') ?? '';
    this.sort.value = query.get('sort') ?? 'urgency';
  }

  /** Somebody has gone elsewhere: what was being typed leads nowhere. */
  close() {
    clearTimeout(this.typing);
  }

  async load(signal) {
    const asked = { sort: this.query.get('sort'), reversed: this.query.get('reversed'), state: this.query.get('state'), search: this.query.get('search'), page: this.query.get('page'), limit: PAGE };
    const words = JSON.stringify(asked);
    const [board, history, health] = await Promise.all([
      get('/v1/rag/overview', { query: { ...asked, keep: this.#asked === words ? this.#shown.join(',') : '' }, signal }),
      get('/v1/rag/history', { query: { window: this.#window }, signal }),
      get('/v1/rag/health', { signal, anonymous: true }),
    ]);
    return { board, history, health, words };
  }

  show({ board, history, health, words }) {
    update(this.verdict, verdict(board.totals));
    update(this.summary, this.#summary(board, health));
    update(this.history, charts(history, window => { this.#window = window; this.refresh(); }));

    // Rows stay where they are while somebody reads them; a new order is taken when it is asked for.
    const fresh = board.cabinets.map(cabinet => cabinet.cabinet_id);
    if (this.#asked !== words || this.#shown.length === 0) this.#shown = fresh;
    this.#asked = words;
    const known = new Map([...board.kept, ...board.cabinets].map(cabinet => [cabinet.cabinet_id, cabinet]));
    this.#shown = this.#shown.filter(id => known.has(id));
    const moved = fresh.join() !== this.#shown.join();
    update(this.table, this.#table(this.#shown.map(id => known.get(id))));
    update(this.pager, this.#pager(board, moved ? () => { this.#shown = fresh; this.refresh(); } : null));
  }

  #set(changes) {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) value ? query.set(name, value) : query.delete(name);
    this.go(`#/${query.size ? `?${query}` : ''}`);
  }

  #summary(board, health) {
    const { totals, today, pauses } = board;
    const saved = today.naive_cost_usd > 0 ? Math.round((1 - today.cost_usd / today.naive_cost_usd) * 1000) / 10 : null;
    const share = today.budget_usd ? today.spent_usd / today.budget_usd : null;
    const notices = [
      ...Object.entries(health?.databases ?? {}).filter(([, state]) => state !== 'ok').map(([name, state]) =>
        ['bad', `The ${name === 'main' ? 'main' : 'index'} database is ${state.replace('_', ' ')}.`]),
      pauses.provider_not_before && ['warn', `The embeddings provider pauses until ${when(pauses.provider_not_before)}${pauses.provider_reason ? `: ${pauses.provider_reason}` : '.'}`],
      pauses.tokens_rejected > 0 && ['bad', `The marketplace rejects the token of ${count(pauses.tokens_rejected, 'cabinet')}: give it a new one with rag cabinet add --replace.`],
      share >= 1 && ['warn', 'The daily budget of all cabinets is spent: embedding waits until 00:00 UTC.'],
    ].filter(Boolean);
    return [
      h('ul', { class: 'states', 'aria-label': 'Cabinets by state', key: 'states' }, ORDER.filter(state => totals.states[state] > 0).map(state => {
        const [word, tone] = stateOf(state);
        const chosen = this.query.get('state') === state;
        return h('li', { key: state }, h('button', { type: 'button', class: `pill ${tone}`, 'aria-pressed': String(chosen), onclick: () => this.#set({ state: chosen ? '' : state, page: '' }) },
          word, h('b', null, number(totals.states[state]))));
      })),
      notices.length > 0 && h('ul', { class: 'notices', 'aria-label': 'Notices', key: 'notices' }, notices.map(([tone, text]) => h('li', { class: `notice ${tone}`, key: text.slice(0, 24) }, text))),
      h('dl', { class: 'tiles', key: 'tiles' },
        tile('lag', 'Worst lag', totals.worst_lag_cabinet_id === null ? 'none' : h('a', { href: `#/cabinets/${totals.worst_lag_cabinet_id}` }, lag(totals.worst_lag_seconds)),
          totals.worst_lag_cabinet_id === null ? 'nothing waits' : `cabinet ${totals.worst_lag_cabinet_id}`),
        tile('queued', 'Queued', number(totals.queued), 'changed rows'),
        tile('pending', 'Pending', number(totals.pending), `of ${number(totals.total_chunks)} texts`),
        tile('failed', 'Failed', number(totals.failed), 'rows and texts', totals.failed > 0 ? 'marked' : ''),
        tile('today', 'Embedded today', number(today.texts), today.naive_texts > 0 ? `of ${number(today.naive_texts)} texts` : 'texts since 00:00 UTC'),
        tile('cost', 'Cost today', usd(today.cost_usd), saved === null ? 'since 00:00 UTC' : `${saved} % below ${usd(today.naive_cost_usd)}`),
        today.budget_usd !== null && tile('budget', 'Budget used', `${Math.round(share * 100)} %`, `${usd(today.spent_usd)} of ${usd(today.budget_usd)}`, share >= 0.8 ? 'marked' : ''),
        tile('health', 'Databases', health?.status === 'ok' ? 'healthy' : 'in trouble',
          board.model?.name ?? 'no vectors yet', health?.status === 'ok' ? '' : 'marked')),
    ];
  }

  #table(cabinets) {
    const sorted = this.query.get('sort') ?? 'urgency';
    const reversed = this.query.get('reversed') === 'true';
    if (cabinets.length === 0) return h('p', { class: 'empty' }, this.query.get('search') || this.query.get('state') ? 'No cabinet matches.' : 'There is no cabinet yet: rag cabinet add makes one.');
    // Roles beside the elements: on a narrow screen the rows are laid out as cards, and browsers then forget that they were a table's.
    return h('table', { class: 'cabinets', role: 'table', 'aria-labelledby': 'cabinets-title' },
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map(([name, text, kind]) =>
        h('th', { scope: 'col', role: 'columnheader', class: kind, 'aria-sort': sorted !== name ? false : (name === 'name' || name === 'urgency') !== reversed ? 'ascending' : 'descending' },
          h('button', { type: 'button', onclick: () => this.#set({ sort: name === 'urgency' ? '' : name, reversed: sorted === name && !reversed ? 'true' : '', page: '' }) }, text))))),
      h('tbody', { role: 'rowgroup' }, cabinets.map(cabinet => this.#row(cabinet))));
  }

  #row(cabinet) {
    const figure = (text, label, tone) => h('td', { role: 'cell', class: `figure ${tone ?? ''}`, 'data-label': label }, text);
    const none = value => (value === 0 ? 'zero' : '');
    const reason = TROUBLED.includes(cabinet.state) && (cabinet.token_rejected ? 'The marketplace rejects the token' : cabinet.last_error);
    return h('tr', { role: 'row', key: cabinet.cabinet_id },
      h('th', { scope: 'row', role: 'rowheader' },
        h('a', { href: `#/cabinets/${cabinet.cabinet_id}` }, cabinet.name || `Cabinet ${cabinet.cabinet_id}`), h('span', { class: 'id' }, `#${cabinet.cabinet_id}`)),
      h('td', { role: 'cell', class: 'state' }, pill(cabinet.state), cabinet.is_indexing && cabinet.state !== 'indexing' && h('span', { class: 'now' }, 'indexing now'),
        reason && h('span', { class: 'reason', title: reason }, reason)),
      figure(lag(cabinet.lag_seconds), 'Lag', none(cabinet.lag_seconds)),
      figure(number(cabinet.queued), 'Queued', none(cabinet.queued)),
      figure(number(cabinet.pending), 'Pending', none(cabinet.pending)),
      figure(number(cabinet.failed), 'Failed', cabinet.failed ? 'marked' : 'zero'),
      figure(number(cabinet.total_chunks), 'Chunks', none(cabinet.total_chunks)),
      figure(usd(cabinet.cost_today_usd), 'Cost today', none(cabinet.cost_today_usd)),
      figure(cabinet.last_run_at ? ago(cabinet.last_run_at) : 'never', 'Last run', cabinet.last_run_at ? '' : 'zero'));
  }

  #pager(board, resort) {
    const page = Number(this.query.get('page') ?? 1);
    const last = Math.max(1, Math.ceil(board.matching / PAGE));
    const from = board.matching === 0 ? 0 : (page - 1) * PAGE + 1;
    const to = Math.min(page * PAGE, board.matching);
    return h('nav', { class: 'pager', 'aria-label': 'Pages of cabinets' },
      h('span', null, `${number(from)}–${number(to)} of ${number(board.matching)}`),
      resort && h('button', { type: 'button', class: 'quiet', key: 'resort', onclick: resort }, 'The order has changed: sort again'),
      last > 1 && h('span', { class: 'buttons', key: 'turn' },
        h('button', { type: 'button', class: 'quiet', disabled: page <= 1, onclick: () => this.#set({ page: page > 2 ? String(page - 1) : '' }) }, 'Previous'),
        h('button', { type: 'button', class: 'quiet', disabled: page >= last, onclick: () => this.#set({ page: String(page + 1) }) }, 'Next')));
  }
}
