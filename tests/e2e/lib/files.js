// The files under test.
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tests may be run from a copy of them (prepare.sh). */
const ROOT = process.env.MLOCKSCOPE_SOURCE
  ?? resolve(fileURLToPath(import.meta.url), '../../../..');
const DASHBOARDS = join(ROOT, 'dashboards');

export const CONFIGURATION = join(DASHBOARDS, 'prometheus', 'prometheus.yml');

export function readText(path) {
  return readFileSync(path, 'utf8');
}

function filesIn(folder, suffix) {
  const path = join(DASHBOARDS, folder);
  const names = readdirSync(path).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0) throw new Error(`no *${suffix} in ${path}`);
  return names.map((name) => join(path, name));
}

export const dashboardFiles = () => filesIn('grafana', '.json');
export const ruleTestFiles = () => filesIn('prometheus/tests', '.yml');
export const ruleFiles = () =>
  filesIn('prometheus', '.yml').filter((path) => path !== CONFIGURATION);
