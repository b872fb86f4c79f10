// Asks Prometheus what a panel asks, and shapes the answers as Grafana's data source does.
import { FieldType, applyFieldOverrides, cacheFieldDisplayNames, toDataFrame } from '@grafana/data';

import { allChosen, builtIn, substitute } from '../lib/variables.js';
import { fieldOptions } from './defaults.js';
import { transformed } from './transformations.js';

async function ask(path, parameters) {
  const answer = await (await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== 'success') throw new Error(`${answer.error} in ${parameters.query}`);
  return answer.data.result;
}

/** The series of EXPR: many points each, or of an INSTANT query the one at the range's end. */
async function series(expr, { range, scrape }, instant) {
  if (!instant) {
    return ask('query_range', { query: expr, start: range.from, end: range.to, step: scrape });
  }
  const vector = await ask('query', { query: expr, time: range.to });
  return vector.map(({ metric, value }) => ({ metric, values: [value] }));
}

const labelText = ({ __name__: name = '', ...labels }) => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length > 0 ? `${name}{${pairs.join(', ')}}` : name;
};

function legend({ legendFormat, expr }, metric) {
  if (!legendFormat) return labelText(metric) || expr;
  return legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
}

const times = (values) => values.map(([time]) => time * 1000);
const numbers = (values) => values.map(([, value]) => Number(value));

const timeFrame = (target) => ({ metric, values }) => toDataFrame({
  refId: target.refId,
  fields: [
    { name: 'Time', type: FieldType.time, values: times(values) },
    {
      name: 'Value', type: FieldType.number, labels: metric, values: numbers(values),
      config: { displayNameFromDS: legend(target, metric) },
    },
  ],
});

/** One row a series, one column a label. */
function tableFrame({ refId }, result, single) {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const last = result.map(({ values }) => values.at(-1));
  return toDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: times(last) },
      ...labels.map((name) => ({
        name, type: FieldType.string, values: result.map(({ metric }) => metric[name] ?? ''),
      })),
      { name: single ? 'Value' : `Value #${refId}`, type: FieldType.number, values: numbers(last) },
    ],
  });
}

/** EXPR with its variables filled in, as a dashboard without any choice made shows it. */
export function filled(expr, { dashboard, range, scrape }) {
  const seconds = Math.ceil(range.to - range.from);
  const intervals = builtIn({ range: seconds, interval: scrape, scrape });
  return substitute(expr, { ...intervals, ...allChosen(dashboard) });
}

async function framesOf(target, panel, view) {
  const result = await series(filled(target.expr, view), view, target.instant);
  if (target.format !== 'table') return result.map(timeFrame(target));
  return result.length > 0 ? [tableFrame(target, result, panel.targets.length === 1)] : [];
}

/** The data of PANEL: frames with units, colours and names applied. */
export async function panelData(panel, view, theme) {
  const frames = await Promise.all(panel.targets.map((target) => framesOf(target, panel, view)));
  const data = applyFieldOverrides({
    data: await transformed(frames.flat(), panel.transformations ?? []),
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: fieldOptions,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(data);
  return data;
}

/** When something happened that DASHBOARD's annotations tell of: `[{time, color}]`, in ms. */
export async function annotationMarks(view) {
  const annotations = view.dashboard.annotations.list
    .map(({ expr, target, ...annotation }) => ({ ...annotation, expr: expr ?? target?.expr }))
    .filter(({ expr }) => expr);
  const marks = await Promise.all(annotations.map(async (annotation) => {
    const result = await series(filled(annotation.expr, view), view, false);
    const points = result.flatMap(({ values }) => values);
    const when = ([time, value]) => (annotation.useValueForTime ? Number(value) : time * 1000);
    return [...new Set(points.map(when))].map((time) => ({ time, color: annotation.iconColor }));
  }));
  return marks.flat();
}
