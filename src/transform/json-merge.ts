import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import { canonicalText, equalValues, isJsonObject, type JsonObject, parseJsonCell } from './json-values.ts';

/** The elements of both, each once, in order of first sight. When nothing is added the existing text stays as it is. */
export function union(existing: string, incoming: string): string {
  const elements = new Map(elementsOf(existing).map((element) => [canonicalText(element), element]));
  const known = elements.size;
  for (const element of elementsOf(incoming)) {
    const text = canonicalText(element);
    if (!elements.has(text)) elements.set(text, element);
  }
  return elements.size === known ? existing : printJson([...elements.values()]);
}

function elementsOf(text: string): readonly Value[] {
  const value = parseJsonCell(text);
  return Array.isArray(value) ? value : [value];
}

/** The members of both; where both have one, the incoming. What changes nothing leaves the existing text as it is. */
export function shallowMerge(existing: string, incoming: string): string {
  return mergeTexts(existing, incoming, replace);
}

/** As the shallow merge, but members that are objects on both sides are merged in turn. */
export function deepMerge(existing: string, incoming: string): string {
  return mergeTexts(existing, incoming, mergeDeep);
}

/** What becomes of a member that both objects have: `existing` itself when the result equals it. */
type Meet = (existing: Value, incoming: Value) => Value;

function mergeTexts(existing: string, incoming: string, meet: Meet): string {
  const left = parseJsonCell(existing);
  const right = parseJsonCell(incoming);
  if (!isJsonObject(left) || !isJsonObject(right)) return equalValues(left, right) ? existing : incoming;
  const merged = mergeObjects(left, right, meet);
  return merged === left ? existing : printJson(merged);
}

function replace(existing: Value, incoming: Value): Value {
  return equalValues(existing, incoming) ? existing : incoming;
}

function mergeDeep(existing: Value, incoming: Value): Value {
  if (isJsonObject(existing) && isJsonObject(incoming)) return mergeObjects(existing, incoming, mergeDeep);
  return replace(existing, incoming);
}

/** Goes through a Map, because a member may be named `__proto__`. */
function mergeObjects(existing: JsonObject, incoming: JsonObject, meet: Meet): JsonObject {
  const members = new Map(Object.entries(existing));
  let changed = false;
  for (const [name, member] of Object.entries(incoming)) {
    const known = members.get(name);
    const result = known === undefined ? member : meet(known, member);
    if (result === known) continue;
    members.set(name, result);
    changed = true;
  }
  return changed ? Object.fromEntries(members) : existing;
}
