import { describe, expect, it } from 'vitest';
import { around, complaints, load } from './load-text.ts';

/** A config with this stream and this end of its one pipeline. */
const text = (stream: string, pipeline: string) => `version: 1
sources: { in: { type: file, streams: { rows: ${stream} } }, old: { type: libsql, url: file:old.db, streams: { rows: { table: rows } } } }
sinks: { db: { type: libsql, url: file:sync.db }, out: { type: file, dir: out } }
pipelines: { rows: { from: in.rows, primary_key: id, ${pipeline} } }
`;
const plain = '{ path: rows.jsonl }';

describe('partitions', () => {
  const stream =
    '{ path: "data/{project}-{year}.jsonl", partitions: { project: [a, b], year: [2025, 2026] } }';

  it('are every combination of their values', async () => {
    const config = await load(text(stream, 'to: db.rows'));
    expect(config.sources.get('in')?.streams.get('rows')?.partitions).toEqual([
      { project: 'a', year: 2025 },
      { project: 'a', year: 2026 },
      { project: 'b', year: 2025 },
      { project: 'b', year: 2026 },
    ]);
  });

  it.each([
    [
      '{ path: rows.jsonl, partitions: { project: [a] } }',
      'to: db.rows',
      'no option of the stream has {project}',
    ],
    ['{ path: "{p}.jsonl", partitions: { p: [] } }', 'to: db.rows', 'partitions.p'],
    [stream, 'to: db.rows, map: { id: id, p: $partition.projekt }', 'no partition named "projekt"'],
    [
      plain,
      'to: db.rows, map: { id: id, p: $partition.project }',
      'the stream has no partition named "project"',
    ],
  ])('are refused where they cannot be meant: %s with %s', async (declared, pipeline, message) => {
    expect((await complaints(text(declared, pipeline))).join('\n')).toContain(message);
  });
});

describe('targets', () => {
  it('share the `deletes` of the pipeline as far as they can use it', async () => {
    const to =
      '[{ target: db.a, mode: mirror }, { target: db.b, mode: upsert }, { target: db.c, mode: append }]';
    const keys = `deletes: { mode: hard }\n`;
    const config = await load(around(keys).replace('to: db.campaigns', `to: ${to}`));
    const targets = config.pipelines.get('campaigns')?.targets.map(({ deletes }) => deletes?.mode);
    expect(targets).toEqual(['hard', undefined, undefined]);
  });

  it('are one or several, each with the mode and merge it says, or those of the pipeline', async () => {
    const to =
      'to: [db.rows, { target: db.log, mode: append }, { target: db.kept, merge: { "*": keep_edits } }]';
    const config = await load(text(plain, `${to}, merge: { name: max }`));
    const targets = config.pipelines.get('rows')?.targets ?? [];
    expect(targets.map(({ target, mode }) => [target, mode])).toEqual([
      ['rows', 'upsert'],
      ['log', 'append'],
      ['kept', 'upsert'],
    ]);
    expect(targets.map(({ merge }) => [...merge.fields.keys(), merge.others.type])).toEqual([
      ['name', 'overwrite'],
      ['overwrite'],
      ['keep_edits'],
    ]);
  });

  it.each([
    ['to: [db.rows, db.rows]', 'db.rows is named twice'],
    ['to: []', 'to'],
    ['to: [nowhere.rows]', 'there is no sink named "nowhere"'],
    ['to: [{ mode: append }]', 'target'],
    ['to: [{ target: out.rows, mode: upsert }]', 'cannot upsert'],
    [
      'to: [{ target: db.rows, mode: append, merge: { name: max } }]',
      '`merge` is for the modes upsert and mirror',
    ],
    ['to: [{ target: db.rows, deletes: hard }]', 'deletes'],
  ])('are refused with their place: %s', async (to, message) => {
    expect((await complaints(text(plain, to))).join('\n')).toContain(message);
  });
});

describe('step', () => {
  const stepped = (incremental: string) =>
    text(plain, 'to: db.rows').replace('table: rows', `table: rows, incremental: ${incremental}`);

  it('is a duration', async () => {
    const config = await load(stepped('{ cursor_field: at, initial: -90d, step: 7d }'));
    expect(config.sources.get('old')?.streams.get('rows')?.incremental?.step).toBe(7 * 86_400_000);
  });

  it.each([
    ['{ cursor_field: at, step: 7d }', 'where the first window begins'],
    ['{ cursor_field: at, initial: 100, step: 7d }', 'where the first window begins'],
    ['{ cursor_field: at, initial: -90d, step: 0d }', 'cannot be empty'],
    ['{ cursor_field: at, initial: -90d, step: 7 }', 'step'],
  ])('is refused in %s', async (incremental, message) => {
    expect((await complaints(stepped(incremental))).join('\n')).toContain(message);
  });

  it('is refused where the source reads everything whatever is asked for', async () => {
    const stream = '{ path: rows.jsonl, incremental: { cursor_field: at, initial: -90d, step: 7d } }';
    expect((await complaints(text(stream, 'to: db.rows'))).join('\n')).toContain('is read whole whatever');
  });
});
