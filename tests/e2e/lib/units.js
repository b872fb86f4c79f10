// Grafana's list of units. Node cannot load @grafana/data as it is (it imports names from CommonJS
// modules in which node does not find them, and wants a browser's languages), so it is bundled.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

import { build } from 'esbuild';

const SOURCE = `
  import { getValueFormats } from '@grafana/data';
  export const ids = getValueFormats().flatMap(({ submenu }) => submenu.map(({ value }) => value));
`;

/** The ids of all units that Grafana knows: "bytes", "s", ... */
export async function unitIds() {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    define: { navigator: '{ "languages": ["en"] }' },
    bundle: true, write: false, platform: 'node', format: 'iife', globalName: 'units',
    logLevel: 'error',
  });
  return vm.runInThisContext(`${outputFiles[0].text}; units.ids`, { filename: 'units' });
}
