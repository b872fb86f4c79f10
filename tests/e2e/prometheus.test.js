// Prometheus' own tools over what the exporter serves and what dashboards/prometheus/ has; and
// every query of the dashboards and rules, asked of a Prometheus that has watched the scene.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runWith, run } from './lib/child.js';
import {
  annotationQueries, labelValues, panelQueries, queryVariablesOf, readDashboards,
} from './lib/dashboards.js';
import { CONFIGURATION, ruleFiles, ruleTestFiles } from './lib/files.js';
import { selectorsOf } from './lib/promql.js';
import { readRules } from './lib/rules.js';
import { stand } from './lib/stand.js';
import { tool } from './lib/tools.js';
import { allChosen, builtIn, substitute } from './lib/variables.js';

const promtool = tool('PROMTOOL', 'promtool');
const SCRAPE = 1; // seconds, as lib/prometheus.js has it

async function promtoolAccepts(...args) {
  const { code, stdout, stderr } = await run(promtool, ...args);
  assert.equal(code, 0, stdout + stderr);
}

/** EXPR with the variables as a user of DASHBOARD sees them who shows RANGE. */
function asked(dashboard, expr, range) {
  const seconds = Math.ceil(range.to - range.from);
  const intervals = builtIn({ range: seconds, interval: SCRAPE, scrape: SCRAPE });
  return substitute(expr, { ...intervals, ...allChosen(dashboard) });
}

/** Whether there is a number at all: quantiles of nothing are NaN. */
const hasNumbers = (series) =>
  series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));

const answers = async (prometheus, expr, range) =>
  hasNumbers(await prometheus.queryRange(expr, range, SCRAPE));

/** Those of QUERIES that Prometheus has no data for; it throws at one that it cannot parse. */
async function unanswered(queries, { prometheus, range }) {
  const silent = [];
  for (const { where, expr } of queries) {
    if (!await answers(prometheus, expr, range)) silent.push(`${where}: ${expr}`);
  }
  return silent;
}

/** Conditions may well be false; what they are about must be there. */
const selectorsIn = (queries) => queries.flatMap(({ where, expr }) =>
  selectorsOf(expr).map(({ text }) => ({ where, expr: text })));

test('promtool has nothing to say about the metrics', async () => {
  const { tracer } = await stand();
  const metrics = await tracer.expose();
  const { code, stdout, stderr } = await runWith(metrics, promtool, 'check', 'metrics');
  assert.deepEqual({ code, said: stdout + stderr }, { code: 0, said: '' });
});

test('promtool accepts the configuration', () => promtoolAccepts('check', 'config', CONFIGURATION));
test('promtool accepts the rules', () => promtoolAccepts('check', 'rules', ...ruleFiles()));
test('the rules pass their tests', () => promtoolAccepts('test', 'rules', ...ruleTestFiles()));

for (const { file, dashboard } of readDashboards()) {
  test(`${file}: every panel's queries have data`, async () => {
    const live = await stand();
    const queries = panelQueries(dashboard)
      .map(({ where, expr }) => ({ where, expr: asked(dashboard, expr, live.range) }));
    assert.deepEqual(await unanswered(queries, live), []);
  });

  test(`${file}: what the annotations are about has data`, async () => {
    const live = await stand();
    const queries = annotationQueries(dashboard)
      .map(({ where, expr }) => ({ where, expr: asked(dashboard, expr, live.range) }));
    await unanswered(queries, live);
    assert.deepEqual(await unanswered(selectorsIn(queries), live), []);
  });

  for (const variable of queryVariablesOf(dashboard)) {
    test(`${file}: variable ${variable.name} has values to choose from`, async () => {
      const { prometheus } = await stand();
      const { label, selector } = labelValues(variable);
      const match = selector && substitute(selector, allChosen(dashboard));
      const parameters = match ? { 'match[]': match } : {};
      const values = await prometheus.api(`label/${label}/values`, parameters);
      assert.ok(values.length > 0);
    });
  }
}

test('every recording rule records', async () => {
  const live = await stand();
  const recorded = readRules().filter(({ record }) => record)
    .flatMap(({ where, expr, record }) => [{ where, expr }, { where, expr: record }]);
  assert.deepEqual(await unanswered(recorded, live), []);
});

test('what every alert is about has data', async () => {
  const live = await stand();
  const alerts = readRules().filter(({ alert }) => alert);
  await unanswered(alerts, live);
  assert.deepEqual(await unanswered(selectorsIn(alerts), live), []);
});
