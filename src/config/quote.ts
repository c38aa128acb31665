import { stringify } from 'yaml';
import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';

/** A value of the config within a sentence; a long one is cut. */
export function printShort(value: unknown): string {
  const text = value === undefined ? 'nothing' : printJson(value as Value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

/** Names within a sentence: `a, b, c`; a long list is cut. */
export function listNames(names: Iterable<string>): string {
  const all = [...names];
  return all.length <= 20 ? all.join(', ') : `${all.slice(0, 20).join(', ')}, …`;
}

/** A value as YAML on one line. */
export function printYaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', blockQuote: false, lineWidth: 0 }).trimEnd();
}
