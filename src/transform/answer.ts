import { SyncError } from '../model/errors.ts';
import type { Value } from '../model/types.ts';
import { type AnswerScope, compileAnswerExpression } from './expression.ts';
import { parsePath, readName } from './path.ts';
import { quote } from './refusal.ts';

/** Compiles a path in a value that is no record, such as an answer: `$` is the value itself. Throws a SyncError `config/path`. */
export function compilePath(text: string): (value: Value) => Value | undefined {
  const { root, names } = parsePath(text);
  if (root !== 'item')
    throw new SyncError('config/path', `${JSON.stringify(text)} reads a record, and there is none here`, {
      hint: 'A path in an answer looks like meta.next.',
    });
  return (value) => {
    let found: Value | undefined = value;
    for (const name of names) found = readName(found, name);
    return found;
  };
}

/**
 * Compiles a condition on an answer: a path such as `body.done`, which is true when its value is neither missing, null
 * nor false, or an expression that must be true.
 */
export function compileAnswerCondition(
  condition: string | { readonly expr: string },
): (scope: AnswerScope) => boolean {
  if (typeof condition !== 'string') {
    const evaluate = compileAnswerExpression(condition.expr);
    return (scope) => {
      const result = evaluate(scope);
      if (typeof result === 'boolean' || result === null) return result === true;
      const message = `\`${condition.expr}\` must be true or false, and is ${quote(result)}`;
      throw new SyncError('source/expression', message);
    };
  }
  const read = compilePath(condition);
  return ({ body, status, headers }) => {
    const value = read({ body, status, headers });
    return value !== undefined && value !== null && value !== false;
  };
}
