import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/model/log-line.ts';
import { changesPage } from '../../../src/tui/pages/changes.ts';
import { logsPage } from '../../../src/tui/pages/logs.ts';
import { planPage } from '../../../src/tui/pages/plan.ts';
import { rejectsPage } from '../../../src/tui/pages/rejects.ts';
import { whyPage } from '../../../src/tui/pages/why.ts';
import { followed, named, ran, worldWith } from '../../commands/open-world.ts';
import { edit, query } from '../../e2e/cli.ts';
import { cellsOf, lastSheet, linesOf, obeyed, pressed, sheetWhere, textOf } from './sheets.ts';

const rowsIn = (folder: string) => query(join(folder, 'sync.db'), 'SELECT name FROM rows ORDER BY id').flat();

describe('the changes of a run', () => {
  it('are rows with their fields, and lead to why and undo', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows', 'deals');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea', 'Cid'));
    await writeFile(join(folder, 'deals.jsonl'), named('one'));
    const run = await ran(world, 'rows', 'deals');
    const at = { page: 'changes', run } as const;
    expect(changesPage.command(at)).toBe(`syncline diff ${run}`);
    const sheet = await lastSheet(changesPage, world, at);
    expect(sheet.title).toBe(`Run ${run}: 1 created, 1 updated, 1 deleted`);
    expect(cellsOf(sheet).sort()).toEqual([
      '+ created | rows | db.rows | id=3 | ',
      '- deleted | deals | db.deals | id=2 | ',
      '~ updated | rows | db.rows | id=2 | 1',
    ]);
    const place = sheet.rows.findIndex(({ cells }) => cells[0] === '~ updated');
    expect(linesOf(sheet, place)).toEqual(['name  "Bob" → "Bea"  (keep_edits)']);
    expect(await pressed(changesPage, world, at, 'w', sheet.rows[place])).toEqual({
      to: { page: 'why', pipeline: 'rows', key: '2' },
    });
    expect(await pressed(changesPage, world, at, 'w')).toMatchObject({ disabled: /no row/ });
    const { ask, said } = await pressed(changesPage, world, at, 'u');
    expect(ask).toContain(run);
    expect(said).toContain('was undone');
    expect(rowsIn(folder)).toEqual(['Ann', 'Bob']);
  });

  it('are held up to a bound, which is said', async () => {
    const many = Array.from({ length: 1001 }, (_, at) => `name ${at}`);
    const { world } = await worldWith({ 'rows.jsonl': named(...many) });
    const run = await ran(world, 'rows');
    const sheet = await lastSheet(changesPage, world, { page: 'changes', run });
    expect(sheet.rows).toHaveLength(1000);
    expect(sheet.title).toBe(`Run ${run}: its first 1,000 changes; all of them: syncline diff ${run}`);
    expect(new Set(sheet.rows.map(({ id }) => id)).size).toBe(1000);
  });
});

describe('a plan', () => {
  it('is counted by pipeline, and run exactly so', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea'));
    const at = { page: 'plan', pipelines: ['rows'] } as const;
    expect(planPage.command(at)).toBe('syncline plan rows --diff');
    expect(await pressed(planPage, world, at, 'r')).toMatchObject({ disabled: /no plan/ });
    const sheet = await lastSheet(planPage, world, at);
    expect(sheet.title).toBe('Plan: 0 to create, 1 to update, 0 to delete');
    expect(cellsOf(sheet)).toEqual(['pipeline | rows | + 0  ~ 1  - 0  = 1 | ', '~ update | rows | id=2 | 1']);
    expect(sheet.columns).toHaveLength(4);
    await writeFile(join(folder, 'rows.jsonl'), 'not read\n');
    const { ask, to } = await pressed(planPage, world, at, 'r');
    expect(ask).toBeUndefined();
    await followed(world, (to as { run: string }).run);
    expect(rowsIn(folder)).toEqual(['Ann', 'Bea']);
    expect(await pressed(planPage, world, at, 'r')).toMatchObject({ disabled: /it was run/ });
  });

  it('asks before rows go, and is not mistaken for another one', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'deals');
    await writeFile(join(folder, 'deals.jsonl'), named('one'));
    const first = { page: 'plan', pipelines: ['deals'] } as const;
    await lastSheet(planPage, world, first);
    const keys = planPage.keys(world, first, undefined, []);
    expect(keys[0]?.act).toMatchObject({ ask: 'Run it: 1 row will be deleted?' });
    await lastSheet(planPage, world, { page: 'plan', pipelines: ['rows'] });
    expect(await pressed(planPage, world, first, 'r')).toMatchObject({ disabled: /no plan/ });
  });

  it('shows what went wrong, and says why it cannot be run', async () => {
    const { world } = await worldWith({ 'rows.jsonl': 'no JSON\n' });
    const at = { page: 'plan', pipelines: ['rows', 'deals'] } as const;
    const sheet = await lastSheet(planPage, world, at);
    expect(sheet.rows[0]).toMatchObject({
      tone: 'bad',
      cells: ['! failed', 'rows', expect.stringContaining('is not JSON'), ''],
    });
    expect(linesOf(sheet, 0)[0]).toMatch(/\[\w+\/\w+\]$/);
    expect(linesOf(sheet, 0).length).toBeGreaterThan(2);
    expect(await pressed(planPage, world, at, 'r')).toMatchObject({ disabled: /"rows" ended failed/ });
  });
});

describe('rejects', () => {
  it('show reason, meaning and record, and are dropped or retried together', async () => {
    const bad = '{"id":"x\\u001b[2J\u009b","name":"Cid","big":12345678901234567890,"in":{"a":[1,{}]}}\n';
    const { world } = await worldWith({ 'rows.jsonl': named('Ann') + bad });
    const run = await ran(world, 'rows');
    const at = { page: 'rejects', run } as const;
    expect(rejectsPage.command(at)).toBe(`syncline rejects show ${run}`);
    const sheet = await sheetWhere(rejectsPage, world, at, () => true);
    expect(sheet.title).toBe(`1 rejected row in run ${run}`);
    expect(sheet.rows[0]?.cells.slice(1)).toEqual(['id', 'rows', run]);
    expect(linesOf(sheet, 0)[0]).toMatch(/^row\/type: ./);
    expect(linesOf(sheet, 0).slice(1)).toEqual([
      '{',
      '  "id": "x\\u001b[2J\\u009b",',
      '  "name": "Cid",',
      '  "big": 12345678901234567890,',
      '  "in": {',
      '    "a": [',
      '      1,',
      '      {}',
      '    ]',
      '  }',
      '}',
    ]);
    expect(textOf(sheet)).not.toMatch(obeyed);
    const retried = await pressed(rejectsPage, world, at, 'r', sheet.rows[0]);
    expect(retried).toMatchObject({ ask: undefined, to: { page: 'run' } });
    await followed(world, (retried.to as { run: string }).run);
    const all = { page: 'rejects' } as const;
    const dropped = await pressed(rejectsPage, world, all, 'D', sheet.rows[0]);
    expect(dropped).toEqual({ ask: 'Forget all rejected rows?', said: '1 rejected row dropped' });
    expect(await pressed(rejectsPage, world, all, 'D')).toMatchObject({ disabled: /no row/ });
  });

  it('go from the page when they are gone', async () => {
    const { world } = await worldWith({ 'rows.jsonl': `${named('Ann')}{"id":"x"}\n` });
    await ran(world, 'rows');
    const at = { page: 'rejects', pipeline: 'rows' } as const;
    const stop = new AbortController();
    const sheets = rejectsPage.load(world, at, stop.signal)[Symbol.asyncIterator]();
    expect((await sheets.next()).value.rows).toHaveLength(1);
    await world.drop(at);
    expect((await sheets.next()).value).toMatchObject({ rows: [], title: '0 rejected rows of rows' });
    stop.abort();
    expect((await sheets.next()).done).toBe(true);
  });
});

describe('the log', () => {
  it('grows with what runs, newest last, and is narrowed by level', async () => {
    const { world } = await worldWith({ 'rows.jsonl': `${named('Ann')}{"id":"x\\u001b[2J"}\n` });
    const stop = new AbortController();
    const sheets = logsPage.load(world, { page: 'logs' }, stop.signal)[Symbol.asyncIterator]();
    expect((await sheets.next()).value).toMatchObject({ rows: [], grows: true, title: 'Log of all runs' });
    const run = await ran(world, 'rows');
    let last = (await sheets.next()).value;
    while (!cellsOf(last).some((line) => line.includes(`run ${run} ended`)))
      last = (await sheets.next()).value;
    expect(cellsOf(last)[0]).toContain(`run ${run}: rows`);
    stop.abort();
    const at = { page: 'logs', run, level: 'warn' } as const;
    const narrowed = await lastSheet(logsPage, world, at);
    expect(narrowed.title).toBe(`Log of run ${run}, warn and worse`);
    expect(narrowed.rows.map(({ tone }) => tone)).toEqual(['warn', 'warn']);
    expect(textOf(narrowed)).not.toMatch(obeyed);
    expect(logsPage.command(at)).toBe(`syncline logs ${run} --follow --level warn`);
    expect(await pressed(logsPage, world, at, 'v')).toEqual({ to: { ...at, level: 'error' } });
    expect(await pressed(logsPage, world, { page: 'logs' }, 'v')).toEqual({
      to: { page: 'logs', level: 'warn' },
    });
  });

  it('holds the last lines only, and says so', async () => {
    const { world } = await worldWith();
    const line = (place: number): LogLine => ({
      time: '2026-01-02T03:04:05.000Z',
      level: 'info',
      run: 'r',
      event: 'notice',
      message: `line ${place}`,
    });
    async function* lines() {
      for (let place = 0; place < 9000; place += 1) yield line(place);
    }
    const telling = Object.assign(Object.create(world), { logs: lines }) as typeof world;
    const sheet = await lastSheet(logsPage, telling, { page: 'logs', pipeline: 'rows' });
    expect(sheet.title).toBe('Log of all runs, rows, the last 2,000 of 9,000 lines');
    expect(sheet.rows[0]?.cells[3]).toBe('line 7000');
    expect(sheet.rows.at(-1)).toMatchObject({ id: '8999', cells: expect.arrayContaining(['line 8999']) });
  });

  it('throws what the log throws', async () => {
    const { world } = await worldWith();
    await expect(lastSheet(logsPage, world, { page: 'logs', run: '01JD' })).rejects.toMatchObject({
      code: 'usage/unknown_run',
    });
  });
});

describe('why', () => {
  it('tells run, strategy and what was before, and marks what a person changed', async () => {
    const { folder, world } = await worldWith();
    const first = await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'B\u001b[2J'));
    const run = await ran(world, 'rows');
    edit(join(folder, 'sync.db'), "UPDATE rows SET name = 'by hand' WHERE id = 1");
    const at = { page: 'why', pipeline: 'rows', key: '2' } as const;
    expect(whyPage.command({ ...at, field: 'a b' })).toBe("syncline why rows 2 'a b'");
    const sheet = await lastSheet(whyPage, world, at);
    expect(cellsOf(sheet)).toEqual([`name | "B\\u001b[2J" | keep_edits | "Bob" | in.rows | ${run}`]);
    expect(textOf(sheet)).not.toMatch(obeyed);
    expect(linesOf(sheet, 0)[1]).toBe('before  "Bob"');
    expect(await pressed(whyPage, world, at, 'd', sheet.rows[0])).toEqual({ to: { page: 'changes', run } });
    const edited = await lastSheet(whyPage, world, { ...at, key: '1' });
    expect(cellsOf(edited)).toEqual([`name | "by hand" | the new row |  | in.rows | ${first}`]);
    await expect(lastSheet(whyPage, world, { ...at, key: '9' })).rejects.toMatchObject({ hint: /journal/ });
  });

  it('marks what was edited by hand since a run changed it', async () => {
    const { folder, world } = await worldWith();
    await ran(world, 'rows');
    await writeFile(join(folder, 'rows.jsonl'), named('Ann', 'Bea'));
    await ran(world, 'rows');
    edit(join(folder, 'sync.db'), "UPDATE rows SET name = 'by hand' WHERE id = 2");
    const sheet = await lastSheet(whyPage, world, { page: 'why', pipeline: 'rows', key: '2', field: 'name' });
    expect(sheet.rows[0]).toMatchObject({
      tone: 'warn',
      cells: expect.arrayContaining(['edited by hand; last keep_edits']),
    });
  });
});
