// Grafana's variables in queries: $name, ${name}, ${name:format} and [[name]].

const REFERENCE = /\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]/g;

/** TEXT with each variable replaced by its VALUES. Throws for one that has none. */
export function substitute(text, values) {
  return text.replace(REFERENCE, (reference, braced, plain, old) => {
    const value = values[braced ?? plain ?? old];
    if (value === undefined) throw new Error(`no such variable: ${reference} in ${text}`);
    return value;
  });
}

/**
 * What Grafana puts in for its own variables, all in seconds, if RANGE seconds are shown with a
 * point each INTERVAL, and Prometheus scrapes every SCRAPE seconds. A rate needs more than two
 * samples, so Grafana takes four scrapes at least.
 */
export function builtIn({ range, interval, scrape }) {
  return {
    __interval: `${interval}s`,
    __interval_ms: `${interval * 1000}`,
    __rate_interval: `${Math.max(interval + scrape, 4 * scrape)}s`,
    __range: `${range}s`,
    __range_s: `${range}`,
    __range_ms: `${range * 1000}`,
  };
}

/** The values of DASHBOARD's variables with "All" chosen, as in a fresh dashboard. */
export function allChosen(dashboard) {
  const variables = dashboard.templating?.list ?? [];
  return Object.fromEntries(variables.map(({ name, allValue }) => [name, allValue ?? name]));
}
