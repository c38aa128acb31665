import { compileCondition } from './condition.ts';
import type { ExpressionScope } from './expression.ts';
import type { Condition } from './mapping.ts';
import { failedExpression, type Problem } from './row.ts';

/** What a condition says, or why it cannot tell. */
export type Judge = (scope: ExpressionScope) => boolean | Problem;

/** Without a condition, all is judged alike. */
export function judgeBy(condition: Condition | undefined, name: string, otherwise: boolean): Judge {
  if (condition === undefined) return () => otherwise;
  const holds = compileCondition(condition, name);
  return (scope) => {
    try {
      return holds(scope);
    } catch (error) {
      return failedExpression(error);
    }
  };
}
