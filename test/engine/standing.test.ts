import { expect, it } from 'vitest';
import { standings, withFollowers } from '../../src/engine/standing.ts';
import { load } from '../config/load-text.ts';
import { opened, stateFile } from '../state/support.ts';

const config = () =>
  load(`version: 1
sources: { in: { type: file, streams: { rows: { path: rows.jsonl, primary_key: id } } } }
sinks: { db: { type: libsql, url: "file:sync.db" } }
defaults: { pipeline: { from: in.rows } }
pipelines:
  second: { to: db.b, after: first }
  first: { to: db.a, schedule: "0 6 * * *" }
  third: { to: db.c, after: { pipelines: [second, own] } }
  own: { to: db.d, after: first, schedule: "0 4 * * *" }
  off: { to: db.e, after: first, enabled: false }
  behind: { to: db.f, after: off }
  manual: { to: db.g }
`);

it('a scheduled run takes along what follows and has no schedule of its own', async () => {
  const all = await config();
  const names = (...occurred: string[]) => withFollowers(all, occurred, new Set()).map(({ name }) => name);
  expect(names('first')).toEqual(['second', 'first', 'third']);
  expect(names('own')).toEqual(['third', 'own']);
  expect(names('manual')).toEqual(['manual']);
  expect(names('gone')).toEqual([]);
});

it('a pipeline stands with its next run, or that of what it follows', async () => {
  const state = await opened(await stateFile());
  const found = await standings(await config(), state, Date.UTC(2026, 0, 1, 5));
  expect(found.map(({ pipeline, nextRun }) => `${pipeline} ${nextRun?.slice(8, 13)}`)).toEqual([
    'second 01T06',
    'first 01T06',
    'third 01T06',
    'own 02T04',
    'off undefined',
    'behind undefined',
    'manual undefined',
  ]);
});
