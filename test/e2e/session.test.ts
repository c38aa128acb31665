import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edit, folderWith, query, syncline } from './cli.ts';
import { before, type Left, type OnTerminal, onTerminal } from './pty.ts';

const config = `version: 1
sources: { in: { type: file, streams: { people: people.jsonl, places: places.jsonl } } }
sinks: { db: { type: libsql, url: file:sync.db } }
defaults: { pipeline: { primary_key: id, rejects: { max: 5 } } }
pipelines:
  people: { from: in.people, to: db.people }
  places: { from: in.places, to: db.places }
`;

const named = (...names: readonly string[]) =>
  names.map((name, at) => `${JSON.stringify({ id: at + 1, name })}\n`).join('');
const rowsIn = (folder: string, table: string) =>
  query(join(folder, 'sync.db'), `SELECT name FROM ${table} ORDER BY id`).flat();
const runsIn = async (folder: string) =>
  (JSON.parse((await syncline(folder, ['runs', '--json'])).stdout) as readonly unknown[]).length;

/** Two pipelines that have run, and have something to do since. */
async function folder(): Promise<string> {
  const here = await folderWith({
    'sync.config.yaml': config,
    'people.jsonl': named('Ann', 'Bob'),
    'places.jsonl': named('Rome'),
  });
  expect((await syncline(here, ['run', '--quiet'])).code).toBe(0);
  await writeFile(join(here, 'people.jsonl'), named('Ann', 'Bea', 'Cid'));
  await writeFile(join(here, 'places.jsonl'), named('Rome', 'Oslo'));
  return here;
}

const above = 60;

function opened(folder: string): OnTerminal {
  return onTerminal(folder, [], { above });
}

/** What is above the screen is as it was, and no mouse was caught: a person can still scroll and select. */
function expectRestored({ code, main, raw, isMain, hasCursor }: Left): void {
  expect({ code, isMain, hasCursor }).toEqual({ code: 0, isMain: true, hasCursor: true });
  const stood = [...Array.from({ length: above }, (_, number) => String(number + 1)), before];
  expect(main.split('\n').slice(0, above + 1)).toEqual(stood);
  expect(raw.split('\u001b[3J').length - 1).toBe(0);
  expect(raw.split('\u001b[?').filter((after) => /^[\d;]*100[0-6][\d;]*h/.test(after))).toEqual([]);
  expect(raw).toContain('\u001b[?1049h');
}

async function planned(terminal: OnTerminal): Promise<void> {
  await terminal.shows(/▸○ people +✓ idle/);
  terminal.press(' ');
  await terminal.shows('▸◉ people');
  terminal.press('j ');
  await terminal.shows(/◉ people[\s\S]*▸◉ places/);
  terminal.press('P');
  await terminal.shows('Plan: 2 to create, 1 to update, 0 to delete');
}

describe('a person at syncline', () => {
  it('plans two pipelines, runs exactly that, looks what it changed and why, and takes it back', async () => {
    const here = await folder();
    const terminal = opened(here);
    await planned(terminal);
    terminal.press('/~ upd\r');
    await terminal.shows(/1 of 5 with "~ upd"[\s\S]*▸ +~ update +people +id=2/);
    terminal.press('\r');
    await terminal.shows('name  "Bob" → "Bea"  (overwrite)');
    // What comes after the plan is not in it.
    await writeFile(join(here, 'people.jsonl'), named('Ann', 'Eve', 'Cid', 'Dan'));
    terminal.press('r');
    await terminal.shows(/● succeeded[\s\S]*✓ people +3 +1 +1[\s\S]*✓ places +2 +1 +0/);
    expect(rowsIn(here, 'people')).toEqual(['Ann', 'Bea', 'Cid']);
    expect(rowsIn(here, 'places')).toEqual(['Rome', 'Oslo']);

    terminal.press('d');
    await terminal.shows(/Run \w+: 2 created, 1 updated, 0 deleted/);
    terminal.press('/~ upd\r');
    await terminal.shows(/1 of 3 with "~ upd"[\s\S]*▸ +~ updated +people +db\.people +id=2/);
    terminal.press('\r');
    await terminal.shows('name  "Bob" → "Bea"  (overwrite)');
    terminal.press('w');
    await terminal.shows(/Why people has the row 2 so[\s\S]*▸ +name +"Bea" +overwrite +"Bob" +in\.people/);
    await back(terminal, /1 of 3 with "~ upd"/);
    await back(terminal, /\+ created +people[\s\S]*\+ created +places/);
    await back(terminal, /● succeeded/);
    await back(terminal, /1 of 5 with "~ upd"/);
    terminal.press('r');
    await terminal.shows('run: there is no plan yet, or it was run');
    await back(terminal, /\+ create +people[\s\S]*\+ create +places/);
    await back(terminal, /people +✓ idle[\s\S]*▸. places +✓ idle/);

    terminal.press('h');
    await terminal.shows(/Runs of places[\s\S]*▸ .*✓ succeeded/);
    terminal.press('u');
    await terminal.shows(/Undo run \w+\? Rows and checkpoints of all its pipelines[\s\S]*y yes {3}n no/);
    expect(rowsIn(here, 'places')).toEqual(['Rome', 'Oslo']);
    terminal.press('y');
    await terminal.shows(/▸ .*✓ succeeded .* undone/);
    expect(rowsIn(here, 'people')).toEqual(['Ann', 'Bob']);
    expect(rowsIn(here, 'places')).toEqual(['Rome']);
    terminal.press('q');
    const left = await terminal.end();
    expectRestored(left);
    expect(left.main).toContain('2 succeeded');
  });

  it('is told when the target moved after the plan, and nothing is written', async () => {
    const here = await folder();
    const terminal = opened(here);
    await planned(terminal);
    edit(join(here, 'sync.db'), "UPDATE people SET name = 'Mine' WHERE id = 2");
    terminal.press('r');
    await terminal.shows(/the row id=2 of people changed[\s\S]*plan\/moved/);
    expect(rowsIn(here, 'people')).toEqual(['Ann', 'Mine']);
    terminal.press('q');
    expectRestored(await terminal.end());
    expect(rowsIn(here, 'people')).toEqual(['Ann', 'Mine']);
  });

  it('is told when a pipeline ran after the plan, and no run begins', async () => {
    const here = await folder();
    const terminal = opened(here);
    await planned(terminal);
    expect((await syncline(here, ['run', '--quiet'])).code).toBe(0);
    const runs = await runsIn(here);
    terminal.press('r');
    await terminal.shows('plan/moved');
    terminal.press('q');
    expectRestored(await terminal.end());
    expect(await runsIn(here)).toBe(runs);
  });

  it('sees what was rejected, mends it elsewhere, and has it tried again', async () => {
    const here = await folder();
    const db = join(here, 'sync.db');
    edit(db, "CREATE UNIQUE INDEX own ON people (name); INSERT INTO people (id, name) VALUES (9, 'Cid')");
    const terminal = opened(here);
    await terminal.shows('▸○ people');
    terminal.press('r');
    await terminal.shows(/● partial[\s\S]*▸! people/);
    terminal.press('e');
    await terminal.shows(/1 rejected row in run[\s\S]*▸ +UNIQUE constraint failed: people\.name/);
    terminal.press('\r');
    await terminal.shows('"name": "Cid"');
    edit(db, 'DELETE FROM people WHERE id = 9');
    terminal.press('r');
    await terminal.shows(/● succeeded[\s\S]*▸✓ people/);
    expect(rowsIn(here, 'people')).toEqual(['Ann', 'Bea', 'Cid']);
    await back(terminal, /0 rejected rows in run[\s\S]*No row is rejected\./);
    terminal.press('q');
    const left = await terminal.end();
    expectRestored(left);
  });
});

/** Goes back, to what is shown there. */
async function back(terminal: OnTerminal, below: RegExp): Promise<void> {
  terminal.press('\u001b');
  await terminal.shows(below);
}
