// Rules about queries: those of Grafana's dashboard linter, for annotations and variables, too.
import { allQueries, panelQueries } from '../lib/dashboards.js';
import { selectorsOf, syntaxErrors } from '../lib/promql.js';
import { RATE_INTERVAL, asPromql } from './rule.js';

const RATES = ['rate', 'irate'];
const OF_COUNTERS = [...RATES, 'increase'];

/** A rule that holds for each selector of each query. */
const eachSelector = (name, well, spoilt) => ({
  name,
  check: (dashboard) => allQueries(dashboard).flatMap(({ where, expr }) =>
    selectorsOf(asPromql(dashboard, expr))
      .filter((selector) => !well(selector, where))
      .map(({ text, range }) => `${where}: ${text}${range ? `[${range}]` : ''}`)),
  spoil: (dashboard) => (panelQueries(dashboard)[0].target.expr = spoilt),
});

/** The variables job and instance are chosen one after the other: job cannot depend on itself. */
const CHOSEN_LATER = {
  job: ['variable "job"'],
  instance: ['variable "job"', 'variable "instance"'],
};

const targetRule = (label) => eachSelector(
  `target-${label}-rule`,
  ({ matchers }, where) => CHOSEN_LATER[label].includes(where)
    || matchers.some((m) => m.label === label && m.op === '=~' && m.value === `$${label}`),
  `up{${label}=~".+"}`,
);

export const targetRules = [
  {
    name: 'target-promql-rule',
    check: (dashboard) => allQueries(dashboard).flatMap(({ where, expr }) =>
      syntaxErrors(asPromql(dashboard, expr)).map((message) => `${where}: ${message}`)),
    spoil: (dashboard) => (panelQueries(dashboard)[0].target.expr += ')'),
  },
  targetRule('job'),
  targetRule('instance'),
  eachSelector(
    'target-counter-agg-rule',
    ({ metric, function: name }) => !metric.endsWith('_total') || OF_COUNTERS.includes(name),
    'sum(x_total)',
  ),
  eachSelector(
    'target-rate-interval-rule',
    ({ function: name, range }) => !RATES.includes(name) || range === RATE_INTERVAL,
    'rate(x_total[5m])',
  ),
];
