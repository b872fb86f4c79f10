// Rules about panels: those of Grafana's dashboard linter, for every type of panel, and stricter
// ones that make a panel understandable by itself.
import { panelsOf } from '../lib/dashboards.js';
import { unitIds } from '../lib/units.js';
import { complain } from './rule.js';

const UNITS = new Set(await unitIds());
const first = (dashboard) => panelsOf(dashboard)[0];

/** A rule that holds for each panel: WELL answers whether it does. */
const each = (name, well, spoil) => ({
  name,
  check: (dashboard) => panelsOf(dashboard)
    .flatMap((panel) => complain(well(panel), `panel "${panel.title}" (${panel.id})`)),
  spoil: (dashboard) => spoil(first(dashboard)),
});

/** Every value of the field option ID: the default's, and the overrides'. */
function values({ fieldConfig }, id) {
  const overrides = fieldConfig?.overrides?.flatMap(({ properties }) => properties) ?? [];
  return [fieldConfig?.defaults?.[id], ...overrides.filter((p) => p.id === id).map((p) => p.value)];
}

/** A first step without a bound, then rising ones. */
function isLadder(thresholds) {
  const bounds = thresholds?.steps?.map(({ value }) => value) ?? [];
  return bounds.length > 0 && (bounds[0] ?? null) === null
    && bounds.slice(1).every((bound, i) => bound > (i === 0 ? -Infinity : bounds[i]));
}

export const panelRules = [
  each('panel-datasource-rule', ({ datasource }) => datasource?.uid === '${datasource}',
    (panel) => (panel.datasource.uid = 'PBFA97CFB590B2093')),
  each('panel-title-description-rule', ({ title, description }) => title && description,
    (panel) => delete panel.description),
  each('panel-no-targets-rule', ({ targets }) => targets?.length > 0,
    (panel) => (panel.targets = [])),
  each('panel-units-rule', (panel) => values(panel, 'unit').every((unit) => UNITS.has(unit)),
    (panel) => (panel.fieldConfig.defaults.unit = 'octets')),
  each('panel has thresholds', (panel) => values(panel, 'thresholds').every(isLadder),
    (panel) => (panel.fieldConfig.defaults.thresholds.steps[0].value = 0)),
  each('panel says what no data means', (panel) => values(panel, 'noValue').every(Boolean)
    && /no data:|is empty/i.test(panel.description),
    (panel) => delete panel.fieldConfig.defaults.noValue),
  each('panel fits the grid', ({ gridPos: { x, w, h } }) => x >= 0 && w > 0 && h > 1 && x + w <= 24,
    (panel) => (panel.gridPos.x = 23)),
];
