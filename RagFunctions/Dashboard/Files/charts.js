// Small bar charts over equal steps of time, drawn here: a library would bring more than these need, and a build step with it.
import { h } from './dom.js';
import { dayOf, duration, hourOf, number, usd } from './format.js';

const HEIGHT = 56;
const STEP = 10;

const sum = (steps, of) => steps.reduce((total, step) => total + of(step), 0);
const most = (steps, of) => Math.max(...steps.map(of));

const kinds = [
  { key: 'texts', title: 'Texts embedded', of: step => step.texts, as: number, total: steps => number(sum(steps, step => step.texts)) },
  {
    key: 'cost', title: 'Cost of embedding', of: step => step.cost_usd, as: usd,
    total: steps => usd(sum(steps, step => step.cost_usd)),
    note: steps => sum(steps, step => step.naive_cost_usd) > 0 && `instead of ${usd(sum(steps, step => step.naive_cost_usd))} for embedding all texts in each run`,
  },
  { key: 'lag', title: 'Worst lag', of: step => step.lag_seconds, as: duration, total: steps => (most(steps, step => step.lag_seconds) ? duration(most(steps, step => step.lag_seconds)) : 'under a minute') },
  { key: 'duration', title: 'Longest run', of: step => step.longest_seconds, as: duration, total: steps => duration(most(steps, step => step.longest_seconds)) },
];

/** The charts of a history, and the same figures as a table. `choose` is called with the window asked for. */
export function charts(history, choose) {
  const isDay = history.window === 'day';
  const label = step => (isDay ? hourOf(step.started_at) : `${dayOf(step.started_at)}, ${hourOf(step.started_at)}`);
  return h('section', { class: 'panel', 'aria-labelledby': 'history-title' },
    h('div', { class: 'head' },
      h('h2', { id: 'history-title' }, 'History'),
      h('div', { class: 'choice', role: 'group', 'aria-label': 'How far back' },
        ...[['day', '24 hours'], ['fortnight', '14 days']].map(([name, text]) =>
          h('button', { type: 'button', 'aria-pressed': String(name === history.window), onclick: () => choose(name) }, text)))),
    h('div', { class: 'charts' }, kinds.map(kind => chart(kind, history.steps, label, isDay))),
    h('details', null,
      h('summary', null, 'The same as a table'),
      h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'History as a table' },
        h('table', { class: 'figures' },
          h('thead', null, h('tr', null, ['From', 'Runs', 'Failed', 'Texts', 'Cost', 'Worst lag', 'Longest run'].map(text => h('th', { scope: 'col' }, text)))),
          h('tbody', null, history.steps.filter(step => step.runs || step.lag_seconds).map(step => h('tr', { key: step.started_at },
            h('th', { scope: 'row' }, label(step)), [number(step.runs), number(step.failed_runs), number(step.texts), usd(step.cost_usd),
              duration(step.lag_seconds), duration(step.longest_seconds)].map(text => h('td', null, text)))))))));
}

function chart(kind, steps, label, isDay) {
  const highest = most(steps, kind.of) || 1;
  const width = steps.length * STEP;
  const total = kind.total(steps);
  const note = kind.note?.(steps);
  const best = steps.find(step => kind.of(step) === highest);
  const told = best ? `${kind.title}: ${total}. Highest ${kind.as(kind.of(best))} at ${label(best)}.` : `${kind.title}: nothing.`;
  const bars = steps.map((step, place) => {
    const value = kind.of(step);
    const height = value ? Math.max(1.5, (value / highest) * HEIGHT) : 0;
    return h('g', { class: 'step' },
      h('title', null, `${label(step)}: ${kind.as(value)}`),
      h('rect', { class: 'reach', x: place * STEP, y: 0, width: STEP, height: HEIGHT }),
      h('rect', { class: kind.key === 'duration' && step.failed_runs ? 'bar failed' : 'bar', x: place * STEP + 1, y: HEIGHT - height, width: STEP - 2, height }));
  });
  return h('figure', { class: 'chart', key: kind.key },
    h('figcaption', null, h('span', { class: 'name' }, kind.title), h('span', { class: 'value' }, total)),
    h('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': told },
      h('line', { class: 'ground', x1: 0, y1: HEIGHT, x2: width, y2: HEIGHT }), bars),
    h('div', { class: 'ends', 'aria-hidden': 'true' }, h('span', null, isDay ? hourOf(steps[0].started_at) : dayOf(steps[0].started_at)), h('span', null, 'now')),
    h('p', { class: 'note' }, note || ''));
}
