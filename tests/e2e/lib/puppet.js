// The test program `puppet`, which locks and unlocks as it is told.
import { join } from 'node:path';

import { Child, run } from './child.js';
import { until } from './until.js';

const PAGE = Number((await run('getconf', 'PAGESIZE')).stdout);

/** The path of one of the test programs (tests/programs). */
export function testProgram(name) {
  const folder = process.env.MLOCKSCOPE_PROGRAMS;
  if (!folder) throw new Error('MLOCKSCOPE_PROGRAMS is not set: the folder of the test programs');
  return join(folder, name);
}

/** Deeds that lock two secrets on PAGE and unlock the first: the second, 64 bytes, is exposed. */
export const expose = (page) => {
  const at = page * PAGE;
  return [`lock ${at} 32`, `lock ${at + 100} 64`, `unlock ${at} 32`];
};

/** Deeds that lock PAGE again: its exposure is over. */
export const mend = (page) => [`lock ${page * PAGE} 32`];

export class Puppet {
  /** How many pages it has. */
  static PAGES = 16;

  #child;
  #answers = 0;

  constructor(name) {
    this.#child = new Child(testProgram('puppet'), name);
  }

  /** Does DEEDS (see puppet.c), and waits until they are done. */
  async does(...deeds) {
    this.#answers += deeds.length;
    this.#child.write(deeds.map((deed) => `${deed}\n`).join(''));
    const answered = () => this.#child.stdout.split('"did"').length > this.#answers;
    await until(`${deeds} to be done`, answered);
  }
}
