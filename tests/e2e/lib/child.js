// Programs that the tests start. None outlives the tests, however these end: the kernel kills them
// with their parent (setpriv --pdeathsig).
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { tool } from './tools.js';
import { until } from './until.js';

export class Child {
  static #running = new Set();

  #process;
  #ended;
  #text = { stdout: '', stderr: '' };

  constructor(program, ...args) {
    this.command = [program, ...args].join(' ');
    this.#process = spawn(tool('SETPRIV', 'setpriv'), ['--pdeathsig', 'KILL', program, ...args]);
    Child.#running.add(this);
    this.#ended = once(this.#process, 'close').then(([code, signal]) => {
      Child.#running.delete(this);
      return { code, signal };
    });
    this.#process.stdin.on('error', () => {}); // it did not read all: how it ended tells more
    for (const stream of ['stdout', 'stderr']) {
      this.#process[stream].setEncoding('utf8');
      this.#process[stream].on('data', (text) => (this.#text[stream] += text));
    }
  }

  get pid() {
    return this.#process.pid;
  }

  get stdout() {
    return this.#text.stdout;
  }

  get stderr() {
    return this.#text.stderr;
  }

  /** Writes TEXT to its standard input. */
  write(text) {
    this.#process.stdin.write(text);
  }

  closeInput() {
    this.#process.stdin.end();
  }

  /** The match of PATTERN in what it writes to STREAM. Throws if it ends first. */
  async says(pattern, stream = 'stderr', limit = 30) {
    const match = await until(`${pattern} from ${this.command}`, () => {
      const { exitCode, signalCode } = this.#process;
      return this.#text[stream].match(pattern) ?? exitCode ?? signalCode ?? false;
    }, limit);
    if (Array.isArray(match)) return match;
    throw new Error(`${this.command} ended (${match}), saying: ${this.stderr}`);
  }

  /** Waits for its end: `{code, signal}`. */
  ended() {
    return this.#ended;
  }

  /** Sends SIGNAL and waits for the end. */
  async end(signal = 'SIGTERM') {
    this.#process.kill(signal);
    return this.#ended;
  }

  /** Ends all that still run: a test that fails half way has not ended what it started. */
  static endAll() {
    return Promise.all([...Child.#running].map((child) => child.end('SIGKILL')));
  }
}

/** Runs PROGRAM to its end, with INPUT as its standard input: `{code, signal, stdout, stderr}`. */
export async function runWith(input, program, ...args) {
  const child = new Child(program, ...args);
  child.write(input);
  child.closeInput();
  const { code, signal } = await child.ended();
  return { code, signal, stdout: child.stdout, stderr: child.stderr };
}

/** As runWith(), with no input. */
export const run = (program, ...args) => runWith('', program, ...args);
