/** Rows of pages for what happens, or happened, to the rows of targets. */

import type { FieldChange, RowChange } from '../../model/changes.ts';
import { cellText, keyText } from '../changes.ts';
import { count } from '../numbers.ts';
import type { Column, PageKey, Row, Tone } from '../page.ts';
import { printable } from '../printable.ts';
import type { World } from '../world.ts';

/** So many changes a page holds. */
export const mostChanges = 1000;

export const changeColumns = [
  { name: 'change', rank: 0 },
  { name: 'pipeline', rank: 2 },
  { name: 'to', rank: 3 },
  { name: 'key', rank: 0, fills: true },
  { name: 'fields', align: 'right', rank: 1 },
] as const satisfies readonly Column[];

const words = { insert: '+ create', update: '~ update', delete: '- delete' } as const;
const tones = { insert: 'good', update: 'plain', delete: 'bad' } as const satisfies {
  [kind in RowChange['kind']]: Tone;
};

/** A row of a target, as it is asked about. */
export interface AboutRow {
  readonly pipeline: string;
  /** Undefined where rows have no key. */
  readonly key?: string;
}

interface ShownChange {
  /** The name of a checkpoint, which begins with the pipeline's. */
  readonly pipeline: string;
  /** `sink.target`; undefined where it is only planned. */
  readonly to?: string;
  readonly change: RowChange;
}

/** A row for a change; `place` tells it apart from all others of its page. */
export function changeRow({ pipeline, to, change }: ShownChange, place: number): Row<AboutRow> {
  const { kind, key, fields } = change;
  return {
    id: `change ${place}`,
    cells: [
      to === undefined ? words[kind] : `${words[kind]}d`,
      printable(pipeline),
      ...(to === undefined ? [] : [printable(to)]),
      keyText(key),
      fields.length === 0 ? '' : count(fields.length),
    ],
    about: {
      pipeline: pipeline.split(' ', 1)[0] ?? '',
      ...(key.length > 0 && { key: key.map(([, cell]) => String(cell)).join(',') }),
    },
    tone: tones[kind],
    lines: fields.length === 0 ? [noValues] : fields.map(fieldLine),
  };
}

/** Of rows that are new or gone there is only the key, unless it is planned. */
const noValues = { text: 'what is in a row that is new or gone is not told', tone: 'dim' } as const;

/** `name  "Bob" → "Bea"  (overwrite)` */
function fieldLine({ column, before, after, strategy }: FieldChange): { readonly text: string } {
  const values = [before, after].filter((cell) => cell !== undefined).map(cellText);
  const decided = strategy === undefined ? '' : `  (${strategy})`;
  return { text: `${printable(column)}  ${values.join(' → ')}${decided}` };
}

/** `12 created, 31 updated, 0 deleted` */
export function tally(changes: readonly Pick<RowChange, 'kind'>[]): string {
  const number = (kind: RowChange['kind']) => count(changes.filter((change) => change.kind === kind).length);
  return `${number('insert')} created, ${number('update')} updated, ${number('delete')} deleted`;
}

/** `w`: why the fields of the marked row are as they are. */
export function whyKey(world: World, row: Row<AboutRow> | undefined): PageKey {
  const key = { key: 'w', word: 'why', does: 'which run gave each field of the row its value' };
  const cannot = world.cannot('why');
  if (cannot !== undefined) return { ...key, disabled: cannot };
  if (row?.about?.key === undefined) return { ...key, disabled: 'there is no row with a primary key' };
  const { pipeline, key: asked } = row.about;
  return { ...key, act: { type: 'go', to: { page: 'why', pipeline, key: asked } } };
}
