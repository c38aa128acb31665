import { isDeepStrictEqual } from 'node:util';

/** Plain values: json parsed, decimals as doubles. */
type Plain = unknown;

export interface ModelField {
  readonly name: string;
  readonly strategy: string;
  readonly tracked: boolean;
}

/** One incoming row: absent fields are missing. */
export interface ModelRow {
  readonly parent: string;
  readonly id: number;
  readonly fields: ReadonlyMap<string, Plain>;
}

export interface ModelScope {
  readonly parent: string;
  readonly rows: readonly ModelRow[];
  readonly seen: readonly number[];
  readonly withhold: boolean;
}

interface Known {
  readonly fields: Map<string, Plain>;
  readonly memory: Map<string, Plain>;
}

/**
 * The rules of merging once more, as slowly and plainly as they are told: a second opinion on `fold`, with which it
 * shares no code. `newest` goes by the field `at`.
 */
export class MergeModel {
  rows = new Map<string, Known>();
  readonly #fields: readonly ModelField[];

  constructor(fields: readonly ModelField[]) {
    this.#fields = fields;
  }

  /** Gives back the counts. */
  commit(scopes: readonly ModelScope[], replacing: boolean) {
    const before = structuredClone(this.rows);
    const kept = new Set<string>();
    for (const { parent, rows, seen, withhold } of scopes) {
      const keys = new Set(seen.map((id) => `${parent}/${id}`));
      for (const row of rows) {
        keys.add(`${row.parent}/${row.id}`);
        this.#add(row, kept);
      }
      if (!replacing || withhold) continue;
      for (const key of [...this.rows.keys()].filter(
        (key) => key.startsWith(`${parent}/`) && !keys.has(key),
      )) {
        this.rows.delete(key);
        for (const place of kept) if (place.startsWith(`${key}/`)) kept.delete(place);
      }
    }
    const met = new Set(scopes.flatMap(({ rows }) => rows.map(({ parent, id }) => `${parent}/${id}`)));
    const counts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, kept: kept.size };
    for (const key of new Set([...before.keys(), ...this.rows.keys()])) {
      const [old, now] = [before.get(key)?.fields, this.rows.get(key)?.fields];
      if (old === undefined) counts.inserted++;
      else if (now === undefined) counts.deleted++;
      else if (!isDeepStrictEqual(old, now)) counts.updated++;
      else if (met.has(key)) counts.unchanged++;
    }
    return counts;
  }

  #add({ parent, id, fields }: ModelRow, kept: Set<string>): void {
    const key = `${parent}/${id}`;
    const known = this.rows.get(key);
    if (known === undefined) {
      const memory = this.#fields.filter(({ name, tracked }) => tracked && fields.has(name));
      this.rows.set(key, {
        fields: new Map(this.#fields.map(({ name }) => [name, fields.get(name) ?? null])),
        memory: new Map(memory.map(({ name }) => [name, fields.get(name)])),
      });
      return;
    }
    const at = [known.fields.get('at') ?? null, fields.get('at') ?? null] as const;
    for (const { name, strategy, tracked } of this.#fields) {
      if (!fields.has(name)) continue;
      const [existing, incoming] = [known.fields.get(name), fields.get(name)];
      if (strategy === 'keep_edits' && isEdited(existing, incoming, known.memory.get(name))) {
        kept.add(`${key}/${name}`);
        continue;
      }
      const result = merged(strategy, existing, incoming, at);
      const written = !isDeepStrictEqual(result, existing) || isDeepStrictEqual(result, incoming);
      if (tracked && written) known.memory.set(name, result);
      known.fields.set(name, result);
    }
  }
}

function isEdited(existing: Plain, incoming: Plain, written: Plain): boolean {
  return existing !== null && !isDeepStrictEqual(existing, written) && !isDeepStrictEqual(existing, incoming);
}

function merged(strategy: string, existing: Plain, incoming: Plain, at: readonly [Plain, Plain]): Plain {
  if (strategy === 'first_value') return existing;
  if (strategy === 'newest')
    return at[0] === null || (at[1] !== null && less(at[0], at[1], true)) ? incoming : existing;
  if (existing === null) return incoming;
  if (strategy === 'overwrite' || strategy === 'keep_edits') return incoming;
  if (incoming === null) return existing;
  if (strategy === 'first_non_null_value') return existing;
  if (strategy === 'last_non_null_value') return incoming;
  if (strategy === 'max') return less(existing, incoming) ? incoming : existing;
  if (strategy === 'min') return less(incoming, existing) ? incoming : existing;
  if (strategy === 'bool_or') return existing || incoming;
  if (strategy === 'bool_and') return existing && incoming;
  if (strategy === 'union') return united(existing, incoming);
  return mergedObjects(existing, incoming, strategy === 'deep_merge');
}

function less(a: Plain, b: Plain, orEqual = false): boolean {
  return (a as number) < (b as number) || (orEqual && a === b);
}

function united(existing: Plain, incoming: Plain): Plain {
  const elements: Plain[] = [];
  const add = (element: Plain) => {
    if (!elements.some((known) => isDeepStrictEqual(known, element))) elements.push(element);
  };
  for (const element of [existing].flat()) add(element);
  const known = elements.length;
  for (const element of [incoming].flat()) add(element);
  return elements.length === known ? existing : elements;
}

function mergedObjects(existing: Plain, incoming: Plain, deep: boolean): Plain {
  if (!isObject(existing) || !isObject(incoming)) return incoming;
  let result = existing;
  for (const [name, member] of Object.entries(incoming)) {
    const merge = deep && Object.hasOwn(result, name);
    result = { ...result, [name]: merge ? mergedObjects(result[name], member, deep) : member };
  }
  return result;
}

function isObject(value: Plain): value is Record<string, Plain> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
