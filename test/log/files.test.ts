import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DayFiles } from '../../src/log/day-file.ts';
import { LogReader, newestDay } from '../../src/log/read.ts';
import type { LogLine } from '../../src/model/log-line.ts';

const line = (time: string, message: string): LogLine => ({
  time,
  level: 'info',
  run: 'RUN',
  event: 'notice',
  message,
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'syncline-log-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function messages(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const found: string[] = [];
  for await (const { message } of lines) found.push(message);
  return found;
}

it('begins a new file when the day changes in UTC, and goes back when the clock does', async () => {
  const dir = join(await folder(), 'not', 'there');
  const files = new DayFiles(dir);
  for (const time of ['2026-01-01T23:59:59.999Z', '2026-01-02T00:00:00.000Z', '2026-01-01T23:59:59.000Z'])
    files.write(line(time, time));
  files.close();
  expect(await readdir(dir)).toEqual(['2026-01-01.jsonl', '2026-01-02.jsonl']);
  expect((await readFile(join(dir, '2026-01-01.jsonl'), 'utf8')).split('\n')).toHaveLength(3);
});

it('reads on over midnight, and in files that appear later', async () => {
  const dir = join(await folder(), 'logs');
  const reader = new LogReader(dir, newestDay(dir));
  expect(await messages(reader.fresh())).toEqual([]);
  const files = new DayFiles(dir);
  onTestFinished(() => files.close());
  files.write(line('2026-01-01T23:59:59.999Z', 'before'));
  expect(await messages(reader.fresh())).toEqual(['before']);
  files.write(line('2026-01-01T23:59:59.999Z', 'still before'));
  files.write(line('2026-01-02T00:00:00.000Z', 'after'));
  expect(await messages(reader.fresh())).toEqual(['still before', 'after']);
  expect(await messages(reader.fresh())).toEqual([]);
});

it('waits for the rest of a line, and leaves out what is none', async () => {
  const dir = await folder();
  const text = JSON.stringify(line('2026-01-01T00:00:00.000Z', 'ä'.repeat(300_000)));
  const file = join(dir, '2026-01-01.jsonl');
  const reader = new LogReader(dir, '');
  const bytes = Buffer.from(`half a li\n[]\n${text}\n`);
  // In the middle of a character.
  await writeFile(file, bytes.subarray(0, 400_000));
  expect(await messages(reader.fresh())).toEqual([]);
  await appendFile(file, bytes.subarray(400_000));
  expect((await messages(reader.fresh())).map(({ length }) => length)).toEqual([300_000]);
});

it('leaves out days before the one it begins with', async () => {
  const dir = await folder();
  for (const day of ['2026-01-01', '2026-01-02'])
    await writeFile(join(dir, `${day}.jsonl`), `${JSON.stringify(line(`${day}T00:00:00.000Z`, day))}\n`);
  await writeFile(join(dir, 'notes.txt'), 'mine');
  expect(await messages(new LogReader(dir, newestDay(dir)).fresh())).toEqual(['2026-01-02']);
});

it('forgets the files of days that ended before a time, and no others', async () => {
  const dir = await folder();
  for (const name of ['2026-01-01.jsonl', '2026-01-02.jsonl', '2026-01-03.jsonl', 'mine-2026-01-01.jsonl'])
    await writeFile(join(dir, name), '');
  new DayFiles(dir).forget('2026-01-02T23:00:00.000Z');
  expect(await readdir(dir)).toEqual(['2026-01-02.jsonl', '2026-01-03.jsonl', 'mine-2026-01-01.jsonl']);
});

it('writes nothing that a terminal obeys, and reads it as it was', async () => {
  const dir = await folder();
  const files = new DayFiles(dir);
  const text = 'a\u001b[2J\u009b\u007f\u202eé';
  files.write(line('2026-01-01T00:00:00.000Z', text));
  files.close();
  expect(await readFile(join(dir, '2026-01-01.jsonl'), 'utf8')).toContain(
    'a\\u001b[2J\\u009b\\u007f\\u202eé',
  );
  expect(await messages(new LogReader(dir, '').fresh())).toEqual([text]);
});
