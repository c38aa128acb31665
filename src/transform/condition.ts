import { SyncError } from '../model/errors.ts';
import { compileExpression, type ExpressionScope } from './expression.ts';
import type { Condition } from './mapping.ts';
import { parsePath, readPath } from './path.ts';
import { quote } from './refusal.ts';

/**
 * Compiles `where` or `deleted_when`. A path is true when its value is neither missing, null nor false; an expression has to say true,
 * and null counts as false. Any other result of an expression is a mistake: a SyncError `row/expression`.
 */
export function compileCondition(condition: Condition, name = 'where'): (scope: ExpressionScope) => boolean {
  if (typeof condition === 'string') {
    const path = parsePath(condition);
    return (scope) => {
      const value = readPath(path, scope);
      return value !== undefined && value !== null && value !== false;
    };
  }
  const evaluate = compileExpression(condition.expr);
  return (scope) => {
    const result = evaluate(scope);
    if (typeof result === 'boolean') return result;
    if (result === null) return false;
    throw new SyncError('row/expression', `${name} must be true or false, and is ${quote(result)}`);
  };
}
