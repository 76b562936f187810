// Figures and times as people read them. Times are those of the browser's zone.
import { serverNow } from './api.js';

const plain = new Intl.NumberFormat('en-GB');
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const wholeDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export const number = value => plain.format(value);
export const count = (value, one, many = `${one}s`) => `${plain.format(value)} ${value === 1 ? one : many}`;

/** US dollars: cents where there are some, else as many digits as tell something. */
export function usd(value) {
  if (!value) return '$0';
  if (value >= 1) return `$${value.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (value >= 0.01) return `$${value.toFixed(3).replace(/0$/, '')}`;
  return value < 0.000001 ? '< $0.000001' : `$${Number(value.toPrecision(2)).toFixed(6).replace(/0+$/, '')}`;
}

/** A duration in its two largest units. */
export function duration(value) {
  if (value < 1) return value === 0 ? '0 s' : `${Math.max(1, Math.round(value * 1000))} ms`;
  if (value < 60) return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} s`;
  const minutes = Math.round(value / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

/** A lag: nothing to tell below a second. */
export const lag = value => (value < 1 ? '0 s' : duration(Math.round(value)));

/** How long ago. */
export function ago(time) {
  const passed = (serverNow() - Date.parse(time)) / 1000;
  return passed < 5 ? 'just now' : passed < 60 ? 'less than a minute ago' : `${duration(passed)} ago`;
}

/** A time of the day; with the date where it is another day. */
export function when(time) {
  const date = new Date(time);
  return date.toDateString() === new Date(serverNow()).toDateString() ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

export const onDay = time => wholeDay.format(new Date(time));
export const timeOfDay = date => seconds.format(date);
export const hourOf = time => clock.format(new Date(time));
export const dayOf = time => day.format(new Date(time));

export const modes = { incremental: 'changes', catch_up: 'catch-up', full_rebuild: 'full rebuild' };

const states = {
  failed: ['Failed', 'bad'],
  blocked: ['Blocked', 'bad'],
  sync_failed: ['Sync failing', 'bad'],
  waiting: ['Waiting', 'warn'],
  with_errors: ['With errors', 'warn'],
  indexing: ['Indexing', 'busy'],
  never_indexed: ['Not indexed yet', 'idle'],
  ok: ['OK', 'good'],
  inactive: ['Inactive', 'idle'],
  completed: ['Completed', 'good'],
  completed_with_errors: ['With errors', 'warn'],
  'waiting: budget': ['Budget spent', 'warn'],
  superseded: ['Superseded', 'idle'],
  rejected: ['Token rejected', 'bad'],
  forbidden: ['Not allowed', 'bad'],
};

/** A state's word and tone. */
export const stateOf = name => states[name] ?? [name ?? 'Never', 'idle'];
