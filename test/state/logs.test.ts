import { expect, it } from 'vitest';
import type { LogLine } from '../../src/model/log-line.ts';
import { noCounts } from '../../src/model/result.ts';
import { opened, stateFile } from './support.ts';

const lines: readonly LogLine[] = [
  { time: '2026-01-01T00:00:00.000Z', level: 'info', run: '01A', event: 'run_started', message: 'run 01A' },
  {
    time: '2026-01-02T00:00:00.000Z',
    level: 'error',
    run: '01A',
    pipeline: 'people',
    event: 'pipeline_finished',
    message: 'failed: ä "quoted"',
    status: 'failed',
    counts: noCounts,
    durationMs: 5,
    code: 'source/x',
    hint: 'Mend it.',
  },
  { time: '2026-01-03T00:00:00.000Z', level: 'warn', run: '01B', event: 'notice', message: 'other' },
];

it('gives back the lines of a run as they were', async () => {
  const state = await opened(await stateFile());
  await state.addLogs(lines);
  expect(await state.logsOf('01A')).toEqual(lines.slice(0, 2));
  expect(await state.logsOf('01C')).toEqual([]);
});

it('drops lines from before a time', async () => {
  const state = await opened(await stateFile());
  await state.addLogs(lines);
  await state.dropLogs('2026-01-02T00:00:00.000Z');
  expect([...(await state.logsOf('01A')), ...(await state.logsOf('01B'))]).toEqual(lines.slice(1));
});
