// What all live tests share, started once for as many test files as one process loads: the tracer,
// a Prometheus that scrapes it, and a scene that has been played before them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { Child } from './child.js';
import { Prometheus } from './prometheus.js';
import { playScene } from './scene.js';
import { startSwap } from './swap.js';
import { Tracer } from './tracer.js';

const started = [];
let standing;

async function keep(starting) {
  const thing = await starting;
  started.push(thing);
  return thing;
}

async function start() {
  if (process.getuid() !== 0) throw new Error('tracing needs root: run the tests with sudo');
  const folder = mkdtempSync(join(tmpdir(), 'mlockscope-e2e-'));
  started.push({ end: () => rmSync(folder, { recursive: true }) });
  await keep(startSwap());
  const tracer = await keep(Tracer.start(folder));
  const prometheus = await keep(Prometheus.start(folder, tracer.url.host));
  const from = await prometheus.nextScrape();
  await playScene(prometheus);
  await prometheus.nextScrape();
  return { tracer, prometheus, range: { from, to: Date.now() / 1000 } };
}

/**
 * `{tracer, prometheus, range}`; range is the time of the scene, `{from, to}` in Unix seconds. The
 * first call starts it all; what it started ends with the tests.
 */
export function stand() {
  standing ??= start();
  return standing;
}

/** The last first. One that cannot be ended must not keep the others from it. */
async function end() {
  const failures = [];
  while (started.length > 0) {
    try {
      await started.pop().end();
    } catch (error) {
      failures.push(error);
    }
  }
  await Child.endAll();
  if (failures.length > 0) throw new AggregateError(failures, failures.join('\n'));
}

after(end);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => end().finally(() => process.exit(1)));
}
