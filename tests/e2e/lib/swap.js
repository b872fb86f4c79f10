// Swap for the demo's secret that reaches it, if the machine has none in use.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './child.js';

const MEBIBYTES = 64;

const inUse = () => readFileSync('/proc/swaps', 'utf8').trimEnd().includes('\n');

async function succeed(...command) {
  const { code, stderr } = await run(...command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr.trim()}`);
}

/** The blocks must be on the disk: swap writes beside the file system, holes will not do. */
async function use(file) {
  writeFileSync(file, '', { mode: 0o600 });
  await succeed('dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', `count=${MEBIBYTES}`, 'conv=fsync');
  await succeed('mkswap', file);
  await succeed('swapon', file);
}

/** Makes a swap file where the file system can have one; its end() takes it away again. */
export async function startSwap() {
  if (inUse()) return { end: () => {} };
  const reasons = [];
  for (const parent of [tmpdir(), '/var/tmp']) {
    const folder = mkdtempSync(join(parent, 'mlockscope-e2e-swap-'));
    const file = join(folder, 'swap');
    const remove = () => rmSync(folder, { recursive: true });
    try {
      await use(file);
      return { end: async () => succeed('swapoff', file).then(remove) };
    } catch (error) {
      remove();
      reasons.push(error.message);
    }
  }
  throw new Error(`no swap is in use, and none could be made:\n${reasons.join('\n')}`);
}
