// The last scrape and the tracer's own last word, its summary, tell the same numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { total, totalBy } from './lib/exposition.js';
import { stand } from './lib/stand.js';
import { until } from './lib/until.js';

/** Longer than a finding may be held back: lock-failed waits a second to count its like. */
const QUIET = 1.5;

/** What a scrape says of things that happen, without what only tells of the scraping itself. */
function happenings(samples) {
  const own = /^process_|_timestamp_|_scrape_duration_|_ring_buffer_/;
  return JSON.stringify(samples.filter(({ name }) => !own.test(name)));
}

/** A scrape to which nothing was added for QUIET seconds. */
async function settled(tracer) {
  let last = await tracer.scrape();
  let since = performance.now();
  return until('the tracer to come to rest', async () => {
    const now = await tracer.scrape();
    if (happenings(now) !== happenings(last)) since = performance.now();
    last = now;
    return performance.now() - since > QUIET * 1000 && now;
  });
}

const faults = (scrape, where) => ({
  minor: total(scrape, 'mlockscope_faults_total', { where, type: 'minor' }),
  major: total(scrape, 'mlockscope_faults_total', { where, type: 'major' }),
});

const notZero = (counts) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

test('the last scrape agrees with the summary', async () => {
  const { tracer } = await stand();
  const scrape = await settled(tracer);
  const summary = await tracer.summary();
  assert.deepEqual(
    {
      events: total(scrape, 'mlockscope_events_total'),
      lost: total(scrape, 'mlockscope_events_lost_total'),
      divergences: total(scrape, 'mlockscope_model_divergences_total'),
      addressSpaces: total(scrape, 'mlockscope_address_spaces'),
      unlocksWithoutLock: total(scrape, 'mlockscope_unlocks_without_lock_total'),
      claimsDropped: total(scrape, 'mlockscope_claims_dropped_total'),
      findingsDropped: total(scrape, 'mlockscope_findings_dropped_total'),
      calls: notZero(totalBy(scrape, 'mlockscope_calls_total', 'call')),
      findings: notZero(totalBy(scrape, 'mlockscope_findings_total', 'kind')),
      faults: { locked: faults(scrape, 'locked'), exposed: faults(scrape, 'exposed') },
    },
    {
      events: summary.events,
      lost: summary.lost,
      divergences: summary.divergences,
      addressSpaces: summary.address_spaces,
      unlocksWithoutLock: summary.unlocks_without_lock,
      claimsDropped: summary.claims_dropped,
      findingsDropped: summary.findings_dropped,
      calls: notZero(summary.calls),
      findings: notZero(summary.findings),
      faults: summary.faults,
    },
  );
  assert.deepEqual([summary.lost, summary.divergences], [0, 0]);
  assert.ok(summary.findings.swapped > 0 && summary.faults.locked.minor > 0, 'the scene was seen');
});
