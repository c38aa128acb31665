import { SyncError } from '../model/errors.ts';
import type { Cell, ColumnType, Strategy, Value } from '../model/types.ts';
import { compileExpression, type ExpressionScope } from './expression.ts';
import { type Evidence, evidenceOf, holds, noEvidence } from './infer.ts';
import type { Field } from './mapping.ts';
import { parsePath, readName, readPath } from './path.ts';
import { Refusal, refuse } from './refusal.ts';
import { refuseForeign } from './text.ts';
import { type Coercion, createCoercion } from './types.ts';

type Reader = (scope: ExpressionScope) => Value | undefined;

/** A field of the mapping, with what is known of its column so far. */
export class MappedField {
  readonly column: string;
  /** Whether it is a column of the primary key. */
  readonly isKey: boolean;
  readonly on_error: Field['on_error'];
  /** Declared by the field itself, or by a merge strategy that knows one type only. */
  readonly declared: ColumnType | undefined;
  /** The value the row has for this column, `default` considered. */
  readonly read: Reader;
  /** The kinds of values seen; kept only where no type is declared. */
  seen: Evidence;
  /** Undefined until a first value tells it. */
  type: ColumnType | undefined;
  /** The column's place in the row; -1 while it has none. */
  place = -1;
  readonly #field: Field;
  #coerce: Coercion = unsettled;

  constructor(field: Field, strategy: Strategy | 'key') {
    this.#field = field;
    this.column = field.column;
    this.on_error = field.on_error;
    this.isKey = strategy === 'key';
    this.declared = field.type ?? (strategy === 'key' ? undefined : typeOfStrategy(strategy));
    this.read = withDefault(createReader(field), field.default);
    // A constant is always there to come, so it counts before the first record.
    this.seen = evidenceOf(field.value ?? null) | evidenceOf(field.default ?? null);
    if (this.declared) this.#checkConstants(this.declared);
  }

  settle(type: ColumnType): void {
    this.type = type;
    this.#coerce = createCoercion(type, this.#field);
  }

  /** The cell of a value that is not null, once it was observed. */
  toCell(value: Value): Cell | Refusal {
    if (this.declared !== undefined) return this.#coerce(value);
    const evidence = evidenceOf(value);
    if (evidence === noEvidence) return refuseForeign(value);
    if (this.type && !holds(this.type, evidence))
      return refuse(value, `does not fit the column, which is ${this.type}`);
    return this.#coerce(value);
  }

  /** The cell of a value that does not fit, where `on_error` names one. */
  fallback(): Cell | Refusal {
    const constant = this.on_error === 'default' ? (this.#field.default ?? null) : null;
    return constant === null ? null : this.toCell(constant);
  }

  #checkConstants(type: ColumnType): void {
    const coerce = createCoercion(type, this.#field);
    for (const key of ['value', 'default'] as const) {
      const constant = this.#field[key] ?? null;
      const cell = constant === null ? null : coerce(constant);
      if (!(cell instanceof Refusal)) continue;
      throw new SyncError('config/value', `map.${this.column}.${key}: ${cell.reason}`, {
        hint: `The column is of type ${type}: change the ${key} or the type.`,
      });
    }
  }
}

function unsettled(): never {
  throw new Error('a cell was asked for before its column was settled');
}

/** Some strategies can merge one type only, and need not be told which. */
function typeOfStrategy({ type }: Strategy): ColumnType | undefined {
  if (type === 'union' || type === 'shallow_merge' || type === 'deep_merge') return 'json';
  return type === 'bool_or' || type === 'bool_and' ? 'boolean' : undefined;
}

function createReader({ from, expr, value = null }: Field): Reader {
  if (expr !== undefined) return compileExpression(expr);
  if (from === undefined) return () => value;
  const path = parsePath(from);
  const [name, deeper] = path.names;
  // By far the most paths are one name.
  if (path.root === 'item' && name !== undefined && deeper === undefined)
    return ({ item }) => readName(item, name);
  return (scope) => readPath(path, scope);
}

function withDefault(read: Reader, constant: Value | undefined): Reader {
  if (constant === undefined) return read;
  if (constant === null) return (scope) => read(scope) ?? null;
  return (scope) => read(scope) ?? constant;
}
