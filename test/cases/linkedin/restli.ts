/** Rest.li 2.0 values in a query: `(a:1,b:List(x,y))`. What means itself is encoded: `urn%3Ali%3A…`. */

export type RestliValue = string | readonly RestliValue[] | { readonly [name: string]: RestliValue };

/** Takes a value apart as it came in the URL; throws where it breaks the syntax. */
export function parseRestli(raw: string): RestliValue {
  const [value, rest] = readValue(raw);
  if (rest !== '') throw new SyntaxError(`unexpected ${rest}`);
  return value;
}

/** A value, and the text behind it. */
function readValue(text: string): [RestliValue, string] {
  if (text.startsWith('List(')) return readList(text.slice(5));
  if (text.startsWith('(')) return readObject(text.slice(1));
  return readText(text);
}

function readList(text: string): [RestliValue, string] {
  const items: RestliValue[] = [];
  if (text.startsWith(')')) return [items, text.slice(1)];
  let rest = text;
  for (;;) {
    const [item, behind] = readValue(rest);
    items.push(item);
    if (behind.startsWith(')')) return [items, behind.slice(1)];
    rest = after(behind, ',');
  }
}

function readObject(text: string): [RestliValue, string] {
  const fields: { [name: string]: RestliValue } = {};
  let rest = text;
  for (;;) {
    const [name, colon] = readText(rest);
    const [value, behind] = readValue(after(colon, ':'));
    fields[name] = value;
    if (behind.startsWith(')')) return [fields, behind.slice(1)];
    rest = after(behind, ',');
  }
}

/** Text holds none of `( ) , :` and quotes: those are syntax unless they are encoded. */
function readText(text: string): [string, string] {
  const raw = /^[^(),:']*/.exec(text)?.[0] ?? '';
  if (raw === '') throw new SyntaxError('a value is missing');
  return [decodeURIComponent(raw), text.slice(raw.length)];
}

function after(text: string, mark: string): string {
  if (!text.startsWith(mark)) throw new SyntaxError(`expected ${mark}`);
  return text.slice(mark.length);
}
