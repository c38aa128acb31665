/** What the parameters of a fake API may be, and what it says of those that are not. */

export interface Parameter {
  readonly required?: boolean;
  /** What is wrong with a value: text in a query or form, any JSON value in a body. */
  readonly problem: (value: unknown) => string | undefined;
}

export interface Parameters {
  readonly [name: string]: Parameter;
}

export function required(parameter: Parameter): Parameter {
  return { ...parameter, required: true };
}

export const text: Parameter = {
  problem: (value) => (typeof value === 'string' ? undefined : 'must be string'),
};

/** A whole number in a query. */
export function digits(min: number, max: number): Parameter {
  return {
    problem: (value) => (/^\d+$/.test(String(value)) ? range(Number(value), min, max) : 'must be integer'),
  };
}

/** A whole number in a JSON body. */
export function whole(min: number, max: number): Parameter {
  return {
    problem: (value) =>
      typeof value === 'number' && Number.isInteger(value) ? range(value, min, max) : 'must be integer',
  };
}

export const uuid = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must match format "uuid"');

/** A day that the calendar has, as `2025-10-20`. */
export const day: Parameter = {
  problem: (value) => (isDay(String(value)) ? undefined : 'must match format "date"'),
};

/** A time as `2025-10-20T09:00:00.000Z`. */
export const time = matching(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/,
  'must match format "date-time"',
);

export function oneOf(...words: readonly string[]): Parameter {
  return {
    problem: (value) => (words.includes(String(value)) ? undefined : 'must be one of the allowed values'),
  };
}

export const flag = oneOf('true', 'false');

function matching(pattern: RegExp, problem: string): Parameter {
  return { problem: (value) => (typeof value === 'string' && pattern.test(value) ? undefined : problem) };
}

function range(value: number, min: number, max: number): string | undefined {
  if (value < min) return `must be >= ${min}`;
  return value > max ? `must be <= ${max}` : undefined;
}

function isDay(value: string): boolean {
  const at = Date.parse(`${value}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) && new Date(at || 0).toISOString().startsWith(value);
}
