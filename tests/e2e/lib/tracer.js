// The tracer under test, `mlockscope trace`, with its exporter on a free port.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.js';
import { parseExposition } from './exposition.js';
import { tool } from './tools.js';

export const mlockscope = tool('MLOCKSCOPE', 'mlockscope');

export class Tracer {
  #child;
  #records;

  /**
   * Starts it, its NDJSON in FOLDER. It follows what this process starts and nothing else, so that
   * what happens on the host beside the tests changes no number.
   */
  static async start(folder) {
    const tracer = new Tracer();
    tracer.#records = join(folder, 'trace.ndjson');
    tracer.#child = new Child(
      mlockscope, 'trace', '--pid', String(process.pid), '--follow',
      '--web.listen-address', '127.0.0.1:0', '--format', 'json', '-o', tracer.#records,
    );
    const [, metrics] = await tracer.#child.says(/^mlockscope: metrics on (\S+)$/m);
    tracer.url = new URL(metrics);
    return tracer;
  }

  /** The text of one scrape. */
  async expose() {
    return (await fetch(this.url)).text();
  }

  /** One scrape: see parseExposition(). */
  async scrape() {
    return parseExposition(await this.expose());
  }

  /** Interrupts it, as a user would; its summary, the last line of its NDJSON. */
  async summary() {
    const { code } = await this.#child.end('SIGINT');
    if (code !== 0) throw new Error(`the tracer ended with ${code}: ${this.#child.stderr}`);
    const last = JSON.parse(readFileSync(this.#records, 'utf8').trimEnd().split('\n').at(-1));
    if (last.type !== 'summary') throw new Error(`the last line is no summary, but ${last.type}`);
    return last;
  }

  async end() {
    await this.#child.end();
  }
}
