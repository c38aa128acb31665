/** `examples/linkedin-ads` as it is, run by the built command line against the fake, its sinks read by other clients. */

import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, syncline } from '../../e2e/cli.ts';
import type { Fault } from '../../kit/fake-api.ts';
import { startLinkedIn } from './fake.ts';
import { adAccount, adCampaign, creative } from './records.ts';
import { analyticsRoute, creativesRoute, dayBefore, filled, run, started } from './world.ts';

/** Refuses what is asked for one pivot. */
const refusing =
  (pivot: string): Fault =>
  ({ request, answer, failure, send }) =>
    send(request.url?.includes(`pivot=${pivot}&`) ? failure(403) : answer());

describe('the example linkedin-ads', () => {
  it('reads each page once, in order, into both sinks; what fails takes nothing from the rest', async () => {
    const linkedIn = await filled();
    const { folder, files, snapshot, rows } = await started(linkedIn);
    expect(await syncline(folder, ['validate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('7 pipelines'),
    });
    linkedIn.fail(analyticsRoute, refusing('MEMBER_SENIORITY'));
    let seen: readonly string[] = [];
    linkedIn.before(analyticsRoute, () => {
      seen = files();
    });
    const failed = await run(folder);

    expect(failed).toMatchObject({ exitCode: 1, status: 'mixed' });
    const { demographics, ...others } = failed.pipelines;
    expect(Object.values(others).map(({ status }) => status)).toEqual(Array(6).fill('succeeded'));
    expect(demographics).toMatchObject({
      status: 'failed',
      calls: { requests: 10 },
      partitions: { 'pivot=MEMBER_SENIORITY': { status: 'failed' }, 'pivot=MEMBER_COMPANY': { inserted: 3 } },
    });
    // No file has its name before its read is complete.
    const complete = ['accounts.json', 'campaigns.json', 'creatives.json'];
    expect(seen.filter((name) => name !== 'creative_names.json')).toEqual(complete);
    const metrics = ['campaign_daily_metrics.json', 'creative_daily_metrics.json', 'creative_names.json'];
    expect(files()).toEqual([...complete, ...metrics].sort());
    expect(await rows('SELECT count(*) FROM demographics')).toEqual([['15']]);

    const urls = linkedIn.log.map(({ url }) => url);
    expect(urls.filter((url, place) => urls.indexOf(url) !== place)).toEqual([]);
    const lastOf = (route: string) => linkedIn.log.findLastIndex((asked) => asked.route === route);
    const firstOf = (route: string) => linkedIn.log.findIndex((asked) => asked.route === route);
    expect(lastOf('GET /adAccounts')).toBeLessThan(firstOf('GET /adAccounts/{id}/adCampaigns'));
    expect(lastOf('GET /adAccounts/{id}/adCampaigns')).toBeLessThan(firstOf(creativesRoute));
    expect(lastOf(creativesRoute)).toBeLessThan(
      Math.min(firstOf(analyticsRoute), firstOf('GET /posts/{urn}')),
    );
    const asked = linkedIn.asked(analyticsRoute);
    const sizes = (pivot: string) =>
      asked
        .filter(({ query }) => query.pivot === pivot)
        .map(({ query }) => query.campaigns?.match(/sponsoredCampaign/g)?.length);
    expect(sizes('CAMPAIGN').sort()).toEqual([20, 6]);
    expect(sizes('CREATIVE').sort()).toEqual([20, 6]);
    const parts = (day: string) => day.split('-').map(Number);
    const [year, month, day] = parts(failed.startedAt.slice(0, 10));
    const [fromYear, fromMonth, fromDay] = parts(
      new Date(Date.parse(failed.startedAt) - 90 * 86_400_000).toISOString().slice(0, 10),
    );
    expect(new Set(asked.map(({ query }) => query.dateRange))).toEqual(
      new Set([
        `(start:(year:${fromYear},month:${fromMonth},day:${fromDay}),end:(year:${year},month:${month},day:${day}))`,
      ]),
    );

    // What failed is done; what is young enough is not, and says so.
    linkedIn.mend();
    const before = linkedIn.log.length;
    const mended = await run(folder);
    expect(mended.exitCode).toBe(0);
    expect(mended.pipelines.demographics?.status).toBe('succeeded');
    for (const name of Object.keys(others))
      expect(mended.pipelines[name]).toMatchObject({
        status: 'skipped',
        reason: 'its last success is fresh enough',
      });
    expect(new Set(linkedIn.log.slice(before).map(({ route }) => route))).toEqual(
      new Set(['GET /adAccounts', analyticsRoute]),
    );

    expect(await rows('SELECT id, name, currency FROM accounts ORDER BY id')).toEqual([
      ['1', 'Account 1', 'EUR'],
      ['2', 'Account 2', 'USD'],
    ]);
    expect(await rows('SELECT count(*), sum(daily_budget) FROM campaigns WHERE account_id = 1')).toEqual([
      ['25', '512.5'],
    ]);
    expect(
      await rows(
        `SELECT campaign_id, name, content, created_at FROM creatives WHERE id LIKE '%:502' OR campaign_id = 99 ORDER BY id`,
      ),
    ).toEqual([
      ['2', 'Post 502', 'urn:li:share:502', '2025-09-01 08:00:00+00'],
      ['99', null, 'urn:li:share:598', '2025-09-01 08:00:00+00'],
      ['99', null, null, '2025-09-01 08:00:00+00'],
    ]);
    const daily = [
      ['2', dayBefore(3), '15', '1', '0.3'],
      ['25', dayBefore(2), '7', '0', '0'],
      ['99', dayBefore(1), '4', '0', '0'],
    ];
    expect(
      await rows(
        'SELECT campaign_id, date, impressions, clicks, cost FROM campaign_daily_metrics ORDER BY 1',
      ),
    ).toEqual(daily);
    expect(
      await rows('SELECT creative_id, date, impressions FROM creative_daily_metrics ORDER BY 1'),
    ).toEqual(
      [502, 525, 599].map((id, place) => [
        `urn:li:sponsoredCreative:${id}`,
        daily[place]?.[1],
        daily[place]?.[2],
      ]),
    );
    const seniority = `FROM demographics WHERE pivot = 'MEMBER_SENIORITY' ORDER BY account_id, value`;
    expect(await rows(`SELECT account_id, value, impressions, last_day - first_day ${seniority}`)).toEqual([
      ['1', 'urn:li:value:1', '17', '90'],
      ['1', 'urn:li:value:2', '5', '90'],
      ['2', 'urn:li:value:1', '4', '90'],
    ]);
    const tables = [
      'accounts',
      'campaigns',
      'campaign_daily_metrics',
      'creatives',
      'creative_daily_metrics',
      'demographics',
    ];
    for (const table of tables)
      expect(await rows(`SELECT count(*) FROM ${table}`)).toEqual([[String(snapshot(table).length)]]);
    expect(snapshot('demographics')).toHaveLength(18);
    expect(snapshot('creative_names')).toHaveLength(25);
    expect(snapshot('campaigns')[0]).toMatchObject({ id: 1, account_id: 1, daily_budget: 20.5 });
  });

  it('goes on from the last checkpoint after a kill, and a short page is not the last', async () => {
    const linkedIn = await startLinkedIn();
    linkedIn.accounts.add(adAccount(1));
    const campaign = adCampaign(1, 1);
    linkedIn.creatives.add(...Array.from({ length: 2500 }, (_, n) => creative(campaign, 1001 + n)));
    const hidden = ['2003', '2005'].map((id) => `urn:li:sponsoredCreative:${id}`);
    for (const id of hidden) linkedIn.hidden.add(id);
    const { folder, files, snapshot, rows } = await started(linkedIn);
    const committed = async () => {
      const [[there] = []] = await rows(`SELECT to_regclass('creatives') IS NOT NULL`);
      return there === 't' ? Number((await rows('SELECT count(*) FROM creatives'))[0]?.[0]) : 0;
    };
    const dying = execa(process.execPath, [cli, 'run', 'creatives', '--quiet'], {
      cwd: folder,
      reject: false,
    });
    onTestFinished(() => void dying.kill('SIGKILL'));
    linkedIn.before(
      creativesRoute,
      async () => {
        while (dying.exitCode === null && (await committed()) === 0) await setTimeout(25);
        const other = await syncline(folder, ['run', 'creatives', '--json']);
        expect(other.code).toBe(5);
        expect(JSON.parse(other.stdout)).toMatchObject({ pipelines: { creatives: { status: 'busy' } } });
        dying.kill('SIGKILL');
        await dying;
      },
      3,
    );
    await dying;
    expect(await committed()).toBeLessThan(2000);
    expect(files()).toEqual([]);

    const kept = await committed();
    const { pipelines } = await run(folder, 'creatives');
    expect(pipelines.creatives?.targets).toMatchObject({
      'db.creatives': { status: 'succeeded', read: 2498 - kept, inserted: 2498 - kept },
      'snapshot.creatives': { status: 'succeeded', read: 2498 },
    });
    expect(await rows('SELECT count(*), count(DISTINCT id) FROM creatives')).toEqual([['2498', '2498']]);
    expect(new Set(snapshot('creatives').map(({ id }) => id)).size).toBe(2498);
  });
});
