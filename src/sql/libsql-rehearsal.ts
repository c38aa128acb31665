import type { UndoneBatch } from '../model/changes.ts';
import { takeBatch } from './libsql-scratch.ts';
import type { Scratch } from './scratch.ts';
import { newestBatch, undoBatch } from './undo.ts';

/** Undoes the newest batch of a run that is older than `before` in the scratch database, whatever was edited since. */
export function rehearseUndo(
  scratch: Scratch,
  run: string,
  before: number,
): Promise<{ readonly id: number; readonly undone: UndoneBatch } | undefined> {
  return scratch.try(async (session) => {
    await takeBatch(session, run, before);
    const batch = await newestBatch(session, run);
    if (batch === undefined) return undefined;
    const { id, target, shape, entries } = batch;
    await scratch.takeTable(session, target);
    const keys = entries.flatMap(([kind, key]) => (kind === 'append' ? [] : [key]));
    const names = shape.key.map((place) => shape.columns[place]?.name ?? '');
    await scratch.takeRows(session, target, names, keys);
    const place = await session.dialect.rowPlace(session, target);
    const places = entries.flatMap((entry) => (entry[0] === 'append' ? [[entry[3]]] : []));
    if (place !== undefined) await scratch.takeRows(session, target, [place.name], places);
    const undone = await undoBatch(session, { run, force: true });
    return undone && { id, undone };
  });
}
