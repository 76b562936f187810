// The search of one cabinet, with its hits as a reader gets them.
import { post } from './api.js';
import { fill, h } from './dom.js';
import { count, onDay } from './format.js';

const KINDS = ['orders', 'products', 'stocks', 'reviews', 'sales'];

/** A box that searches a cabinet. It is made once, so that what is typed and found stays while the rest of the page is refreshed. */
export function searchBox(cabinetId) {
  const question = h('input', { type: 'search', id: 'question', maxlength: '2000', autocomplete: 'off', placeholder: 'A question in words', required: true });
  const mode = h('select', { id: 'mode' }, [['hybrid', 'By meaning and word'], ['vector', 'By meaning'], ['text', 'By word']].map(([value, text]) => h('option', { value }, text)));
  const kinds = KINDS.map(kind => h('input', { type: 'checkbox', value: kind }));
  const article = h('input', { type: 'text', id: 'article', inputmode: 'numeric', pattern: '[0-9]+', autocomplete: 'off', size: '12' });
  const from = h('input', { type: 'date', id: 'from' });
  const to = h('input', { type: 'date', id: 'to' });
  const limit = h('select', { id: 'limit' }, ['5', '20', '50'].map(value => h('option', { value }, value)));
  const button = h('button', { type: 'submit', class: 'main' }, 'Search');
  const found = h('div', { class: 'found', 'aria-live': 'polite' });
  let asking;

  const submit = async event => {
    event.preventDefault();
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const chosen = kinds.filter(kind => kind.checked).map(kind => kind.value);
    const body = { query: question.value.trim(), mode: mode.value, limit: Number(limit.value) };
    if (!body.query) return;
    if (chosen.length > 0) body.kinds = chosen;
    if (article.value) body.articles = [Number(article.value)];
    if (from.value) body.from = from.value;
    if (to.value) body.to = to.value;
    found.setAttribute('aria-busy', 'true');
    try {
      const reply = await post(`/v1/rag/search/${cabinetId}`, { body, signal });
      fill(found, hits(reply));
    } catch (error) {
      if (!signal.aborted) fill(found, h('p', { class: 'notice bad' }, `The search did not work: ${error.message}`));
    } finally {
      if (!signal.aborted) found.removeAttribute('aria-busy');
    }
  };

  return h('section', { class: 'panel', 'aria-labelledby': 'search-title' },
    h('h2', { id: 'search-title' }, 'Search'),
    h('form', { class: 'search', role: 'search', 'aria-labelledby': 'search-title', onsubmit: submit },
      h('div', { class: 'line' }, h('label', { for: 'question', class: 'unseen' }, 'Question'), question, h('label', { for: 'mode', class: 'unseen' }, 'Mode'), mode, button),
      h('details', null, h('summary', null, 'Filters'),
        h('div', { class: 'line' },
          h('fieldset', null, h('legend', null, 'Kinds'), kinds.map(kind => h('label', { class: 'tick' }, kind, kind.value))),
          h('label', { class: 'field' }, 'Article', article), h('label', { class: 'field' }, 'From', from), h('label', { class: 'field' }, 'To', to),
          h('label', { class: 'field' }, 'Hits', limit)))),
    found);
}

function hits(reply) {
  const took = Math.round(reply.search_ms + reply.question_ms);
  return [
    h('p', { class: 'note' }, reply.hits.length === 0
      ? 'Nothing found.'
      : `${count(reply.hits.length, 'hit')} in ${took} ms${reply.model ? ` by ${reply.model}` : ', by word'}`),
    h('ol', { class: 'hits' }, reply.hits.map(hit => h('li', null,
      h('div', { class: 'about' },
        h('span', { class: 'kind' }, hit.kind),
        h('span', null, `row ${hit.row_id}${hit.chunk_index ? `, part ${hit.chunk_index + 1}` : ''}`),
        hit.article && h('span', null, `article ${hit.article}`),
        hit.date && h('span', null, onDay(hit.date)),
        h('span', { class: 'score' }, `score ${hit.score.toFixed(3)}`),
        h('span', { class: 'ranks' }, [hit.vector_rank && `meaning #${hit.vector_rank}`, hit.text_rank && `word #${hit.text_rank}`].filter(Boolean).join(', '))),
      h('p', { class: 'text' }, hit.text)))),
  ];
}
