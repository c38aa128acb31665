import { type Fields, isFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import { printYaml } from './quote.ts';

/** One line of YAML. Where the value is a map, the line only begins it, and its members follow. */
export interface Line {
  readonly text: string;
  readonly path: ConfigPath;
  readonly value: unknown;
}

/** A value as YAML with one line for each value: lists, and what lies in them, on one. Undefined members are left out. */
export function toLines(
  map: Fields,
  redact: (text: string) => string,
  path: ConfigPath = [],
): readonly Line[] {
  const indent = '  '.repeat(path.length);
  const members = Object.entries(map).filter(([, value]) => value !== undefined);
  return members.flatMap(([key, value]): readonly Line[] => {
    const place = [...path, key];
    const head = `${indent}${printYaml(key)}:`;
    if (isFields(value) && Object.values(value).some((member) => member !== undefined)) {
      return [{ text: head, path: place, value }, ...toLines(value, redact, place)];
    }
    return [{ text: `${head} ${printYaml(redactAll(value, redact))}`, path: place, value }];
  });
}

function redactAll(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactAll(item, redact));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactAll(member, redact)]));
}
