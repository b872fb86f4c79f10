// A panel's data drawn by the components that Grafana's own panels use.
import { dateTime, getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

import { Heatmap } from './heatmap';

const singleValues = ({ panel, data, theme }, sparkline) => getFieldDisplayValues({
  data, theme, sparkline, timeZone: 'utc',
  fieldConfig: panel.fieldConfig,
  reduceOptions: panel.options.reduceOptions,
  replaceVariables: (text) => text,
});

function Repeated({ props, values, draw, ...layout }) {
  const { panel: { options }, width, height } = props;
  return (
    <VizRepeater
      {...layout} width={width} height={height} orientation={options.orientation} source={values}
      getValues={() => values} getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderCounter={0} renderValue={draw}
    />
  );
}

function Stat(props) {
  const { panel: { options }, theme } = props;
  const values = singleValues(props, options.graphMode !== 'none');
  const draw = ({ value: { display, sparkline }, width, height, alignmentFactors, count }) => (
    <BigValue
      value={values.length === 1 ? { ...display, title: undefined } : display} count={count}
      sparkline={sparkline} colorMode={options.colorMode} graphMode={options.graphMode}
      justifyMode={options.justifyMode} textMode={options.textMode} text={options.text}
      alignmentFactors={alignmentFactors} width={width} height={height} theme={theme}
      disableWideLayout={!options.wideLayout}
    />
  );
  return <Repeated props={props} values={values} draw={draw} autoGrid />;
}

function Bars(props) {
  const { panel: { options }, theme } = props;
  const draw = ({ value: { display, view, colIndex, field }, ...place }) => (
    <BarGauge
      {...place} value={display} field={field} display={view?.getFieldDisplayProcessor(colIndex)}
      text={options.text} displayMode={options.displayMode} namePlacement={options.namePlacement}
      valueDisplayMode={options.valueMode} showUnfilled={options.showUnfilled} itemSpacing={8}
      lcdCellWidth={12} theme={theme}
    />
  );
  const { minVizWidth, minVizHeight, maxVizHeight } = options;
  return (
    <Repeated
      props={props} values={singleValues(props, false)} draw={draw} itemSpacing={10}
      minVizWidth={minVizWidth} minVizHeight={minVizHeight} maxVizHeight={maxVizHeight}
    />
  );
}

/** Dashed lines over the plot where an annotation marks a moment. */
const markMoments = (builder, marks, theme) => builder.addHook('draw', (plot) => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([4, 4]);
  for (const { time, color } of marks) {
    const x = Math.round(plot.valToPos(time, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = theme.visualization.getColorByName(color);
    ctx.strokeRect(x, bbox.top, 0, bbox.height);
  }
  ctx.restore();
});

function Lines({ panel: { options }, data, view, marks, theme, width, height }) {
  const timeRange = { from: dateTime(view.range.from * 1000), to: dateTime(view.range.to * 1000) };
  return (
    <TimeSeries
      frames={data} timeRange={timeRange} timeZone="utc" legend={options.legend} options={options}
      width={width} height={height}
    >
      {(builder) => void markMoments(builder, marks, theme)}
    </TimeSeries>
  );
}

function Rows({ panel: { options }, data: [frame], width, height }) {
  return (
    <TableNG
      data={frame} width={width} height={height} cellHeight={options.cellHeight}
      sortBy={options.sortBy} noHeader={!options.showHeader} enableVirtualization={false}
    />
  );
}

const BY_TYPE = { bargauge: Bars, heatmap: Heatmap, stat: Stat, table: Rows, timeseries: Lines };

/** What Grafana's own panels show instead of an empty plot. */
const Nothing = ({ panel }) => (
  <div className="no-data">{panel.fieldConfig.defaults.noValue ?? 'No data'}</div>
);

/** Stat and bar gauge show the noValue text themselves. */
const showsNothing = ({ type }, data) =>
  !['stat', 'bargauge'].includes(type) && data.every(({ length }) => length === 0);

export function Visualization(props) {
  const Component = BY_TYPE[props.panel.type];
  if (!Component) throw new Error(`no component for panels of type ${props.panel.type}`);
  return showsNothing(props.panel, props.data) ? <Nothing {...props} /> : <Component {...props} />;
}
