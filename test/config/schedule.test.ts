import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showConfig } from '../../src/config/show.ts';
import { around, complaints, load, write } from './load-text.ts';

async function schedule(text: string) {
  const found = (await load(around(`schedule: ${text}`))).pipelines.get('campaigns')?.schedule;
  if (found === undefined) throw new Error('there is no schedule');
  return found;
}

describe('schedule', () => {
  it.each([
    ['"*/30 * * * *"', { cron: '*/30 * * * *', timezone: 'UTC' }],
    ['"30 */5 * * * *"', { cron: '30 */5 * * * *', timezone: 'UTC' }],
    ['"@hourly"', { cron: '@hourly', timezone: 'UTC' }],
    ['"@Daily"', { cron: '@Daily', timezone: 'UTC' }],
    ['{ every: 30m }', { every: 1_800_000 }],
    ['{ cron: "0 6 * * 1-5", timezone: Europe/Berlin }', { cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' }],
    ['{ cron: "0 0 29 2 *" }', { cron: '0 0 29 2 *', timezone: 'UTC' }],
    ['{ cron: "0 0 L * *" }', { cron: '0 0 L * *', timezone: 'UTC' }],
  ])('%s is understood', async (text, when) => {
    expect(await schedule(text)).toMatchObject({ when, catch_up: 'one', overlap: 'skip', jitter: 0 });
  });

  it('is shown spelled out', async () => {
    const text = around('schedule: { every: 90m, catch_up: none, overlap: queue, jitter: 30s }');
    const shown = await showConfig(write(text));
    expect(shown).toContain(
      '    schedule:\n      every: 90m\n      catch_up: none\n      overlap: queue\n      jitter: 30s\n',
    );
    expect(shown).toContain('daemon:\n  listen: 127.0.0.1:7433\n  grace: 10s\n  concurrency: 4\n');
  });

  it.each([
    [
      '"61 * * * *"',
      'config/schedule pipelines.campaigns.schedule: "61 * * * *" is not a cron expression: invalid value for minute: 61',
    ],
    [
      '"* * * *"',
      'config/schedule pipelines.campaigns.schedule: "* * * *" is not a cron expression: it has 4 fields',
    ],
    [
      '"* * * * * * 2030"',
      'config/schedule pipelines.campaigns.schedule: "* * * * * * 2030" is not a cron expression: it has 7 fields',
    ],
    [
      '2026-01-01T00:00:00',
      'config/schedule pipelines.campaigns.schedule: "2026-01-01T00:00:00" is not a cron expression: it has 1 field',
    ],
    ['"0 0 30 2 *"', 'config/schedule pipelines.campaigns.schedule: "0 0 30 2 *" never comes'],
    ['{ cron: "0 0 31 4 *" }', 'config/schedule pipelines.campaigns.schedule.cron: "0 0 31 4 *" never comes'],
    ['"@reboot"', 'config/schedule pipelines.campaigns.schedule: "@reboot" is not the name of a schedule'],
    [
      '{ cron: "@daily", timezone: Mars/Olympus }',
      'config/value pipelines.campaigns.schedule.timezone: timezone: "Mars/Olympus" is not a time zone',
    ],
    [
      '{ cron: "@daily", every: 1h }',
      'config/schedule pipelines.campaigns.schedule: a schedule has `cron` or `every`, and here are both',
    ],
    [
      '{ catch_up: none }',
      'config/schedule pipelines.campaigns.schedule: a schedule has `cron` or `every`, and here are neither',
    ],
    [
      '{ every: 1h, timezone: UTC }',
      'config/schedule pipelines.campaigns.schedule.timezone: `every` counts time, not hours of the day: a time zone means nothing to it',
    ],
    [
      '{ every: 500ms }',
      'config/limit pipelines.campaigns.schedule.every: 500ms is too short: the least is 1s',
    ],
    [
      '{ every: soon }',
      'config/pattern pipelines.campaigns.schedule.every: "soon" does not have the right form',
    ],
    [
      '{ every: 1h, catchup: one }',
      'config/unknown_key pipelines.campaigns.schedule.catchup: there is no key "catchup"',
    ],
    [
      '{ every: 1h, overlap: kill }',
      'config/enum pipelines.campaigns.schedule.overlap: "kill" is not one of: skip, queue',
    ],
    ['5', 'config/type pipelines.campaigns.schedule: expected text or a map, got 5'],
  ])('%s is refused, at its place', async (text, complaint) => {
    expect(await complaints(around(`schedule: ${text}`))).toEqual([complaint]);
  });

  it.each(['*/30 * * * *', '@hourly'])('%s without quotes is told as that', async (text) => {
    expect(await complaints(around(`schedule: ${text}`))).toEqual([
      expect.stringContaining(`config/unquoted pipelines.campaigns.schedule: ${text} begins with`),
    ]);
  });

  it('names the schedule that was meant', async () => {
    await expect(load(around('schedule: "@hourli"'))).rejects.toMatchObject({
      diagnostics: [{ help: 'did you mean "@hourly"?' }],
    });
  });

  it('every so often is at the multiples since 1970', async () => {
    const { next } = await schedule('{ every: 6h }');
    expect(new Date(next(Date.parse('2026-03-04T05:06:07Z')) ?? 0).toISOString()).toBe(
      '2026-03-04T06:00:00.000Z',
    );
    expect(new Date(next(Date.parse('2026-03-04T06:00:00Z')) ?? 0).toISOString()).toBe(
      '2026-03-04T12:00:00.000Z',
    );
  });

  it('comes after the instant it is asked for, and nothing comes between', async () => {
    const schedules = await Promise.all(
      ['"*/7 * * * *"', '{ cron: "5 1 * * *", timezone: Europe/London }', '{ every: 17m }'].map(schedule),
    );
    const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(
        instant,
        fc.constantFrom(...schedules),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (at, { next }, share) => {
          const first = next(at) ?? Number.NaN;
          expect(first).toBeGreaterThan(at);
          const between = at + Math.floor((first - 1 - at) * share);
          expect(next(between)).toBe(first);
        },
      ),
    );
  });
});

describe('daemon', () => {
  const daemon = (options: string) => `${around('')}\ndaemon: ${options}\n`;

  it.each([
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['localhost:0', 'localhost', 0],
    ['"[::1]:7433"', '::1', 7433],
    ['127.8.9.1:1', '127.8.9.1', 1],
  ])('listens on %s without a token', async (listen, host, port) => {
    expect((await load(daemon(`{ listen: ${listen} }`))).daemon).toEqual({
      listen: { host, port },
      token: undefined,
      grace: 10_000,
      concurrency: 4,
    });
  });

  it.each(['0.0.0.0:7433', '192.168.1.2:7433', 'example.com:80', '"[::]:7433"', '127.0.0.1.example.com:80'])(
    'needs a token to listen on %s',
    async (listen) => {
      const shown = listen.replaceAll('"', '');
      expect(await complaints(daemon(`{ listen: ${listen} }`))).toEqual([
        `config/listen daemon.listen: ${shown} can be reached by other machines, and no token is configured`,
      ]);
      const config = await load(daemon(`{ listen: ${listen}, token: "\${T}" }`), { T: 'sixteen-letters!' });
      expect(config.daemon.token).toBe('sixteen-letters!');
      expect([...config.secrets]).toContain('sixteen-letters!');
    },
  );

  it.each([
    ['{ listen: 7433 }', 'config/type daemon.listen'],
    ['{ listen: localhost }', 'config/pattern daemon.listen'],
    ['{ listen: "127.0.0.1:70000" }', 'config/limit daemon.listen'],
    ['{ listen: "http://127.0.0.1:70" }', 'config/pattern daemon.listen'],
    ['{ token: short }', 'config/pattern daemon.token'],
    ['{ token: sixteen letters or more }', 'config/pattern daemon.token'],
    ['{ concurrency: 0 }', 'config/limit daemon.concurrency'],
    ['{ grace: long }', 'config/pattern daemon.grace'],
    ['{ port: 1 }', 'config/unknown_key daemon.port'],
    ['7433', 'config/type daemon'],
  ])('%s is refused', async (text, complaint) => {
    const found = (await complaints(daemon(text))).filter((one) => !one.startsWith('config/secret'));
    expect(found.map((one) => one.split(':')[0])).toEqual([complaint]);
  });
});
