import { type Redact, redactValue } from '../model/redact.ts';
import type { Value } from '../model/types.ts';
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
export function toLines(map: Fields, redact: Redact, path: ConfigPath = []): readonly Line[] {
  const indent = '  '.repeat(path.length);
  const members = Object.entries(map).filter(([, value]) => value !== undefined);
  return members.flatMap(([key, value]): readonly Line[] => {
    const place = [...path, key];
    const head = `${indent}${printYaml(key)}:`;
    if (isFields(value) && Object.values(value).some((member) => member !== undefined)) {
      return [{ text: head, path: place, value }, ...toLines(value, redact, place)];
    }
    return [{ text: `${head} ${printYaml(redactValue(value as Value, redact))}`, path: place, value }];
  });
}
