// SARIF files against the published schema, with what a code-scanning service asks for beyond it.
// What is wrong must be seen, too: the validator's silence has to mean something.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import Ajv from 'ajv';

const require = createRequire(import.meta.url);
const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

const ajv = new Ajv({ schemaId: 'id', allErrors: true, unknownFormats: 'ignore' });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const isValid = ajv.compile(schema);
const errorsOf = (log) => (isValid(log) ? [] : isValid.errors.map((e) => e.dataPath + ' ' + e.message));

// What `write` writes to the file that it is given.
function written(write) {
  const folder = mkdtempSync(join(tmpdir(), 'mlockscope-sarif-'));
  try {
    const file = join(folder, 'sample.sarif');
    write(file);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const log = written((file) => execFileSync(process.env.SARIF_SAMPLE, [file]));
const [run] = log.runs;

const MISTAKES = {
  'another version': (l) => (l.version = '2.0.0'),
  'a level that does not exist': (l) => (l.runs[0].results[0].level = 'high'),
  'a message without text': (l) => (l.runs[0].results[0].message = {}),
  'a line 0': (l) =>
    (l.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0),
  'a time in words': (l) => (l.runs[0].invocations[0].startTimeUtc = 'today'),
  'a suppression of no kind': (l) =>
    (l.runs[0].results.find((r) => r.suppressions).suppressions[0].kind = 'mine'),
  'a stack without frames': (l) =>
    delete l.runs[0].results.find((r) => r.stacks.length).stacks[0].frames,
  'a field that does not exist': (l) => (l.runs[0].results[0].severity = 'high'),
};

test('the file has the form of SARIF 2.1.0', () => {
  assert.deepEqual(errorsOf(log), []);
});

test('so has the file of a real run, with source files', () => {
  const { MLOCKSCOPE } = process.env;
  const real = written((file) =>
    execFileSync(MLOCKSCOPE, ['run', '--sarif', file, '--', MLOCKSCOPE, 'demo'], { stdio: 'ignore' }),
  );
  assert.deepEqual(errorsOf(real), []);
  const results = real.runs[0].results;
  assert.ok(results.length >= 8);
  assert.ok(results.every((r) => r.partialFingerprints && r.locations.length === 1));
  assert.match(JSON.stringify(results), /stories_unlock\.cpp/);
});

for (const [mistake, spoil] of Object.entries(MISTAKES)) {
  test(`${mistake} would be seen`, () => {
    const copy = structuredClone(log);
    spoil(copy);
    assert.notDeepEqual(errorsOf(copy), []);
  });
}

test('every result has what a service shows: rule, place, message, fingerprint', () => {
  assert.equal(run.results.length, run.tool.driver.rules.length);
  for (const result of run.results) {
    assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    assert.ok(new URL(artifactLocation.uri, 'file:///src/'));
    assert.ok(region.startLine >= 1);
    assert.ok(result.message.text.length > 0);
    assert.ok(Object.keys(result.partialFingerprints).length > 0);
  }
});

test('rules point to a taxon that is there', () => {
  for (const rule of run.tool.driver.rules) {
    const { target } = rule.relationships[0];
    const taxonomy = run.taxonomies[target.toolComponent.index];
    assert.equal(taxonomy.name, target.toolComponent.name);
    assert.equal(taxonomy.taxa[target.index].id, target.id);
  }
});

test('a run that lost events was not successful', () => {
  const [invocation] = run.invocations;
  assert.equal(invocation.executionSuccessful, false);
  assert.ok(invocation.toolExecutionNotifications.some((n) => /12 events lost/.test(n.message.text)));
});
