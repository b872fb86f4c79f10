// Prometheus' text format, version 0.0.4.

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

function parseLabels(text = '') {
  const unescape = (value) => value.replace(/\\[\\"n]/g, (escape) => ESCAPES[escape]);
  const pairs = [...text.matchAll(LABEL)].map(([, name, value]) => [name, unescape(value)]);
  return Object.fromEntries(pairs);
}

function parseNumber(text) {
  return Number(text.replace(/^([+-])Inf$/, '$1Infinity'));
}

/** The samples of one scrape: `[{name, labels, value}]`. Throws at a line that is no sample. */
export function parseExposition(text) {
  return text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const match = line.match(SAMPLE);
    if (!match) throw new Error(`not a sample: ${line}`);
    return { name: match[1], labels: parseLabels(match[2]), value: parseNumber(match[3]) };
  });
}

/** The sum of all samples called NAME whose labels include LABELS. */
export function total(samples, name, labels = {}) {
  const includes = (sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  return samples
    .filter((sample) => sample.name === name && includes(sample))
    .reduce((sum, { value }) => sum + value, 0);
}

/** As total(), for each value of LABEL: `{value: sum}`. */
export function totalBy(samples, name, label) {
  const values = samples.filter((sample) => sample.name === name)
    .map(({ labels }) => labels[label]);
  const sum = (value) => total(samples, name, { [label]: value });
  return Object.fromEntries(values.map((value) => [value, sum(value)]));
}
