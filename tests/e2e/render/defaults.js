// What Grafana fills in where a dashboard says nothing. The options of a type of panel come from
// @grafana/schema; how its fields are drawn does not, it is in the panel plugins, which are not
// published: what they have is repeated here.
import {
  FieldConfigOptionsRegistry, displayNameOverrideProcessor, identityOverrideProcessor,
  numberOverrideProcessor, stringOverrideProcessor, thresholdsOverrideProcessor,
  unitOverrideProcessor, valueMappingsOverrideProcessor,
} from '@grafana/data';
import { defaultOptions as bargauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import { defaultOptions as heatmap } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import { defaultOptions as stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import { defaultOptions as table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import { merge } from 'lodash';

const SINGLE = {
  orientation: 'auto',
  reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
};
const OPTIONS = {
  bargauge: { ...SINGLE, ...bargauge },
  heatmap,
  stat: { ...SINGLE, ...stat },
  table,
  timeseries: {
    legend: { displayMode: 'list', placement: 'bottom', calcs: [], showLegend: true },
    tooltip: { mode: 'single', sort: 'none' },
  },
};

const LINES = {
  axisBorderShow: false, axisCenteredZero: false, axisColorMode: 'text', axisLabel: '',
  axisPlacement: 'auto', barAlignment: 0, barWidthFactor: 0.6, drawStyle: 'line', fillOpacity: 0,
  gradientMode: 'none', hideFrom: { legend: false, tooltip: false, viz: false },
  lineInterpolation: 'linear', lineWidth: 1, pointSize: 5, scaleDistribution: { type: 'linear' },
  showPoints: 'auto', spanNulls: false, stacking: { group: 'A', mode: 'none' },
  thresholdsStyle: { mode: 'off' },
};
const FIELDS = {
  table: { custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: false } },
  timeseries: { color: { mode: 'palette-classic' }, custom: LINES },
};

/** In JSON, the lowest threshold has no bound; for Grafana's code it is minus infinity. */
function withLowestBound(thresholds) {
  const steps = thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity }));
  return { ...thresholds, steps };
}

function withLowestBounds({ defaults, overrides = [] }) {
  const property = ({ id, value }) =>
    ({ id, value: id === 'thresholds' ? withLowestBound(value) : value });
  return {
    defaults: { ...defaults, thresholds: withLowestBound(defaults.thresholds) },
    overrides: overrides.map((rule) => ({ ...rule, properties: rule.properties.map(property) })),
  };
}

/** PANEL with everything that Grafana would fill in. */
export function withDefaults(panel) {
  const fieldConfig = merge({}, { defaults: FIELDS[panel.type] }, panel.fieldConfig);
  return {
    ...panel,
    options: merge({}, OPTIONS[panel.type], panel.options),
    fieldConfig: withLowestBounds(fieldConfig),
  };
}

const option = (id, process, isCustom = false) => ({
  id: isCustom ? `custom.${id}` : id, path: id, name: id, isCustom, process,
  editor: () => null, override: () => null, shouldApply: () => true, settings: {},
  getItemsCount: () => 0,
});

/** The field options that are understood: without this, units and colours are lost. */
export const fieldOptions = new FieldConfigOptionsRegistry(() => [
  option('unit', unitOverrideProcessor),
  option('min', numberOverrideProcessor),
  option('max', numberOverrideProcessor),
  option('decimals', numberOverrideProcessor),
  option('displayName', displayNameOverrideProcessor),
  option('noValue', stringOverrideProcessor),
  option('thresholds', thresholdsOverrideProcessor),
  option('mappings', valueMappingsOverrideProcessor),
  option('color', identityOverrideProcessor),
  ...Object.values(FIELDS).flatMap(({ custom }) => Object.keys(custom))
    .concat('width')
    .map((id) => option(id, identityOverrideProcessor, true)),
]);
