// A real Prometheus that scrapes the tracer every second, with the project's own configuration.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';

import { parse, stringify } from 'yaml';

import { Child } from './child.js';
import { CONFIGURATION, readText } from './files.js';
import { tool } from './tools.js';
import { until } from './until.js';

/** A TCP port that was free a moment ago: Prometheus 2.42 does not tell what port 0 became. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/**
 * The project's configuration with what a test has to change: the interval, the target (not its
 * name), and the rule files' paths, which are relative to the original.
 */
function configure(target) {
  const config = parse(readText(CONFIGURATION));
  config.global = { ...config.global, scrape_interval: '1s', evaluation_interval: '1s' };
  const folder = dirname(CONFIGURATION);
  config.rule_files = config.rule_files.map((file) => resolve(folder, file));
  for (const job of config.scrape_configs) {
    delete job.scrape_interval;
    delete job.scrape_timeout;
    const [instance] = job.static_configs[0].targets;
    job.static_configs = [{ targets: [target], labels: { instance } }];
  }
  delete config.global.scrape_timeout;
  delete config.alerting;
  return stringify(config);
}

export class Prometheus {
  #child;

  /** Starts it, its files in FOLDER, scraping TARGET ("address:port"). */
  static async start(folder, target) {
    const prometheus = new Prometheus();
    const port = await freePort();
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, configure(target));
    prometheus.url = new URL(`http://127.0.0.1:${port}`);
    prometheus.#child = new Child(
      tool('PROMETHEUS', 'prometheus'), `--config.file=${config}`, '--log.level=warn',
      `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`,
    );
    await until('Prometheus', async () => (await fetch(new URL('/-/ready', prometheus.url))).ok);
    return prometheus;
  }

  /** What the HTTP API answers at PATH; throws what it complains about. */
  async api(path, parameters = {}) {
    const url = new URL(`/api/v1/${path}`, this.url);
    for (const [name, values] of Object.entries(parameters)) {
      for (const value of [values].flat()) url.searchParams.append(name, value);
    }
    const answer = await (await fetch(url)).json();
    if (answer.status !== 'success') throw new Error(`${answer.error}\n  in ${parameters.query}`);
    return answer.data;
  }

  /** The instant vector of EXPRESSION at TIME (Unix seconds; default: now). */
  async query(expression, time) {
    return (await this.api('query', { query: expression, ...(time && { time }) })).result;
  }

  /** The matrix of EXPRESSION over RANGE, `{from, to}` in Unix seconds; STEP is in seconds. */
  async queryRange(expression, { from, to }, step = 1) {
    const query = { query: expression, start: from, end: to, step };
    return (await this.api('query_range', query)).result;
  }

  /** When it scraped last: Unix seconds. Throws if the target is not up. */
  async lastScrape() {
    const [target] = (await this.api('targets', { state: 'active' })).activeTargets;
    const { health, lastError, lastScrape } = target;
    if (health !== 'up') throw new Error(`the target is ${health}: ${lastError}`);
    return Date.parse(lastScrape) / 1000;
  }

  /** Waits until it has scraped anew; when that was, in Unix seconds. */
  async nextScrape() {
    const now = Date.now() / 1000;
    return until('a scrape', async () => {
      const last = await this.lastScrape();
      return last > now && last;
    });
  }

  async end() {
    await this.#child.end();
  }
}
