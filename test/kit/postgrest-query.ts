/** The query language of PostgREST, as far as our sink and its client speak it, as SQL. */

const operators: { readonly [name: string]: string } = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};
/** Parameters that are no filters. */
const reserved = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Names with commas between, each quoted or plain. */
export function names(text: string): string[] {
  const reader = new Reader(text);
  const found = [reader.name(',')];
  while (reader.takes(',')) found.push(reader.name(','));
  return found;
}

/** A condition in SQL, with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

/** What all filters of a query ask for. */
export function conditionOf(params: URLSearchParams): Condition {
  const values: string[] = [];
  const parts = [...params].flatMap(([name, text]) => {
    if (reserved.has(name)) return [];
    const reader = new Reader(text, values);
    if (name === 'and' || name === 'or') return [reader.list(name)];
    return [reader.test(new Reader(name).name('.'))];
  });
  return { sql: parts.length === 0 ? 'true' : parts.join(' AND '), values };
}

export function orderOf(text: string | null): string {
  if (text === null) return '';
  const parts = text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => {
    const reader = new Reader(part);
    const column = quote(reader.name('.'));
    return reader.takes('.desc') ? `${column} DESC` : column;
  });
  return `ORDER BY ${parts.join(', ')}`;
}

/** A mistake in a query. */
export class BadQuery extends Error {}

class Reader {
  #at = 0;
  readonly #text: string;
  readonly #values: string[];

  constructor(text: string, values: string[] = []) {
    this.#text = text;
    this.#values = values;
  }

  takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** A column, up to one of these characters. */
  name(ends: string): string {
    return this.#text[this.#at] === '"' ? this.#quoted() : this.#until(ends);
  }

  /** `(a.eq.1,or(b.is.null,c.in.(1,2)))` */
  list(how: 'and' | 'or'): string {
    this.#expect('(');
    const parts = [this.#part()];
    while (this.takes(',')) parts.push(this.#part());
    this.#expect(')');
    return `(${parts.join(how === 'and' ? ' AND ' : ' OR ')})`;
  }

  test(column: string): string {
    const name = this.#until('.');
    this.#expect('.');
    if (name === 'in') return this.#within(quote(column));
    if (name === 'is') return `${quote(column)} IS ${this.#word()}`;
    const operator = operators[name];
    if (operator === undefined) throw new BadQuery(`unknown operator ${name}`);
    return `${quote(column)} ${operator} ${this.#value()}`;
  }

  #part(): string {
    for (const how of ['and', 'or'] as const) if (this.takes(`${how}(`)) return this.#back(how);
    const column = this.name('.');
    this.#expect('.');
    return this.test(column);
  }

  #back(how: 'and' | 'or'): string {
    this.#at -= 1;
    return this.list(how);
  }

  #within(column: string): string {
    this.#expect('(');
    const values = [this.#value()];
    while (this.takes(',')) values.push(this.#value());
    this.#expect(')');
    return `${column} IN (${values.join(', ')})`;
  }

  #word(): string {
    const word = this.#until(',)');
    if (!/^(null|true|false)$/.test(word)) throw new BadQuery(`is.${word}`);
    return word;
  }

  #value(): string {
    this.#values.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#until(',)'));
    return `$${this.#values.length}`;
  }

  #quoted(): string {
    const [whole, inside] = /^"((?:[^"\\]|\\.)*)"/s.exec(this.#text.slice(this.#at)) ?? [];
    if (whole === undefined || inside === undefined) throw new BadQuery('a quotation mark is not closed');
    this.#at += whole.length;
    return inside.replace(/\\(.)/gs, '$1');
  }

  #until(ends: string): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !ends.includes(this.#text[this.#at] ?? '')) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #expect(text: string): void {
    if (!this.takes(text)) throw new BadQuery(`"${text}" expected at ${this.#at} of ${this.#text}`);
  }
}
