// The rules of Grafana's dashboard linter, and ours. Each is also shown a dashboard that breaks it:
// a rule that finds nothing there would find nothing anywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readDashboards } from './lib/dashboards.js';
import { syntaxErrors } from './lib/promql.js';
import { readRules } from './lib/rules.js';
import { panelRules } from './lint/panels.js';
import { targetRules } from './lint/targets.js';
import { templateRules } from './lint/template.js';

const RULES = [...templateRules, ...panelRules, ...targetRules];

for (const { file, dashboard } of readDashboards()) {
  for (const { name, check, spoil } of RULES) {
    test(`${file}: ${name}`, () => {
      assert.deepEqual(check(dashboard), []);
      const spoilt = structuredClone(dashboard);
      spoil(spoilt);
      assert.notDeepEqual(check(spoilt), [], 'the rule does not see what breaks it');
    });
  }
}

test('rules are PromQL', () => {
  assert.deepEqual(readRules().flatMap(({ expr }) => syntaxErrors(expr)), []);
});

test('a rule records or alerts; an alert says how bad it is, what happened, what to do', () => {
  for (const { where, record, alert, labels, annotations } of readRules()) {
    assert.notEqual(record === undefined, alert === undefined, where);
    if (!alert) continue;
    assert.match(labels?.severity ?? '', /^(critical|warning|info)$/, where);
    assert.ok(annotations?.summary && annotations?.description, where);
  }
});
