// Recording and alerting rules.
import { parse } from 'yaml';

import { readText, ruleFiles } from './files.js';

/** All rules: `[{where, expr, record?, alert?, labels?, annotations?}]`. */
export function readRules() {
  const groups = ruleFiles().flatMap((path) => parse(readText(path)).groups);
  return groups.flatMap(({ rules }) => rules)
    .map((rule) => ({ ...rule, where: `rule ${rule.record ?? rule.alert}` }));
}
