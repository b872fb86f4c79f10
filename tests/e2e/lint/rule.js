// What the rules share.
import { substitute } from '../lib/variables.js';

/** What $__rate_interval is taken for: nobody writes this by hand. */
export const RATE_INTERVAL = '77s';

/** The message, unless all is well. */
export const complain = (well, message) => (well ? [] : [message]);

export const variable = (dashboard, name) =>
  dashboard.templating.list.find((candidate) => candidate.name === name);

/** EXPR as a PromQL parser can read it: with durations for intervals, "$job" and its like as is. */
export function asPromql(dashboard, expr) {
  const own = dashboard.templating.list.map(({ name }) => [name, `$${name}`]);
  return substitute(expr, {
    ...Object.fromEntries(own),
    __rate_interval: RATE_INTERVAL, __interval: '15s', __range: '6h',
  });
}
