import { printJson } from '../model/json.ts';
import type { Value } from '../model/types.ts';
import { canonicalText, isJsonObject, parseJsonCell } from './json-values.ts';

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

/** The members of both; where both have one, the incoming. */
export function shallowMerge(existing: string, incoming: string): string {
  return mergeTexts(existing, incoming, (_, member) => member);
}

/** As the shallow merge, but members that are objects on both sides are merged in turn. */
export function deepMerge(existing: string, incoming: string): string {
  return mergeTexts(existing, incoming, deepMergeValues);
}

function mergeTexts(existing: string, incoming: string, meet: MeetMembers): string {
  const left = parseJsonCell(existing);
  const right = parseJsonCell(incoming);
  return isJsonObject(left) && isJsonObject(right) ? printJson(mergeObjects(left, right, meet)) : incoming;
}

/** What becomes of a member that both objects have. */
type MeetMembers = (existing: Value, incoming: Value) => Value;

function deepMergeValues(existing: Value, incoming: Value): Value {
  if (!isJsonObject(existing) || !isJsonObject(incoming)) return incoming;
  return mergeObjects(existing, incoming, deepMergeValues);
}

/** Goes through a Map, because a member may be named `__proto__`. */
function mergeObjects(
  existing: { readonly [name: string]: Value },
  incoming: { readonly [name: string]: Value },
  meet: MeetMembers,
): Value {
  const members = new Map(Object.entries(existing));
  for (const [name, member] of Object.entries(incoming)) {
    const known = members.get(name);
    members.set(name, known === undefined ? member : meet(known, member));
  }
  return Object.fromEntries(members);
}
