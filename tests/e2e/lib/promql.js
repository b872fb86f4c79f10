// PromQL taken apart by the parser that Prometheus' own web interface uses.
import { parser } from '@prometheus-io/lezer-promql';

const text = (expr, node) => expr.slice(node.from, node.to);
const unquote = (literal) => literal.slice(1, -1);

function nodes(expr) {
  const found = [];
  parser.parse(expr).iterate({ enter: ({ node }) => void found.push(node) });
  return found;
}

/** Where EXPR is not PromQL: a list of messages, empty if it is. */
export function syntaxErrors(expr) {
  return nodes(expr).filter(({ type }) => type.isError)
    .map(({ from }) => `not PromQL at character ${from + 1}: ${expr}`);
}

function matcher(expr, node) {
  const [label, operation, value] = ['LabelName', 'MatchOp', 'StringLiteral']
    .map((name) => node.getChild(name));
  return { label: text(expr, label), op: text(expr, operation), value: unquote(text(expr, value)) };
}

function matchers(expr, selector) {
  const list = selector.getChild('LabelMatchers');
  return (list?.getChildren('UnquotedLabelMatcher') ?? []).map((node) => matcher(expr, node));
}

/** The function that NODE is an argument of, itself or as the innermost enclosing call. */
function functionAround(expr, node) {
  const call = node.parent?.name === 'FunctionCallBody' ? node.parent.parent : null;
  const name = call?.getChild('FunctionIdentifier');
  return name ? text(expr, name) : null;
}

function describe(expr, node) {
  const range = node.parent?.name === 'MatrixSelector' ? node.parent : null;
  return {
    text: text(expr, node),
    metric: text(expr, node.getChild('Identifier')),
    matchers: matchers(expr, node),
    range: range && text(expr, range.getChild('DurationExpr') ?? range.lastChild),
    function: range && functionAround(expr, range),
  };
}

/**
 * The selectors of EXPR: `[{text, metric, matchers: [{label, op, value}], range, function}]`; range
 * is the text of `[...]` and function what it is handed to, both null for an instant vector.
 */
export function selectorsOf(expr) {
  return nodes(expr).filter(({ name }) => name === 'VectorSelector')
    .map((node) => describe(expr, node));
}

/** The labels that EXPR groups or joins by, or leaves out. */
export function groupingLabelsOf(expr) {
  return nodes(expr).filter(({ name }) => name === 'GroupingLabels')
    .flatMap((node) => node.getChildren('LabelName'))
    .map((node) => text(expr, node));
}
