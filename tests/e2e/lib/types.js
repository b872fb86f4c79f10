// A dashboard checked by the TypeScript compiler against the types that Grafana publishes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const HERE = dirname(fileURLToPath(import.meta.url));

/** What the options of each type of panel are called in @grafana/schema, and where. */
const PANEL_TYPES = {
  bargauge: 'BarGaugePanelCfg',
  heatmap: 'HeatmapPanelCfg',
  stat: 'StatPanelCfg',
  table: 'TablePanelCfg',
  text: 'TextPanelCfg',
  timeseries: 'TimeSeriesPanelCfg',
};

/**
 * The types as JSON has them: an enum is its values. An option of a panel may be left out: Grafana
 * fills it in, which the published types do not tell; nor do they have what the Prometheus data
 * source adds to an annotation.
 */
const PRELUDE = `
import type { AnnotationQuery, Dashboard, Panel, RowPanel } from '@grafana/schema';
type Any<T> = 0 extends 1 & T ? true : false;
type Json<T> = Any<T> extends true ? T
  : T extends string ? \`\${T}\`
  : T extends Array<infer Item> ? Json<Item>[]
  : T extends object ? { [Key in keyof T]: Json<T[Key]> }
  : T;
type Some<T> = T extends Array<infer Item> ? Some<Item>[]
  : T extends object ? { [Key in keyof T]?: Some<T[Key]> }
  : T;
type OfPrometheus = {
  expr?: string; step?: string; useValueForTime?: boolean;
  tagKeys?: string; textFormat?: string; titleFormat?: string;
};
type Frame = Json<Omit<Dashboard, 'panels' | 'annotations'>> & {
  annotations?: { list?: (Json<AnnotationQuery> & OfPrometheus)[] };
};
`;

const importPanel = (type) => {
  const folder = `@grafana/schema/dist/esm/raw/composable/${type}/panelcfg/x`;
  return `import type * as ${type} from '${folder}/${PANEL_TYPES[type]}_types.gen';`;
};

function typeOf({ type, title }) {
  if (type === 'row') return 'Json<RowPanel>';
  if (!PANEL_TYPES[type]) throw new Error(`panel "${title}": types of ${type} are not listed here`);
  return `Json<Panel> & { options?: Some<Json<${type}.Options>> }`;
}

/** A module that holds DASHBOARD as literals, each panel with the type that it says it is. */
export function toTypeScript({ panels, ...dashboard }) {
  const types = [...new Set(panels.map(({ type }) => type))].filter((type) => type !== 'row');
  return [
    PRELUDE,
    ...types.map(importPanel),
    `export const frame: Frame = ${JSON.stringify(dashboard, null, 1)};`,
    ...panels.map((panel, i) =>
      `export const panel${i}: ${typeOf(panel)} = ${JSON.stringify(panel, null, 1)};`),
  ].join('\n');
}

function complaint({ file, start, messageText }) {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  return file ? `${file.text.slice(start, start + 60).split('\n')[0]}: ${text}` : text;
}

/** What the compiler says against each of MODULES: a list of lists of messages. */
export function compile(modules) {
  // Inside the package, so that its dependencies are found.
  const folder = mkdtempSync(join(HERE, '..', 'node_modules', '.types-'));
  try {
    const files = modules.map((text, i) => join(folder, `dashboard${i}.ts`));
    files.forEach((file, i) => writeFileSync(file, modules[i]));
    const program = ts.createProgram(files, {
      noEmit: true, strict: true, skipLibCheck: true, types: [],
      module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
    });
    const broken = program.getOptionsDiagnostics().map(complaint);
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return files.map((file) =>
      ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(complaint));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
