// A heatmap of a histogram over time. Grafana's own is not in its published components; this is a
// plain one in the same theme and colour schemes.
import { getValueFormat, formattedValueToString } from '@grafana/data';
import * as schemes from 'd3-scale-chromatic';

const LEFT = 64;
const BOTTOM = 26;
const TICKS = 6;

const valueOf = (frame) => frame.fields.find(({ name }) => name === 'Value');
const bound = (frame) => Number(valueOf(frame).labels.le.replace('+Inf', 'Infinity'));

/** The buckets from low to high, each without what the one below has: `[{bound, counts: Map}]`. */
function buckets(frames) {
  const sorted = [...frames].sort((a, b) => bound(a) - bound(b)).map((frame) => {
    const [time] = frame.fields;
    const { values } = valueOf(frame);
    return { bound: bound(frame), counts: new Map(time.values.map((at, i) => [at, values[i]])) };
  });
  return sorted.map(({ bound, counts }, i) => {
    const below = (at) => sorted[i - 1]?.counts.get(at) ?? 0;
    return { bound, counts: new Map([...counts].map(([at, count]) => [at, count - below(at)])) };
  });
}

const text = (unit, value) =>
  value === Infinity ? '∞' : formattedValueToString(getValueFormat(unit)(value));

/** Every which row has a label, so that they do not overlap. */
const labelled = (rows, height) => Math.ceil(16 / (height / rows.length));

export function Heatmap({ panel: { options }, data, view, theme, width, height }) {
  const rows = buckets(data);
  const highest = Math.max(...rows.flatMap(({ counts }) => [...counts.values()]));
  const { from, to } = view.range;
  const plot = { width: width - LEFT - 8, height: height - BOTTOM - 8 };
  const every = labelled(rows, plot.height);
  const cell = {
    width: (plot.width * view.scrape) / (to - from),
    height: plot.height / rows.length,
  };
  const x = (ms) => LEFT + ((ms / 1000 - from) / (to - from)) * plot.width;
  const y = (row) => 8 + plot.height - (row + 1) * cell.height;
  const color = schemes[`interpolate${options.color.scheme}`];
  // As in Grafana, dark stands for little in the dark theme.
  const fill = (count) => color(1 - (count / highest) ** options.color.exponent * 0.85);
  const { colors, typography: { fontFamily } } = theme;
  const label = { fill: colors.text.primary, fontSize: 12, fontFamily };
  const ticks = Array.from({ length: TICKS }, (_, i) => from + ((i + 0.5) * (to - from)) / TICKS);
  return (
    <svg width={width} height={height}>
      {rows.map(({ bound, counts }, row) => (
        <g key={bound}>
          {row % every === 0 && (
            <text {...label} x={LEFT - 8} y={y(row) + 4} textAnchor="end">
              {text(options.yAxis.unit, bound)}
            </text>
          )}
          {[...counts].filter(([, count]) => count > options.filterValues.le).map(([at, count]) => (
            <rect
              key={at} x={x(at) - cell.width} y={y(row)} width={Math.max(1, cell.width - 1)}
              height={cell.height - 1} fill={fill(count)}
            />
          ))}
        </g>
      ))}
      {ticks.map((time) => (
        <text {...label} key={time} x={x(time * 1000)} y={height - 8} textAnchor="middle">
          {new Date(time * 1000).toISOString().slice(11, 19)}
        </text>
      ))}
    </svg>
  );
}
