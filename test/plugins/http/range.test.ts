import type { CursorRange } from 'syncline';
import { describe, expect, test } from 'vitest';
import { basisOf } from '../../../src/config/basis.ts';
import type { PipelineConfig } from '../../../src/config/config.ts';
import { complaints, load } from '../../config/load-text.ts';
import { batchesOf, open, startApi } from './support.ts';

type Sent = { readonly since?: string; readonly until?: string };

/** What is sent for a range, by these keys of `incremental`. */
async function sentFor(range: Partial<CursorRange> | undefined, cursorOptions: object): Promise<Sent> {
  const api = await startApi(() => ({ body: [] }));
  const cursor = range && {
    field: 'at',
    order: 'none' as const,
    key: [],
    kind: 'timestamp' as const,
    ...range,
  };
  const options = { param: 'since', until_param: 'until', format: 'iso8601', ...cursorOptions };
  await batchesOf(await open({ base_url: api.url }), { path: '/x' }, { cursor, cursorOptions: options });
  return Object.fromEntries(api.asked[0]?.query ?? []);
}

const range = { from: '2026-01-02T03:04:05.678+01:00', before: '2026-01-05T00:00:00.500Z' };

test.each<[string, Partial<CursorRange> | undefined, Sent]>([
  ['iso8601', range, { since: range.from, until: range.before }],
  ['date', range, { since: '2026-01-02', until: '2026-01-06' }],
  ['epoch', range, { since: '1767319445', until: '1767571201' }],
  ['epoch_ms', range, { since: '1767319445678', until: '1767571200500' }],
  ['date', { from: '2026-01-02', before: '2026-01-05' }, { since: '2026-01-02', until: '2026-01-05' }],
  ['epoch', { from: '2026-01-02' }, { since: '1767312000' }],
  ['epoch_ms', { from: '2026-01-02 00:00:01' }, { since: '1767312001000' }],
  ['epoch', { from: '1767312000', kind: 'number' }, { since: '1767312000' }],
  ['date', {}, {}],
  ['date', undefined, {}],
])('as %s, %o is sent', async (format, given, sent) => {
  expect(await sentFor(given, { format })).toEqual(sent);
});

test('a cursor that is no time is not sent as one', async () => {
  await expect(sentFor({ from: 'abc', kind: 'text' }, { format: 'date' })).rejects.toMatchObject({
    code: 'source/cursor_type',
  });
  expect(await sentFor({ from: 'abc', kind: 'text' }, {})).toEqual({ since: 'abc' });
});

describe('in a config', () => {
  const config = (incremental: string, params = '{}') => `version: 1
sources:
  api:
    type: http
    base_url: http://127.0.0.1:1
    streams: { x: { path: /x, params: ${params}, incremental: { cursor_field: at, ${incremental} } } }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines: { x: { from: api.x, to: db.x, primary_key: id } }
`;
  const pipelineOf = async (text: string) => (await load(text)).pipelines.get('x') as PipelineConfig;

  test('the own keys of `incremental` reach the source, with their defaults', async () => {
    const { stream } = await pipelineOf(config('param: since, step: 30d, initial: 2026-01-01'));
    expect({ ...stream.cursorOptions }).toEqual({ param: 'since', format: 'iso8601' });
    expect(stream.incremental).toMatchObject({ cursor_field: 'at', order: 'none' });
  });

  test('under other ones a cursor means nothing', async () => {
    const bases = await Promise.all(
      ['param: since', 'param: from', 'param: since, format: date'].map(async (text) =>
        basisOf(await pipelineOf(config(text))),
      ),
    );
    expect(new Set(bases).size).toBe(3);
  });

  test.each([
    ['parm: x', 'config/unknown_key sources.api.streams.x.incremental.parm: there is no key "parm"'],
    ['format: year', expect.stringMatching(/^config\/enum sources.api.streams.x.incremental.format: /)],
  ])('a mistake in them is told: %s', async (text, complaint) => {
    expect(await complaints(config(text))).toEqual([complaint]);
  });

  test('what comes from variables in params and headers is secret, what is written out is not', async () => {
    const text = config('param: since', '{ key: "${KEY}", state: open-ones, n: ["a-${PART}"] }');
    const { secrets, warnings } = await load(text, {
      KEY: 'canary-4711',
      PART: 'part-0815',
      OTHER: 'open-ones',
    });
    expect([...secrets].sort()).toEqual(['canary-4711', 'part-0815']);
    expect(warnings).toEqual([]);
  });
});
