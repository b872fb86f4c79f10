// Dashboards as Grafana stores them, and every query in them.
import { basename } from 'node:path';

import { dashboardFiles, readText } from './files.js';

/** The dashboards of the project: `[{file, dashboard}]`. */
export function readDashboards() {
  return dashboardFiles().map((path) => ({
    file: basename(path),
    dashboard: JSON.parse(readText(path)),
  }));
}

/** All panels but rows, those in collapsed rows included. */
export function panelsOf(dashboard) {
  return (dashboard.panels ?? []).flatMap((panel) =>
    panel.type === 'row' ? (panel.panels ?? []) : [panel]);
}

/** The template variables that are filled by a query. */
export function queryVariablesOf(dashboard) {
  return (dashboard.templating?.list ?? []).filter(({ type }) => type === 'query');
}

/** The query of a variable, which Grafana stores as text or as an object. */
function variableQuery({ query }) {
  return typeof query === 'string' ? query : query.query;
}

/**
 * A variable's query taken apart: `{label, selector}` of `label_values(selector, label)`; selector
 * is null for `label_values(label)`. Throws for what is not label_values(), which is all that the
 * project's dashboards use.
 */
export function labelValues(variable) {
  const query = variableQuery(variable);
  const match = query.match(/^label_values\((?:(.*),)?\s*([a-zA-Z_]\w*)\s*\)$/s);
  if (!match) throw new Error(`variable ${variable.name}: not label_values(...): ${query}`);
  return { label: match[2], selector: match[1]?.trim() ?? null };
}

const isPrometheus = (annotation) => annotation.datasource?.type === 'prometheus';

/** The Prometheus queries of the annotations: `[{where, expr}]`. */
export function annotationQueries(dashboard) {
  return (dashboard.annotations?.list ?? []).filter(isPrometheus).map((annotation) => ({
    where: `annotation "${annotation.name}"`,
    expr: annotation.expr ?? annotation.target?.expr,
  }));
}

/** The queries of the panels: `[{where, expr, panel, target}]`. */
export function panelQueries(dashboard) {
  return panelsOf(dashboard).flatMap((panel) => (panel.targets ?? []).map((target) => ({
    where: `panel "${panel.title}", query ${target.refId}`,
    expr: target.expr,
    panel,
    target,
  })));
}

/** The selectors that the template variables take their values from: `[{where, expr}]`. */
export function variableQueries(dashboard) {
  return queryVariablesOf(dashboard).map((variable) => ({
    where: `variable "${variable.name}"`,
    expr: labelValues(variable).selector,
  })).filter(({ expr }) => expr !== null);
}

/** Every PromQL expression of the dashboard: `[{where, expr}]`. */
export function allQueries(dashboard) {
  return [panelQueries, annotationQueries, variableQueries].flatMap((find) => find(dashboard));
}
