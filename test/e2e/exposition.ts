/** The text format of Prometheus, read as its documentation has it. */

interface Series {
  readonly name: string;
  readonly labels: { readonly [name: string]: string };
  readonly value: number;
}

export interface Exposition {
  /** By the name of the family. */
  readonly types: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
  /** The value of the one series of this name that has these labels, and perhaps others. */
  value(name: string, labels?: Series['labels']): number | undefined;
}

const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+]?(?:[0-9.eE+-]+|Inf)|NaN)$/i;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** Throws where a line is none, a family is told twice or not at all, or a series comes twice. */
export function parseExposition(text: string): Exposition {
  const helped = new Set<string>();
  const types = new Map<string, string>();
  const series = new Map<string, Series>();
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n').filter(Boolean)) {
    const [, kind = '', family = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') once(helped.has(family), line, () => helped.add(family));
    else if (kind === 'TYPE') once(types.has(family), line, () => types.set(family, rest));
    else {
      const [, name = '', labels = '', value = ''] = sample.exec(line) ?? [];
      if (name === '') throw new Error(`not a line of the format: ${line}`);
      const owner = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
      if (!types.has(owner) || !helped.has(owner)) throw new Error(`of no family: ${line}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      const one = { name, labels: labelsOf(labels), value: Number(value.replace('Inf', 'Infinity')) };
      once(series.has(key), line, () => series.set(key, one));
    }
  }
  const all = [...series.values()];
  const value = (name: string, labels: Series['labels'] = {}) => {
    const found = all.filter(
      (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
    );
    if (found.length > 1) throw new Error(`several series ${name}`);
    return found[0]?.value;
  };
  return { types, series: all, value };
}

function once(known: boolean, line: string, note: () => unknown): void {
  if (known) throw new Error(`told twice: ${line}`);
  note();
}

function labelsOf(text: string): Series['labels'] {
  const labels: { [name: string]: string } = {};
  let end = 0;
  while (end < text.length) {
    label.lastIndex = end;
    const [all = '', name = '', value = ''] = label.exec(text) ?? [];
    if (name === '' || name in labels) throw new Error(`not labels: ${text}`);
    labels[name] = value;
    end += all.length;
  }
  return labels;
}
