// Rules about the dashboard as a whole and its variables. The first ones are those of Grafana's
// dashboard linter (github.com/grafana/dashboard-linter, docs/rules), by the names they have there.
//
// A rule: `check` answers what is wrong, as messages; `spoil` makes a good dashboard break it.
import { selectorsOf, syntaxErrors } from '../lib/promql.js';
import { queryVariablesOf, variableQueries } from '../lib/dashboards.js';
import { complain, variable, asPromql } from './rule.js';

const DATASOURCE_NAMES = ['datasource', 'prometheus_datasource'];
const DATASOURCE_LABELS = ['Data source', 'Prometheus data source'];

const datasources = (dashboard) =>
  dashboard.templating.list.filter(({ type }) => type === 'datasource');

function checkDatasource(dashboard) {
  const [datasource, ...more] = datasources(dashboard);
  if (!datasource || more.length > 0) return ['not exactly one data source variable'];
  const { name, label, query } = datasource;
  return [
    ...complain(query === 'prometheus', `its type is ${query}, not prometheus`),
    ...complain(DATASOURCE_NAMES.includes(name), `it is called ${name}`),
    ...complain(DATASOURCE_LABELS.includes(label), `its label is ${label}`),
  ];
}

/** A variable that chooses among targets by LABEL. */
function checkTargetVariable(label) {
  const title = label[0].toUpperCase() + label.slice(1);
  return (dashboard) => {
    const found = variable(dashboard, label);
    if (!found) return [`no variable ${label}`];
    return [
      ...complain(found.type === 'query', `${label} is not filled by a query`),
      ...complain(found.datasource?.uid === '${datasource}', `${label} has a fixed data source`),
      ...complain(found.label === title, `${label} is labelled ${found.label}`),
      ...complain(found.multi, `of ${label}, only one can be chosen`),
      ...complain(found.allValue === '.+', `${label}'s allValue is ${found.allValue}, not .+`),
    ];
  };
}

function checkVariableQueries(dashboard) {
  return variableQueries(dashboard).flatMap(({ where, expr }) => {
    const filled = asPromql(dashboard, expr);
    const selectors = syntaxErrors(filled).length === 0 ? selectorsOf(filled) : [];
    return complain(selectors[0]?.text === filled, `${where}: not one selector: ${expr}`);
  });
}

export const templateRules = [
  {
    name: 'template-datasource-rule',
    check: checkDatasource,
    spoil: (dashboard) => (datasources(dashboard)[0].label = 'Prometheus'),
  },
  {
    name: 'template-job-rule',
    check: checkTargetVariable('job'),
    spoil: (dashboard) => (variable(dashboard, 'job').allValue = '.*'),
  },
  {
    name: 'template-instance-rule',
    check: checkTargetVariable('instance'),
    spoil: (dashboard) => (variable(dashboard, 'instance').multi = false),
  },
  {
    name: 'template-label-promql-rule',
    check: checkVariableQueries,
    spoil: (dashboard) => (variable(dashboard, 'job').query = 'label_values(up{job=, job)'),
  },
  {
    name: 'template-on-time-change-reload-rule',
    check: (dashboard) => queryVariablesOf(dashboard).flatMap(({ name, refresh }) =>
      complain(refresh === 2, `${name}: refresh is ${refresh}, not 2`)),
    spoil: (dashboard) => (variable(dashboard, 'instance').refresh = 1),
  },
  {
    name: 'uneditable-dashboard-rule',
    check: ({ editable }) => complain(editable === false, 'it can be edited where provisioned'),
    spoil: (dashboard) => (dashboard.editable = true),
  },
  {
    name: 'unique ids',
    check: ({ uid, panels }) => [
      ...complain(uid, 'no uid: links to it break when it is imported again'),
      ...complain(new Set(panels.map(({ id }) => id)).size === panels.length, 'two panels, one id'),
    ],
    spoil: (dashboard) => (dashboard.panels[1].id = dashboard.panels[0].id),
  },
];
