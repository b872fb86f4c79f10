// Every metric and label that a query, a legend or a rule names is one that Prometheus got from the
// exporter, or from a recording rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allQueries, panelQueries, readDashboards } from './lib/dashboards.js';
import { groupingLabelsOf, selectorsOf } from './lib/promql.js';
import { readRules } from './lib/rules.js';
import { stand } from './lib/stand.js';
import { asPromql } from './lint/rule.js';

/** Labels that --metrics-labels adds, and what Prometheus makes of them beside target labels. */
const OPTIONAL = ['container', 'pod', 'unit'].flatMap((label) => [label, `exported_${label}`]);

/** The labels of each metric: a Map from its name to a Set. */
async function labelsByMetric(prometheus) {
  const known = new Map();
  const series = await prometheus.api('series', { 'match[]': '{job=~".+"}' });
  for (const { __name__: name, ...labels } of series) {
    const before = known.get(name) ?? OPTIONAL;
    known.set(name, new Set([...before, ...Object.keys(labels)]));
  }
  return known;
}

function unknownIn({ where, expr, legend = [] }, known) {
  const selectors = selectorsOf(expr);
  const ofMetric = (metric) => known.get(metric) ?? new Set();
  const all = new Set(selectors.flatMap(({ metric }) => [...ofMetric(metric)]));
  return [
    ...selectors.filter(({ metric }) => !known.has(metric)).map(({ metric }) => metric),
    ...selectors.flatMap(({ metric, matchers }) => matchers.map(({ label }) => label)
      .filter((label) => !ofMetric(metric).has(label)).map((label) => `${metric}{${label}}`)),
    ...[...groupingLabelsOf(expr), ...legend].filter((label) => !all.has(label)),
  ].map((name) => `${where}: ${name}`);
}

const labelsInLegend = ({ legendFormat = '' }) =>
  [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);

const expressions = () => [
  ...readRules(),
  ...readDashboards().flatMap(({ dashboard }) => [
    ...allQueries(dashboard),
    ...panelQueries(dashboard).map((query) => ({ ...query, legend: labelsInLegend(query.target) })),
  ].map((query) => ({ ...query, expr: asPromql(dashboard, query.expr) }))),
];

test('every name in a query or a rule is known', async () => {
  const known = await labelsByMetric((await stand()).prometheus);
  assert.deepEqual(expressions().flatMap((expression) => unknownIn(expression, known)), []);
});

test('a name that is not known would be seen', async () => {
  const known = await labelsByMetric((await stand()).prometheus);
  const wrong = 'sum by (kinds) (mlockscope_findings_total{severe="x"}) + mlockscope_finding_total';
  assert.deepEqual(unknownIn({ where: 'test', expr: wrong }, known), [
    'test: mlockscope_finding_total',
    'test: mlockscope_findings_total{severe}',
    'test: kinds',
  ]);
});
