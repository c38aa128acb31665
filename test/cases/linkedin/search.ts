/** The `search` of finders: `(status:(values:List(ACTIVE,PAUSED)),test:false)`. */

import { parsed } from './analytics.ts';
import type { RestliValue } from './restli.ts';
import { invalid } from './words.ts';

interface Searched {
  readonly id: number;
  readonly status: string;
  readonly type: string;
  readonly test: boolean;
}

/** Tells which records are meant; without a search all are. */
export function searchOf(raw: string | undefined): (item: Searched) => boolean {
  if (raw === undefined) return () => true;
  const search = parsed(raw, 'search');
  if (typeof search === 'string' || Array.isArray(search))
    throw invalid('search', 'it must be (field:value)');
  const tests = Object.entries(search).map(([name, value]) => testOf(name, value));
  return (item) => tests.every((test) => test(item));
}

function testOf(name: string, value: RestliValue): (item: Searched) => boolean {
  if (name === 'test' && (value === 'true' || value === 'false'))
    return (item) => String(item.test) === value;
  if (name !== 'id' && name !== 'status' && name !== 'type') throw invalid(`search.${name}`, 'unknown');
  const values = typeof value === 'object' && 'values' in value ? value.values : undefined;
  if (!Array.isArray(values)) throw invalid(`search.${name}`, 'it must be (values:List(…))');
  return (item) => values.includes(String(item[name]));
}
