import type { Field, Mapping } from '../transform/mapping.ts';
import { periodOf } from '../transform/period.ts';
import type { PipelinePart } from './parts.ts';

/**
 * A part with the columns that Syncline fills in every row, as constants of its mapping: the mark of a soft delete,
 * which is null in what the source has, and the period of a snapshot, which belongs to the key.
 */
export function filledPart(part: PipelinePart, startedAt: string): PipelinePart {
  const { mode, deletes, snapshot } = part;
  if (mode === 'snapshot' && snapshot) {
    const { column, every, timezone } = snapshot;
    const period: Field = { column, type: 'string', value: periodOf(startedAt, every, timezone) };
    return {
      ...withField(part, period),
      primary_key: [...part.primary_key, column],
      merge: { fields: new Map(), others: { type: 'first_value' } },
    };
  }
  if (deletes?.mode !== 'soft') return part;
  const { fields, others } = part.merge;
  return {
    ...withField(part, { column: deletes.column, type: 'timestamp', value: null }),
    merge: { fields: new Map([...fields, [deletes.column, { type: 'overwrite' }]]), others },
  };
}

/** What a part makes of records that the source says are deleted. */
export function deletionsOf({ stream, deletes }: PipelinePart): Pick<Mapping, 'deleted_when' | 'tombstones'> {
  const tombstones = deletes !== undefined && deletes.mode !== 'ignore';
  return { deleted_when: stream.deleted_when, tombstones };
}

function withField(part: PipelinePart, field: Field): PipelinePart {
  const { fields, rest } = part;
  return { ...part, fields: [...(fields ?? []), field], rest: fields === undefined ? 'keep' : rest };
}
