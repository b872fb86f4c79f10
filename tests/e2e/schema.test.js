// The dashboards against Grafana's published types (@grafana/schema). What is wrong in a known
// place must be seen, too: the compiler's silence has to mean something.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { panelsOf, readDashboards } from './lib/dashboards.js';
import { compile, toTypeScript } from './lib/types.js';

const panel = (dashboard, type) => panelsOf(dashboard).find((candidate) => candidate.type === type);

const MISTAKES = {
  'a number as text': (d) => (d.schemaVersion = '39'),
  'a field that does not exist': (d) => (d.tag = ['mlock']),
  'a mode of thresholds that does not exist': (d) =>
    (panelsOf(d)[0].fieldConfig.defaults.thresholds.mode = 'absolut'),
  'a grid position without a width': (d) => delete panelsOf(d)[0].gridPos.w,
  'an option of one type of panel that does not exist': (d) =>
    (panel(d, 'timeseries').options = { legend: { displayMode: 'lsit' } }),
  'a variable with a sort order that does not exist': (d) => (d.templating.list[0].sort = 99),
};

for (const { file, dashboard } of readDashboards()) {
  test(`${file} has the types of @grafana/schema`, () => {
    const spoilt = Object.values(MISTAKES).map((spoil) => {
      const copy = structuredClone(dashboard);
      spoil(copy);
      return copy;
    });
    const [errors, ...caught] = compile([dashboard, ...spoilt].map(toTypeScript));
    assert.deepEqual(errors, []);
    Object.keys(MISTAKES).forEach((mistake, i) => assert.notDeepEqual(caught[i], [], mistake));
  });
}
