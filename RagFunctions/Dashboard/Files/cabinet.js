// One cabinet: how it stands and why, what can be done about it, its sync, runs and search.
import { get, post } from './api.js';
import { charts } from './charts.js';
import { ask, fill, h, update } from './dom.js';
import { ago, count, duration, lag, modes, number, stateOf, usd, when } from './format.js';
import { pill, tile } from './overview.js';
import { searchBox } from './search.js';

const PHASES = [['read', 'read'], ['render', 'render'], ['embed', 'embed'], ['save', 'save']];

export class Cabinet {
  #window = 'day';
  #isOperator = false;

  constructor({ id, refresh, tell }) {
    this.id = id;
    this.refresh = refresh;
    this.tell = tell;
    this.title = `Cabinet ${id}`;
  }

  open(root) {
    this.top = h('div', { class: 'stack' });
    this.failures = h('div', { class: 'stack' });
    this.rest = h('div', { class: 'stack' });
    this.done = h('p', { class: 'done', role: 'status' });
    this.name = h('h1', { tabindex: '-1' }, this.title);
    fill(root, h('nav', { 'aria-label': 'Way back' }, h('a', { class: 'back', href: '#/' }, 'All cabinets')),
      this.name, this.top, this.done, this.failures, searchBox(this.id), this.rest);
  }

  turn() {}

  close() {}

  async load(signal) {
    const [status, details, failures, runs, history, board] = await Promise.all([
      get(`/v1/rag/status/${this.id}`, { signal }), get(`/v1/rag/details/${this.id}`, { signal }), get(`/v1/rag/failures/${this.id}`, { signal }),
      get(`/v1/rag/runs/${this.id}`, { signal }), get(`/v1/rag/history/${this.id}`, { query: { window: this.#window }, signal }),
      get('/v1/rag/overview', { query: { limit: 1, keep: this.id }, signal }),
    ]);
    return { status, details, failures, runs: runs.runs, history, board };
  }

  show({ status, details, failures, runs, history, board }) {
    this.#isOperator = board.is_operator;
    this.isBusy = status.is_indexing || status.requested_mode !== null;
    this.title = details.name || `Cabinet ${this.id}`;
    update(this.name, this.title, h('span', { class: 'id' }, `#${this.id}`));
    // One that was added this moment is not in the overview yet.
    const state = board.kept[0]?.state;
    const money = details.budget;
    update(this.top,
      h('div', { class: 'standing', key: 'standing' }, state && pill(state), status.is_indexing && state !== 'indexing' && h('span', { class: 'now' }, 'indexing now'),
        h('p', null, sentence(status, details))),
      hints(status, details).map(text => h('p', { class: 'hint', key: text.slice(0, 20) }, text)),
      this.#buttons(status),
      h('dl', { class: 'tiles', key: 'tiles' },
        tile('lag', 'Lag', lag(status.lag_seconds), status.lag_seconds < 1 ? 'nothing waits' : 'oldest change'),
        tile('queued', 'Queued', number(status.queued), 'changed rows'),
        tile('pending', 'Pending', number(status.pending), `of ${number(status.total_chunks)} texts`),
        tile('failed', 'Failed', number(status.failed), 'rows and texts', status.failed > 0 ? 'marked' : ''),
        tile('spent', 'Spent today', usd(money.spent_usd), budgetNote(money), money.daily_usd !== null && money.spent_usd >= money.daily_usd ? 'marked' : ''),
        tile('source', 'Changes come by', { sync: 'sync', capture: 'triggers', catch_up: 'catch-up' }[status.change_source] ?? status.change_source,
          status.change_source === 'catch_up' ? 'deletions wait for a rebuild' : 'deletions too'),
        tile('model', 'Model', details.model ? `${number(details.model.dimensions)} dim.` : 'none yet', modelNote(details.model, status.next_generation))));
    update(this.failures, failurePanel(failures));
    update(this.rest, syncPanel(details), runsPanel(runs), charts(history, window => { this.#window = window; this.refresh(); }));
  }

  #buttons(status) {
    const off = !status.is_active;
    return h('div', { class: 'buttons actions', key: 'actions', role: 'group', 'aria-label': 'Actions' },
      h('button', { type: 'button', disabled: off, onclick: () => this.#act('Index now?', `Indexes the changed rows of ${this.title} now. It costs what the changed texts cost.`, 'Index', `/v1/rag/index/${this.id}`) }, 'Index'),
      h('button', { type: 'button', disabled: off, onclick: () => this.#act('Rebuild the index?', `Reads all rows of ${this.title} again, deletes what is gone and verifies. Texts that did not change are not embedded again.`, 'Rebuild', `/v1/rag/index/${this.id}`, { full_rebuild: true }) }, 'Rebuild'),
      h('button', { type: 'button', disabled: off, onclick: () => this.#act('Sync now?', `Reads ${this.title} from the marketplace now, within its limits.`, 'Sync', `/api/v1/sync/cabinet/${this.id}`) }, 'Sync'),
      status.outcome === 'blocked' && this.#isOperator && h('button', {
        type: 'button', class: 'danger', key: 'allow',
        onclick: () => this.#act('Allow the mass deletion?', `A rebuild of ${this.title} deletes whatever the source no longer has. ${blockedWords(status)}`, 'Rebuild and delete', `/v1/rag/index/${this.id}`,
          { full_rebuild: true, allow_mass_delete: true }, 'These rows are really gone from the source'),
      }, 'Rebuild and allow the deletion'));
  }

  async #act(title, text, yes, path, query, tick) {
    if (!await ask({ title, text, yes, tick })) return;
    try {
      const accepted = await post(path, { query });
      this.done.className = 'done';
      fill(this.done, `${yes}: ${accepted.message ?? accepted.status}.`);
    } catch (error) {
      this.done.className = 'done bad';
      fill(this.done, `${yes} was not accepted: ${error.message}`);
    }
    this.refresh();
  }
}

function blockedWords(status) {
  const blocked = status.last_run?.blocked ?? [];
  return blocked.map(one => `${one.entity}: the index has ${number(one.indexed_rows)} rows, the source still offers ${number(one.eligible_rows)}`).join('; ');
}

function sentence(status, details) {
  const run = status.last_run;
  const again = status.not_before ? ` It is tried again at ${when(status.not_before)}.` : '';
  const last = run?.finished_at ? ` ${ago(run.finished_at)}` : '';
  if (!status.is_active) return 'Deactivated: hidden from search, no runs.';
  switch (status.outcome) {
    case 'failed': return `The last run failed${last}: ${status.last_error ?? 'no reason was kept'}.${again}`;
    case 'blocked': return `The last run${last} held a mass deletion back: ${blockedWords(status) || status.last_error}. Either the source lost rows by mistake, or an operator allows it.`;
    case 'waiting': return `Embedding waits${status.not_before ? ` until ${when(status.not_before)}` : ''}: ${status.last_error ?? 'the provider asked for it'}. Changes and texts go on.`;
    case 'waiting: budget': return 'The daily budget is spent: embedding waits until 00:00 UTC. Changes and texts go on.';
    case 'completed_with_errors': return `The last run ended${last} with errors: ${status.last_error ?? 'some rows or texts failed'}. They are tried again by themselves.`;
    case 'completed':
      return status.queued + status.pending === 0 ? `Everything is indexed; the last run ended${last}.` : `The last run ended well${last}; ${count(status.queued, 'change')} and ${count(status.pending, 'text')} wait for the next.`;
    default: return status.is_indexing ? 'The first run is under way.' : 'Never indexed. The first run starts by itself within a minute.';
  }
}

function hints(status, details) {
  const broken = details.sync.filter(entity => ['failed', 'forbidden'].includes(entity.outcome));
  return [
    details.token_rejected_at && `The marketplace rejects the token since ${when(details.token_rejected_at)}: its sync stands still until it has a new one (rag cabinet add --replace).`,
    !details.token_rejected_at && broken.length > 0 && `The sync of ${broken.map(entity => entity.entity).join(', ')} does not work: ${broken[0].error ?? 'no reason was kept'}.`,
    status.is_indexing && `A run is under way${status.mode ? `: ${modes[status.mode] ?? status.mode}` : ''}.`,
    status.requested_mode && !status.is_indexing && `A run is asked for (${modes[status.requested_mode] ?? status.requested_mode}) and starts within a minute.`,
    details.budget.all_spent && 'The budget of all cabinets together is spent.',
  ].filter(Boolean);
}

function budgetNote(money) {
  if (money.daily_usd !== null) return `of a budget of ${usd(money.daily_usd)}`;
  return money.questions > 0 ? `${count(money.questions, 'question')} included` : 'no budget of its own';
}

/** While the model changes: how much of this tenant is built of the next one, and whether its search is there already. */
function modelNote(model, next) {
  const name = model?.name ?? 'no vectors';
  if (!next) return name;
  return `${name}; next ${next.model} (${number(next.dimensions)}): ${number(next.done)} of ${number(next.of)} texts${next.serves ? ', serves search' : ''}`;
}

function failurePanel(failures) {
  const { rows, chunks, kept_aside: aside } = failures;
  if (rows.total + chunks.total + aside.total === 0) return null;
  const retry = time => (time ? `again at ${when(time)}` : 'again with the next run');
  return h('section', { class: 'panel', key: 'failures', 'aria-labelledby': 'failures-title' },
    h('h2', { id: 'failures-title' }, 'What failed, and why'),
    list('Rows that could not be read', rows, item => [`${item.kind} row ${item.row_id}`, item.error, `${count(item.attempts, 'attempt')}, ${retry(item.next_attempt_at)}`]),
    list('Texts that could not be embedded', chunks, item => [`${item.kind} row ${item.row_id}${item.chunk_index ? `, part ${item.chunk_index + 1}` : ''}`, item.error,
      `${count(item.attempts, 'attempt')}, ${retry(item.next_attempt_at)}`, item.text]),
    list('Rows of the marketplace kept aside', aside, item => [`${item.entity} ${item.row_key}`, item.reason, `first seen ${when(item.first_seen_at)}, last ${when(item.last_seen_at)}`, item.row]));
}

function list(title, { total, listed }, read) {
  return total > 0 && h('div', { class: 'failures', key: title },
    h('h3', null, `${title} `, h('span', { class: 'number' }, number(total))),
    h('ul', null, listed.map(item => {
      const [what, why, note, whole] = read(item);
      return h('li', { key: what }, h('b', null, what), h('span', { class: 'why' }, why ?? 'no reason was kept'), h('span', { class: 'note' }, note),
        whole && h('details', null, h('summary', null, 'Show'), h('pre', { tabindex: '0' }, whole)));
    })),
    total > listed.length && h('p', { class: 'note' }, `The first ${listed.length} of ${number(total)}.`));
}

function syncPanel(details) {
  if (details.sync.length === 0) return null;
  return h('section', { class: 'panel', key: 'sync', 'aria-labelledby': 'sync-title' },
    h('h2', { id: 'sync-title' }, 'Sync from the marketplace'),
    h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Entities of the sync' }, h('table', null,
      h('thead', null, h('tr', null, ['Entity', 'State', 'Read to the end', 'Next call', 'Kept aside', 'Cursor'].map((text, place) => h('th', { scope: 'col', class: place === 4 ? 'figure' : '' }, text)))),
      h('tbody', null, details.sync.map(entity => h('tr', { key: entity.entity },
        h('th', { scope: 'row' }, entity.entity),
        h('td', { class: 'state' }, pill(entity.is_running ? 'indexing' : entity.outcome ?? 'never'), entity.error && h('span', { class: 'reason' }, entity.error)),
        h('td', null, entity.last_success_at ? when(entity.last_success_at) : 'never'),
        h('td', null, entity.not_before ? `${when(entity.not_before)} (limit)` : entity.next_due_at ? when(entity.next_due_at) : 'at once'),
        h('td', { class: `figure ${entity.rejects ? 'marked' : 'zero'}` }, number(entity.rejects)),
        h('td', null, h('details', null, h('summary', null, 'Show'), h('pre', { tabindex: '0' }, entity.cursor)))))))));
}

function runsPanel(runs) {
  return h('section', { class: 'panel', key: 'runs', 'aria-labelledby': 'runs-title' },
    h('div', { class: 'head' }, h('h2', { id: 'runs-title' }, 'Last runs'),
      h('ul', { class: 'legend', 'aria-label': 'Phases of a run' }, PHASES.map(([name, text]) => h('li', null, h('i', { class: name }), text)))),
    runs.length === 0 ? h('p', { class: 'empty' }, 'There was no run yet.') : h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Table of runs' }, h('table', null,
      h('thead', null, h('tr', null, [['Started'], ['Mode'], ['Outcome'], ['Took', 'figure'], ['Phases'], ['New', 'figure'], ['Updated', 'figure'], ['Deleted', 'figure'], ['Embedded', 'figure'], ['Cost', 'figure']]
        .map(([text, kind]) => h('th', { scope: 'col', class: kind }, text)))),
      h('tbody', null, runs.map(run => h('tr', { key: run.run_id },
        h('th', { scope: 'row' }, when(run.started_at)),
        h('td', null, modes[run.mode] ?? run.mode),
        h('td', { class: 'state' }, pill(run.outcome ?? 'indexing'), run.last_error && h('span', { class: 'reason', title: run.last_error }, run.last_error)),
        h('td', { class: 'figure' }, run.finished_at ? duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) : ''),
        h('td', null, phaseBar(run)),
        [run.chunks_new, run.chunks_updated, run.chunks_deleted + run.chunks_expired, run.embedding_inputs].map(value => h('td', { class: `figure ${value ? '' : 'zero'}` }, number(value))),
        h('td', { class: `figure ${run.cost_usd ? '' : 'zero'}` }, usd(run.cost_usd))))))));
}

function phaseBar(run) {
  const all = PHASES.reduce((sum, [name]) => sum + run[`${name}_ms`], 0);
  if (all === 0) return h('span', { class: 'note' }, 'under a millisecond');
  const words = PHASES.map(([name, text]) => `${text} ${duration(run[`${name}_ms`] / 1000)}`).join(', ');
  return h('div', { class: 'phases', role: 'img', 'aria-label': words, title: words },
    PHASES.filter(([name]) => run[`${name}_ms`] > 0).map(([name]) => h('i', { class: name, style: { 'flex-grow': String(run[`${name}_ms`]) } })));
}
