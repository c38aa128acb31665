import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { Decimal } from '../model/decimal.ts';
import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import { createEnvironment, toCel, toValue } from './expression-environment.ts';
import type { PathScope } from './path.ts';

/** What an expression sees: `record`, `item` (the row at hand), `parent`, `run.id` and `now`, the start of the run. */
export interface ExpressionScope extends PathScope {
  readonly now: Date;
}

/**
 * Compiles a CEL expression. It has no I/O and always ends. Three things differ from plain CEL, because records are
 * what they are: a missing key or element reads as null, however deep; the numbers of a record are doubles, whole or
 * not, and mix with ints (`record.opens / record.sent` is never cut to a whole number, `7 / 2` is); either branch of
 * `a ? b : c` may be null. A number with more digits than a double (a Decimal) can be compared, and turned into
 * something to count with by `double(…)`.
 *
 * Throws a SyncError `config/expression` for text that is no expression; what it returns throws a SyncError
 * `row/expression` when the expression fails for a record, with a message that is a reject's reason.
 */
export function compileExpression(text: string): (scope: ExpressionScope) => Value {
  const evaluate = parse(text, environment, 'record, item, parent, run and now');
  return (scope) => {
    try {
      const { record, item, parent = null, run, now } = scope;
      const seen = {
        record: toCel(record),
        item: toCel(item),
        parent: toCel(parent),
        run: { id: run.id },
        now,
      };
      return toValue(evaluate(seen));
    } catch (cause) {
      throw new SyncError('row/expression', explain(text, cause), { cause });
    }
  };
}

/** Whether an expression reads `parent`. */
export function readsParent(text: string): boolean {
  const reads = ({ op, args }: ASTNode): boolean =>
    op === 'id' ? args === 'parent' : [...childrenOf(args)].some(reads);
  return reads(environment.parse(text).ast);
}

/** What an expression about an answer of a server sees. */
export interface AnswerScope {
  readonly body: Value;
  readonly status: number;
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: string };
}

/** As {@link compileExpression}, for an expression about an answer; one that fails for it throws a SyncError `source/expression`. */
export function compileAnswerExpression(text: string): (scope: AnswerScope) => Value {
  const evaluate = parse(text, answerEnvironment, 'body, status and headers');
  return ({ body, status, headers }) => {
    try {
      return toValue(evaluate({ body: toCel(body), status: BigInt(status), headers: toCel(headers) }));
    } catch (cause) {
      throw new SyncError('source/expression', explain(text, cause), { cause });
    }
  };
}

function parse(
  text: string,
  environment: Environment,
  sees: string,
): (context: { readonly [name: string]: unknown }) => unknown {
  try {
    const parsed = environment.parse(text);
    adapt(parsed.ast);
    const { valid, error } = parsed.check();
    if (!valid) throw error;
    return parsed;
  } catch (cause) {
    throw new SyncError('config/expression', explain(text, cause), {
      hint: `An expression sees ${sees}; coalesce(a, b, …) and text(x) are there beside the functions of CEL.`,
      cause,
    });
  }
}

/** What is wrong, and the piece of the expression that is: ``no such overload: null + int in `record.a + 1` ``. */
function explain(text: string, cause: unknown): string {
  const { summary, node, message } = cause as CelFault;
  const problem = (summary ?? message).replaceAll(/dyn<([^<>]*)>/g, '$1');
  return `${problem} in \`${(node && text.slice(node.start, node.end)) || text}\``;
}

interface CelFault extends Error {
  readonly summary?: string;
  readonly node?: { readonly start: number; readonly end: number };
}

// What is seen -------------------------------------------------------------------------------------------------------

const environment = createEnvironment()
  .registerVariable('record', 'dyn')
  .registerVariable('item', 'dyn')
  .registerVariable('parent', 'dyn')
  .registerVariable('run', 'map')
  .registerVariable('now', 'google.protobuf.Timestamp');

const answerEnvironment = createEnvironment()
  .registerVariable('body', 'dyn')
  .registerVariable('status', 'int')
  .registerVariable('headers', 'dyn');

// Missing keys -------------------------------------------------------------------------------------------------------

type Evaluate = (
  evaluator: { run(node: unknown, context: unknown): unknown },
  node: unknown,
  context: unknown,
) => unknown;

interface Checker {
  readonly dynType: unknown;
}

/** The two methods of a node that stand behind every operator; see `test/transform/expression.test.ts`. */
interface Node {
  check(checker: Checker, node: unknown, context: unknown): unknown;
  evaluate: Evaluate;
}

/** Gives the nodes of an expression the meanings that {@link compileExpression} promises. */
function adapt(node: ASTNode): void {
  const evaluate = evaluation(node);
  if (evaluate) (node as unknown as Node).evaluate = evaluate;
  if (node.op === '?:') for (const branch of node.args.slice(1)) allowAnyType(branch as unknown as Node);
  for (const child of childrenOf(node.args)) adapt(child);
}

function evaluation(node: ASTNode): Evaluate | undefined {
  if (node.op === '.') {
    const [object, name] = node.args;
    return (evaluator, _node, context) => toCel(readMember(evaluator.run(object, context), name) ?? null);
  }
  if (node.op === '[]') {
    const [object, key] = node.args;
    return (evaluator, _node, context) =>
      toCel(readMember(evaluator.run(object, context), evaluator.run(key, context)) ?? null);
  }
  if (node.op === 'map') {
    // CEL makes an object here, and drops keys such as `constructor` without a word.
    return (evaluator, _node, context) =>
      new Map(node.args.map(([key, value]) => [evaluator.run(key, context), evaluator.run(value, context)]));
  }
  if (node.op === 'call' && node.args[0] === 'has') {
    const [member] = node.args[1];
    if (member?.op !== '.') return undefined;
    const [object, name] = member.args;
    return (evaluator, _node, context) => readMember(evaluator.run(object, context), name) !== undefined;
  }
  return undefined;
}

function readMember(object: unknown, key: unknown): unknown {
  if (typeof object !== 'object' || object === null || object instanceof Decimal) return undefined;
  if (Array.isArray(object)) return typeof key === 'string' ? undefined : object[Number(key)];
  if (object instanceof Map) return object.get(key);
  const named = typeof key === 'string' && Object.hasOwn(object, key);
  return named ? (object as { readonly [name: string]: unknown })[key] : undefined;
}

function allowAnyType(branch: Node): void {
  const check = branch.check;
  branch.check = (checker, node, context) => {
    check.call(branch, checker, node, context);
    return checker.dynType;
  };
}

function* childrenOf(args: unknown): Generator<ASTNode> {
  if (Array.isArray(args)) for (const arg of args) yield* childrenOf(arg);
  else if (typeof args === 'object' && args !== null && 'op' in args) yield args as ASTNode;
}
