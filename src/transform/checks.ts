import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import { SyncError } from '../model/errors.ts';
import type { Cell, ColumnType } from '../model/types.ts';
import { quote } from './refusal.ts';

/** Why a cell breaks its column's rule, as a sentence without a final stop; undefined when it does not. */
export type Check = (cell: Cell | undefined, type: ColumnType | undefined) => string | undefined;

const formatNames: { readonly [format: string]: string } = {
  date: 'a date',
  'date-time': 'a date and time',
  email: 'an e-mail address',
  hostname: 'a host name',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  time: 'a time',
  uri: 'a URI',
  url: 'a URL',
  uuid: 'a UUID',
};

/**
 * Compiles the JSON Schema of one column (draft 7, formats are checked). Cells are judged as what they stand for: json
 * as the value itself, decimals and integers as numbers (rounded to a double for this only), timestamps and dates as
 * their text. A missing value is judged as null: else a row without the field would pass a rule that says what the
 * field must be. Throws a SyncError `config/check` for what is no JSON Schema.
 */
export function compileCheck(column: string, schema: unknown): Check {
  const validate = compile(column, schema);
  return (cell, type) => {
    if (validate(judged(cell ?? null, type))) return undefined;
    const [error] = validate.errors ?? [];
    const subject = cell === undefined ? 'a missing value' : quote(cell);
    return `${subject} ${error ? problem(error) : 'is not allowed'}`;
  };
}

function compile(column: string, schema: unknown) {
  judge ??= createJudge();
  try {
    return judge.compile(schema as boolean | object);
  } catch (cause) {
    throw new SyncError(
      'config/check',
      `checks.${column} is not a JSON Schema: ${(cause as Error).message}`,
      {
        hint: 'A check looks like { type: string, format: email } or { minimum: 0 }.',
        cause,
      },
    );
  } finally {
    // Two columns may have schemas of the same `$id`.
    if (typeof schema === 'object' && schema !== null) judge.removeSchema(schema);
  }
}

/** Of all columns: what a schema may be takes the longest to compile. */
let judge: Ajv | undefined;

function createJudge(): Ajv {
  const ajv = new Ajv({
    ownProperties: true,
    strictTypes: false,
    strictTuples: false,
    allowUnionTypes: true,
  });
  formats.default(ajv);
  return ajv;
}

function judged(cell: Cell, type: ColumnType | undefined): unknown {
  if (cell === null) return null;
  if (type === 'json') return JSON.parse(cell as string);
  return type === 'integer' || type === 'decimal' ? Number(cell) : cell;
}

function problem({ keyword, params, message, instancePath }: ErrorObject): string {
  const place = instancePath === '' ? '' : `at ${instancePath} `;
  if (keyword === 'format')
    return `${place}is not ${formatNames[params.format] ?? `a valid ${params.format}`}`;
  if (keyword === 'enum') return `${place}is not one of ${params.allowedValues.map(show).join(', ')}`;
  if (keyword === 'const') return `${place}is not ${show(params.allowedValue)}`;
  return `${place}${message ?? `breaks ${keyword}`}`;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
