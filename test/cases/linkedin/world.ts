/** `examples/linkedin-ads` in a folder of its own, and the ads that its tests read. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { folderWith, root, syncline } from '../../e2e/cli.ts';
import { freshDatabase, query } from '../../kit/postgres.ts';
import { type LinkedIn, linkedInToken, startLinkedIn } from './fake.ts';
import { adAccount, adCampaign, creative, post, showing } from './records.ts';

const config = readFileSync(join(root, 'examples/linkedin-ads/sync.config.yaml'), 'utf8');
const pivots = [
  'MEMBER_COMPANY',
  'MEMBER_COMPANY_SIZE',
  'MEMBER_INDUSTRY',
  'MEMBER_JOB_FUNCTION',
  'MEMBER_JOB_TITLE',
  'MEMBER_SENIORITY',
];
export const creativesRoute = 'GET /adAccounts/{id}/creatives';
export const analyticsRoute = 'GET /adAnalytics';

/** The example in a folder of its own, and where it writes. */
export async function started(linkedIn: LinkedIn) {
  const url = await freshDatabase();
  const environment = Object.entries({
    LINKEDIN_URL: linkedIn.url,
    LINKEDIN_ACCESS_TOKEN: linkedInToken,
    DATABASE_URL: url,
    SYNCLINE_LISTEN: '127.0.0.1:0',
  });
  const folder = await folderWith({
    'sync.config.yaml': config,
    '.env': environment.map(([name, value]) => `${name}="${value}"\n`).join(''),
  });
  const files = () => {
    const path = join(folder, 'snapshot');
    return existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith('.')) : [];
  };
  const snapshot = (name: string) =>
    JSON.parse(readFileSync(join(folder, 'snapshot', `${name}.json`), 'utf8')) as {
      [column: string]: unknown;
    }[];
  return { folder, files, snapshot, rows: (sql: string) => query(url, sql) };
}

export async function run(folder: string, ...args: string[]): Promise<RunResult> {
  const { stdout, stderr } = await syncline(folder, ['run', '--json', ...args]);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as RunResult;
}

export function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** 25 campaigns of one account, each with a creative, and one of another; showings of the second and the last. */
export async function filled(): Promise<LinkedIn> {
  const linkedIn = await startLinkedIn();
  linkedIn.accounts.add(adAccount(1), adAccount(2, { currency: 'USD' }));
  const campaigns = Array.from({ length: 25 }, (_, n) => adCampaign(1, n + 1));
  const other = adCampaign(2, 99);
  linkedIn.campaigns.add(...campaigns, other);
  linkedIn.creatives.add(...campaigns.map((campaign) => creative(campaign, 500 + campaign.id)));
  // Without a post, and with one that was deleted.
  linkedIn.creatives.add(creative(other, 599, { content: {} }), creative(other, 598));
  linkedIn.posts.add(...campaigns.map(({ id }) => post(500 + id)));
  const audience = (n: number) => Object.fromEntries(pivots.map((pivot) => [pivot, `urn:li:value:${n}`]));
  linkedIn.showings.add(
    showing(502, dayBefore(3), {
      impressions: 10,
      clicks: 1,
      costInLocalCurrency: '0.10',
      audience: audience(1),
    }),
    showing(502, dayBefore(3), { impressions: 5, costInLocalCurrency: '0.20', audience: audience(2) }),
    showing(502, dayBefore(91), { impressions: 1000, audience: audience(3) }),
    showing(525, dayBefore(2), { impressions: 7, audience: audience(1) }),
    showing(599, dayBefore(1), { impressions: 4, audience: audience(1) }),
  );
  return linkedIn;
}
