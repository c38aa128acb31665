import { Environment } from '@marcbachmann/cel-js';
import { Decimal } from '../model/decimal.ts';
import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import { compareCells } from './cells.ts';
import { canonicalDecimal } from './number.ts';

/** What all expressions have, whatever they see. */
export function createEnvironment(): Environment {
  const created = new Environment({ homogeneousAggregateLiterals: false })
    .registerType('decimal', Decimal)
    .registerFunction('double(decimal): double', (value: Decimal) => Number(value.text), { async: false })
    .registerFunction('string(decimal): string', (value: Decimal) => value.text, { async: false })
    .registerFunction('text(dyn): dyn', toText, { async: false });
  registerCoalesce(created);
  registerArithmetic(created);
  registerDecimals(created);
  return created;
}

/** CEL functions have a fixed number of arguments: one overload for each number of them. */
function registerCoalesce(created: Environment): void {
  for (let count = 1; count <= 16; count++) {
    const signature = `coalesce(${Array(count).fill('dyn').join(', ')}): dyn`;
    created.registerFunction(
      signature,
      (...values: unknown[]) => values.find((value) => value !== null) ?? null,
      {
        async: false,
      },
    );
  }
}

function registerArithmetic(created: Environment): void {
  const operators: { readonly [operator: string]: (left: number, right: number) => number } = {
    '+': (left, right) => left + right,
    '-': (left, right) => left - right,
    '*': (left, right) => left * right,
    '/': (left, right) => left / right,
    '%': (left, right) => left % right,
  };
  for (const [operator, apply] of Object.entries(operators)) {
    created.registerOperator(`int ${operator} double`, (left: bigint, right: number) =>
      apply(toDouble(left), right),
    );
    created.registerOperator(`double ${operator} int`, (left: number, right: bigint) =>
      apply(left, toDouble(right)),
    );
  }
  created.registerOperator('double % double', (left: number, right: number) => left % right);
}

function toDouble(int: bigint): number {
  const double = Number(int);
  if (BigInt(double) === int) return double;
  throw new Error(`${int} has more digits than a double, which it is combined with`);
}

function registerDecimals(created: Environment): void {
  const pairs = [
    'decimal OP decimal',
    'decimal OP int',
    'decimal OP double',
    'int OP decimal',
    'double OP decimal',
  ];
  const relations: { readonly [operator: string]: (order: number) => boolean } = {
    '<': (order) => order < 0,
    '<=': (order) => order <= 0,
    '>': (order) => order > 0,
    '>=': (order) => order >= 0,
    '==': (order) => order === 0,
  };
  for (const [operator, holds] of Object.entries(relations)) {
    // CEL derives the mirrored equalities itself, and refuses them a second time.
    for (const pair of operator === '==' ? pairs.slice(0, 3) : pairs)
      created.registerOperator(pair.replace('OP', operator), (left, right) =>
        holds(compareExact(left, right)),
      );
  }
}

function compareExact(left: Decimal | bigint | number, right: Decimal | bigint | number): number {
  const [a, b] = [left, right].map((value) => canonicalDecimal(String(value)));
  if (a === undefined || b === undefined) throw new Error(`${left} and ${right} cannot be compared`);
  return compareCells('decimal', a, b);
}

/** The text of a value, exact digits and all; null stays null. */
function toText(value: unknown): string | null {
  const plain = toValue(value);
  if (plain === null || typeof plain === 'string') return plain;
  return printJson(plain);
}

// Values -------------------------------------------------------------------------------------------------------------

/** CEL asks an object for its `constructor`: one that has a field of that name goes in as a Map. */
export function toCel(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'constructor')) return value;
  return new Map(Object.entries(value));
}

/** The value of a result. Whole numbers come back as numbers as far as these are exact; timestamps as ISO 8601. */
export function toValue(result: unknown): Value {
  if (typeof result === 'bigint') {
    const number = Number(result);
    return Number.isSafeInteger(number) ? number : result;
  }
  if (typeof result !== 'object' || result === null || result instanceof Decimal) return result as Value;
  if (result instanceof Date) return result.toISOString();
  if (Array.isArray(result)) return result.map(toValue);
  if (result instanceof Map)
    return Object.fromEntries([...result].map(([name, member]) => [String(name), toValue(member)]));
  const prototype = Object.getPrototypeOf(result);
  // Objects of the record, which are values as they are.
  if (prototype === null || prototype === Object.prototype) return result as Value;
  const number = result.valueOf();
  if (typeof number === 'bigint') return toValue(number);
  throw new Error(`the result is of type ${prototype.constructor.name}, which is no value of a record`);
}
