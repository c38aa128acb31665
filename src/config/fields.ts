import type { ColumnType, Value } from '../model/types.ts';
import { compileExpression } from '../transform/expression.ts';
import type { Condition, Field } from '../transform/mapping.ts';
import { parsePath } from '../transform/path.ts';
import { Refusal } from '../transform/refusal.ts';
import { createCoercion, type Notation } from '../transform/types.ts';
import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import type { Findings } from './findings.ts';

/** The fields of a `map`. What is wrong with them is already reported; what has the wrong shape is left out. */
export function resolveFields(map: Fields, path: ConfigPath, findings: Findings): readonly Field[] {
  refuseSameColumns(Object.keys(map), path, findings);
  return Object.entries(map).flatMap(([column, value]) => {
    const place = [...path, column];
    if (findings.touches(place)) return [];
    const field = toField(column, value);
    checkField(field, typeof value === 'string' ? place : [...place, 'from'], place, findings);
    return [field];
  });
}

/** A path or an expression; whether it is one was checked, and told. */
export function resolveCondition(
  value: unknown,
  path: ConfigPath,
  findings: Findings,
): Condition | undefined {
  if (typeof value === 'string') {
    findings.attempt(path, () => parsePath(value));
    return value;
  }
  if (!isFields(value) || typeof value.expr !== 'string') return undefined;
  const { expr } = value;
  findings.attempt([...path, 'expr'], () => compileExpression(expr));
  return { expr };
}

function toField(column: string, value: unknown): Field {
  if (typeof value === 'string') return { column, from: value };
  const { on_error, ...options } = value as Omit<Field, 'column' | 'on_error'> & {
    on_error?: 'default' | 'null' | null;
  };
  // YAML reads the word `null` as null.
  return { column, ...options, on_error: on_error === null ? 'null' : on_error };
}

function checkField(field: Field, from: ConfigPath, path: ConfigPath, findings: Findings): void {
  const { expr } = field;
  const given = (['from', 'expr', 'value'] as const).filter((key) => field[key] !== undefined);
  if (given.length !== 1) {
    const message =
      given.length === 0
        ? 'it does not say where its value comes from'
        : `${given.join(' and ')} exclude each other`;
    const help =
      'A column has exactly one of `from` (a path), `expr` (an expression) and `value` (the same in every row).';
    findings.error({ path, what: 'key', code: 'config/field', message, help });
  }
  if (field.from !== undefined) findings.attempt(from, () => parsePath(field.from ?? ''));
  if (expr !== undefined) findings.attempt([...path, 'expr'], () => compileExpression(expr));
  if (field.value !== undefined && field.default !== undefined) {
    const message = '`default` stands in for a missing value, and `value` is never missing';
    findings.error({
      path: [...path, 'default'],
      code: 'config/field',
      message,
      help: 'Leave one of the two out.',
    });
  }
  if (field.on_error === 'default' && field.default === undefined) {
    const help = 'Add `default:`, or write `on_error: null`.';
    findings.error({
      path: [...path, 'on_error'],
      code: 'config/field',
      message: 'there is no default to fall back on',
      help,
    });
  }
  checkNotation(field, path, findings);
  checkLiterals(field, path, findings);
}

/** The options that say how values are written, with the types they are for. */
const notations = {
  format: ['timestamp'],
  timezone: ['timestamp'],
  group: ['integer', 'number', 'decimal'],
} as const satisfies { [Option in keyof Notation]: readonly ColumnType[] };

function checkNotation(field: Field, path: ConfigPath, findings: Findings): void {
  for (const option of ['format', 'timezone', 'group'] as const) {
    const types: readonly ColumnType[] = notations[option];
    if (field[option] === undefined || (field.type !== undefined && types.includes(field.type))) continue;
    const found = field.type === undefined ? 'this column declares no type' : `this column is ${field.type}`;
    const message = `\`${option}\` is for ${types.join(', ')} columns, and ${found}`;
    const help = `Add \`type: ${types[0]}\`, or leave \`${option}\` out.`;
    findings.error({ path: [...path, option], code: 'config/field', message, help });
  }
}

/** `default` and `value` have to fit the column they are for. */
function checkLiterals(field: Field, path: ConfigPath, findings: Findings): void {
  const { type } = field;
  if (type === undefined) return;
  const coerce = findings.attempt([...path, 'timezone'], () => createCoercion(type, field));
  if (coerce === undefined) return;
  for (const option of ['default', 'value'] as const) {
    const literal: Value | undefined = field[option];
    if (literal === undefined || literal === null) continue;
    const cell = coerce(literal);
    if (!(cell instanceof Refusal)) continue;
    const help = `The column has the type ${type}; change one of the two.`;
    findings.error({ path: [...path, option], code: 'config/value', message: cell.reason, help });
  }
}

function refuseSameColumns(names: readonly string[], path: ConfigPath, findings: Findings): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    const other = seen.get(lower);
    if (other !== undefined) {
      const message = `"${name}" and "${other}" differ only in case`;
      const help = 'Databases take them for the same column; give one of them another name.';
      findings.error({ path: [...path, name], what: 'key', code: 'config/column', message, help });
    }
    seen.set(lower, name);
  }
}
