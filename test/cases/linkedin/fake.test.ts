import { describe, expect, test } from 'vitest';
import { failing } from '../../kit/fake-api.ts';
import { type LinkedIn, linkedInToken, startLinkedIn } from './fake.ts';
import { adAccount, adCampaign, creative, post, showing } from './records.ts';
import { parseRestli } from './restli.ts';

const all = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
const headers = {
  authorization: `Bearer ${linkedInToken}`,
  'linkedin-version': '202601',
  'x-restli-protocol-version': '2.0.0',
};

async function filled(options: Parameters<typeof startLinkedIn>[0] = {}): Promise<LinkedIn> {
  const linkedIn = await startLinkedIn(options);
  linkedIn.accounts.add(adAccount(1), adAccount(2, { test: true, status: 'DRAFT' }));
  const campaigns = all(25).map((id) => adCampaign(1, id, { status: id > 20 ? 'PAUSED' : 'ACTIVE' }));
  linkedIn.campaigns.add(...campaigns, adCampaign(2, 99));
  linkedIn.creatives.add(...campaigns.map((campaign) => creative(campaign, 500 + campaign.id)));
  linkedIn.posts.add(post(501));
  return linkedIn;
}

interface Answered {
  readonly status?: number;
  readonly code?: string;
  readonly elements: readonly { readonly [name: string]: unknown }[];
  readonly metadata: { readonly nextPageToken?: string };
}

async function get(linkedIn: LinkedIn, path: string, changed: { [name: string]: string | undefined } = {}) {
  const kept = Object.entries({ ...headers, ...changed }).filter(([, value]) => value !== undefined);
  const response = await fetch(linkedIn.url + path, { headers: Object.fromEntries(kept) as typeof headers });
  return { status: response.status, body: (await response.json()) as Answered };
}

async function pagesOf(linkedIn: LinkedIn, path: string) {
  const pages: unknown[][] = [];
  let token: string | undefined;
  do {
    const { body } = await get(linkedIn, token === undefined ? path : `${path}&pageToken=${token}`);
    pages.push(body.elements.map(({ id }) => id));
    token = body.metadata.nextPageToken;
  } while (token !== undefined);
  return pages;
}

const list = (count: number) => `List(${all(count).map((id) => `urn%3Ali%3AsponsoredCampaign%3A${id}`)})`;
const october = '(start:(year:2025,month:10,day:1),end:(year:2025,month:10,day:31))';

function analytics(changed: { readonly [name: string]: string } = {}): string {
  const params = {
    q: 'analytics',
    pivot: 'CAMPAIGN',
    timeGranularity: 'DAILY',
    dateRange: october,
    campaigns: list(2),
    fields: 'dateRange,pivotValues,impressions,costInLocalCurrency',
    ...changed,
  };
  return `/adAnalytics?${Object.entries(params).map((pair) => pair.join('='))}`.replace(
    /,(?=(pivot|timeGranularity|dateRange|accounts|campaigns|fields)=)/g,
    '&',
  );
}

describe('a list', () => {
  test('adds up page by page, in the order of numbers', async () => {
    const linkedIn = await filled();
    const pages = await pagesOf(linkedIn, '/adAccounts/1/adCampaigns?q=search&pageSize=10');
    expect(pages).toEqual([all(10), all(20).slice(10), all(25).slice(20)]);
  });

  test('has short and empty pages that are not the last where something may not be seen', async () => {
    const linkedIn = await filled();
    for (const id of [3, 7, ...all(20).slice(10)]) linkedIn.hidden.add(id);
    const pages = await pagesOf(linkedIn, '/adAccounts/1/adCampaigns?q=search&pageSize=10');
    expect(pages.map(({ length }) => length)).toEqual([8, 0, 5]);
  });

  test('holds what was searched for', async () => {
    const linkedIn = await filled();
    const accounts = await pagesOf(
      linkedIn,
      '/adAccounts?q=search&search=(status:(values:List(ACTIVE)),test:false)',
    );
    expect(accounts).toEqual([[1]]);
    const paused = await pagesOf(
      linkedIn,
      '/adAccounts/1/adCampaigns?q=search&search=(status:(values:List(PAUSED)))',
    );
    expect(paused).toEqual([[21, 22, 23, 24, 25]]);
    const creatives = await pagesOf(linkedIn, `/adAccounts/1/creatives?q=criteria&campaigns=${list(2)}`);
    expect(creatives).toEqual([['urn:li:sponsoredCreative:501', 'urn:li:sponsoredCreative:502']]);
  });

  test('refuses the page token of another list', async () => {
    const linkedIn = await filled();
    const { body } = await get(linkedIn, '/adAccounts/1/adCampaigns?q=search&pageSize=1');
    const token = body.metadata.nextPageToken;
    expect(await get(linkedIn, `/adAccounts?q=search&pageToken=${token}`)).toMatchObject({ status: 400 });
  });
});

test('a creative and the post it shows are found by their URN', async () => {
  const linkedIn = await filled();
  expect(
    (await get(linkedIn, '/adAccounts/1/creatives/urn%3Ali%3AsponsoredCreative%3A501')).body,
  ).toMatchObject({
    content: { reference: 'urn:li:share:501' },
  });
  expect((await get(linkedIn, '/posts/urn%3Ali%3Ashare%3A501')).body).toMatchObject({
    adContext: { dscName: 'Post 501' },
  });
  expect((await get(linkedIn, '/posts/urn%3Ali%3Ashare%3A7')).status).toBe(404);
  expect((await get(linkedIn, '/posts/urn:li:share:501')).status).toBe(400);
});

describe('analytics', () => {
  const title = 'urn:li:title:3';

  async function shown(options: Parameters<typeof startLinkedIn>[0] = {}) {
    const linkedIn = await filled(options);
    linkedIn.showings.add(
      showing(501, '2025-10-20', { impressions: 10, costInLocalCurrency: '0.10' }),
      showing(501, '2025-10-20', {
        impressions: 5,
        costInLocalCurrency: '0.20',
        audience: { MEMBER_JOB_TITLE: title },
      }),
      showing(501, '2025-10-31', { impressions: 2 }),
      showing(501, '2025-11-01', { impressions: 1000 }),
      showing(503, '2025-10-20', { impressions: 1000 }),
    );
    return linkedIn;
  }
  const onDay = (day: number) => {
    const date = { year: 2025, month: 10, day };
    return { start: date, end: date };
  };

  test('are sums by pivot and day, with what was asked for and nothing else', async () => {
    const linkedIn = await shown();
    expect((await get(linkedIn, analytics())).body.elements).toEqual([
      {
        dateRange: onDay(20),
        pivotValues: ['urn:li:sponsoredCampaign:1'],
        impressions: 15,
        costInLocalCurrency: '0.30',
      },
      {
        dateRange: onDay(31),
        pivotValues: ['urn:li:sponsoredCampaign:1'],
        impressions: 2,
        costInLocalCurrency: '0.00',
      },
    ]);
    const fields = 'pivotValues,impressions';
    expect((await get(linkedIn, analytics({ pivot: 'MEMBER_JOB_TITLE', fields }))).body.elements).toEqual([
      { pivotValues: [title], impressions: 5 },
    ]);
    expect(
      (await get(linkedIn, analytics({ timeGranularity: 'ALL', pivot: 'CREATIVE', fields }))).body.elements,
    ).toEqual([{ pivotValues: ['urn:li:sponsoredCreative:501'], impressions: 17 }]);
  });

  test('of accounts are those of all their campaigns', async () => {
    const linkedIn = await shown();
    const path = (id: number) =>
      analytics({ accounts: `List(urn%3Ali%3AsponsoredAccount%3A${id})` }).replace(/&campaigns=[^&]*/, '');
    expect((await get(linkedIn, path(1))).body.elements).toHaveLength(3);
    expect((await get(linkedIn, path(2))).body.elements).toEqual([]);
    expect((await get(linkedIn, analytics().replace(/&campaigns=[^&]*/, ''))).status).toBe(400);
  });

  test('leave rows out without a word beyond as many as fit', async () => {
    const linkedIn = await shown({ maxRows: 1 });
    expect((await get(linkedIn, analytics())).body.elements).toHaveLength(1);
  });

  test('take twenty campaigns', async () => {
    const linkedIn = await shown();
    expect((await get(linkedIn, analytics({ campaigns: list(20) }))).status).toBe(200);
    expect((await get(linkedIn, analytics({ campaigns: list(21) }))).status).toBe(400);
  });

  test.each([
    ['colons that are not encoded', { campaigns: 'List(urn:li:sponsoredCampaign:1)' }],
    ['commas that are', { campaigns: list(2).replace(',', '%2C') }],
    ['parentheses that are', { campaigns: list(1).replace('(', '%28').replace(')', '%29') }],
    ['no list', { campaigns: 'urn%3Ali%3AsponsoredCampaign%3A1' }],
    ['the URN of something else', { campaigns: 'List(urn%3Ali%3Ashare%3A1)' }],
    ['a date as text', { dateRange: '(start:2025-10-01,end:2025-10-31)' }],
    ['a day that is none', { dateRange: '(start:(year:2025,month:2,day:30))' }],
    [
      'an end before the start',
      { dateRange: '(start:(year:2025,month:2,day:3),end:(year:2025,month:2,day:2))' },
    ],
    ['a pivot that is none', { pivot: 'MEMBER_MOOD' }],
    ['a field that is none', { fields: 'impressions,mood' }],
    ['fields with encoded commas', { fields: 'impressions%2Cclicks' }],
    ['a page, of which there are none', { pivot: 'CAMPAIGN&pageSize=10' }],
  ])('refuse %s', async (_, changed) => {
    const linkedIn = await shown();
    expect(await get(linkedIn, analytics(changed))).toMatchObject({
      status: 400,
      body: { status: 400, errorDetails: { inputErrors: [{ code: expect.stringMatching(/PARAM/) }] } },
    });
  });
});

describe('refuses a request', () => {
  test.each([
    ['without a token', { authorization: undefined }, 401, 'INVALID_ACCESS_TOKEN'],
    ['with one that has expired', { authorization: 'Bearer old' }, 401, 'EXPIRED_ACCESS_TOKEN'],
    ['without a version', { 'linkedin-version': undefined }, 400, 'VERSION_MISSING'],
    ['of a version that has expired', { 'linkedin-version': '202401' }, 426, 'NONEXISTENT_VERSION'],
    ['of another protocol', { 'x-restli-protocol-version': undefined }, 400, 'ILLEGAL_ARGUMENT'],
  ])('%s', async (_, changed, status, code) => {
    const linkedIn = await filled();
    expect(await get(linkedIn, '/adAccounts?q=search', changed)).toMatchObject({
      status,
      body: { status, code },
    });
  });

  test.each([
    ['without its finder', '/adAccounts', 400],
    ['for too large a page', '/adAccounts?q=search&pageSize=1001', 400],
    ['with a parameter nobody knows', '/adAccounts?q=search&count=10', 400],
    ['for an account that is not there', '/adAccounts/7/creatives?q=criteria', 403],
    [
      'for an account that is no number',
      '/adAccounts/urn%3Ali%3AsponsoredAccount%3A1/creatives?q=criteria',
      400,
    ],
    ['for what is not there', '/adAccount?q=search', 404],
  ])('%s', async (_, path, status) => {
    expect(await get(await filled(), path)).toMatchObject({ status, body: { status } });
  });

  test('in its own words where a test wants it to fail', async () => {
    const linkedIn = await filled();
    linkedIn.fail('GET /adAccounts', failing(429), { times: 1 });
    expect(await get(linkedIn, '/adAccounts?q=search')).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_REQUESTS' },
    });
    expect(await get(linkedIn, '/adAccounts?q=search')).toMatchObject({ status: 200 });
  });
});

test('a Rest.li value is taken apart', () => {
  expect(parseRestli('(a:1,b:List(x%2Cy,(c:z)),d:List())')).toEqual({
    a: '1',
    b: ['x,y', { c: 'z' }],
    d: [],
  });
  for (const wrong of ['', '(a)', '(a:1', 'List(a,)', 'List(a))', '()', "it's"])
    expect(() => parseRestli(wrong), wrong).toThrow(SyntaxError);
});
