import { describe, expect, test } from 'vitest';
import { cut, failing, limited } from '../../kit/fake-api.ts';
import { hang } from '../../kit/mishaps.ts';
import { type Instantly, instantlyKey, startInstantly } from './fake.ts';
import { account, campaign, email, idAt, lead, sending } from './records.ts';

const one = campaign(1);
const two = campaign(2, { status: 2 });

async function filled(options: Parameters<typeof startInstantly>[0] = {}): Promise<Instantly> {
  const instantly = await startInstantly(options);
  instantly.campaigns.add(one, two);
  instantly.accounts.add(...Array.from({ length: 10 }, (_, n) => account(n)));
  instantly.leads.add(...Array.from({ length: 235 }, (_, n) => lead(one.id, n)));
  instantly.leads.add(lead(two.id, 900, { status: 3 }));
  instantly.emails.add(
    ...Array.from({ length: 5 }, (_, n) => email(one.id, n, `2025-10-0${n + 1}T12:00:00.000Z`)),
  );
  instantly.sendings.add(
    sending(one.id, '2025-10-20', { sent: 100, contacted: 60, opened: 30, replies: 4, bounced: 1 }),
    sending(one.id, '2025-10-20', { step: '2', sent: 20, replies: 1 }),
    sending(one.id, '2025-10-21', { sent: 7 }),
    sending(two.id, '2025-10-21', { sent: 5, opportunities: 1, opportunity_value: 250 }),
  );
  return instantly;
}

interface List {
  readonly items: readonly { readonly [name: string]: unknown }[];
  readonly next_starting_after?: string;
}

async function get(instantly: Instantly, path: string, key = instantlyKey) {
  const response = await fetch(instantly.url + path, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as List };
}

async function post(instantly: Instantly, path: string, body: string, type = 'application/json') {
  const headers = { authorization: `Bearer ${instantlyKey}`, 'content-type': type };
  const response = await fetch(instantly.url + path, { method: 'POST', headers, body });
  return { status: response.status, body: await response.json() };
}

async function leadsOf(instantly: Instantly, campaign: string, meanwhile: () => void = () => undefined) {
  const ids: unknown[] = [];
  let starting_after: string | undefined;
  do {
    const body = JSON.stringify({ campaign, limit: 100, starting_after });
    const page = (await post(instantly, '/leads/list', body)).body as List;
    ids.push(...page.items.map(({ id }) => id));
    starting_after = page.next_starting_after;
    meanwhile();
  } while (starting_after !== undefined);
  return ids;
}

describe('a list', () => {
  test('adds up page by page', async () => {
    const instantly = await filled();
    expect(await leadsOf(instantly, one.id)).toEqual(
      Array.from({ length: 235 }, (_, n) => idAt('2025-09-01T08:00:00.000Z', n)),
    );
    expect(instantly.asked('POST /leads/list').map(({ fields }) => fields.starting_after)).toEqual([
      undefined,
      idAt('2025-09-01T08:00:00.000Z', 99),
      idAt('2025-09-01T08:00:00.000Z', 199),
    ]);
  });

  test('has ten records a page unless more are asked for, and no next page after the last record', async () => {
    const instantly = await filled();
    const { body } = await get(instantly, '/accounts');
    expect(body.items).toHaveLength(10);
    expect(body).not.toHaveProperty('next_starting_after');
  });

  test('goes on where it was although the record there is gone', async () => {
    const instantly = await filled();
    let last = 99;
    const ids = await leadsOf(instantly, one.id, () => {
      if (last === 99) instantly.leads.remove(idAt('2025-09-01T08:00:00.000Z', last));
      last = 0;
    });
    expect(ids).toHaveLength(235);
  });

  test('gives what changed, with the time of the change', async () => {
    const instantly = await filled({ now: () => Date.parse('2025-11-01T09:00:00Z') });
    instantly.campaigns.change(two.id, { name: 'Renamed', daily_limit: undefined });
    const { body } = await get(instantly, '/campaigns?search=renamed&status=2');
    const { daily_limit, ...rest } = {
      ...two,
      name: 'Renamed',
      timestamp_updated: '2025-11-01T09:00:00.000Z',
    };
    expect(daily_limit).toBe(50);
    expect(body.items).toEqual([rest]);
  });

  test('of emails has the newest first, or the oldest where asked', async () => {
    const instantly = await filled();
    const newest = await get(instantly, '/emails?limit=1');
    expect(newest.body.items).toMatchObject([{ subject: 'Subject 4' }]);
    const next = await get(instantly, `/emails?limit=1&starting_after=${newest.body.next_starting_after}`);
    expect(next.body.items).toMatchObject([{ subject: 'Subject 3' }]);
    const since = await get(instantly, '/emails?sort_order=asc&min_timestamp_created=2025-10-04T12:00:00Z');
    expect(since.body.items).toMatchObject([{ subject: 'Subject 3' }, { subject: 'Subject 4' }]);
  });
});

describe('analytics', () => {
  test('of campaigns are sums of what was sent, in a bare array', async () => {
    const instantly = await filled();
    const { body } = await get(instantly, '/campaigns/analytics');
    expect(body).toMatchObject([
      {
        campaign_id: one.id,
        campaign_name: 'Campaign 1',
        leads_count: 235,
        emails_sent_count: 127,
        reply_count: 5,
      },
      { campaign_id: two.id, campaign_status: 2, completed_count: 1, total_opportunity_value: 250 },
    ]);
    const single = await get(instantly, `/campaigns/analytics?id=${two.id}&start_date=2025-10-22`);
    expect(single.body).toMatchObject([{ campaign_id: two.id, emails_sent_count: 0 }]);
  });

  test('by day, by step and of all', async () => {
    const instantly = await filled();
    const days = await get(instantly, '/campaigns/analytics/daily?start_date=2025-10-20&end_date=2025-10-21');
    expect(days.body).toMatchObject([
      { date: '2025-10-20', sent: 120, contacted: 60, opened: 30, replies: 5 },
      { date: '2025-10-21', sent: 12 },
    ]);
    const steps = await get(instantly, `/campaigns/analytics/steps?campaign_id=${one.id}`);
    expect(steps.body).toMatchObject([
      { step: '1', variant: '0', sent: 107 },
      { step: '2', variant: '0', sent: 20 },
    ]);
    const all = await get(instantly, '/campaigns/analytics/overview');
    expect(all.body).toMatchObject({ emails_sent_count: 132, bounced_count: 1, total_opportunities: 1 });
  });

  test('go without a field that is withheld', async () => {
    const instantly = await filled();
    instantly.withheld.add('link_click_count');
    const { body } = await get(instantly, '/campaigns/analytics');
    expect(body).toHaveProperty('0.open_count');
    expect(body).not.toHaveProperty('0.link_click_count');
  });
});

describe('a request that is wrong is refused in the words of the API', () => {
  test.each([
    ['too many a page', '/campaigns?limit=101', 'querystring/limit must be <= 100'],
    ['no number', '/campaigns?limit=ten', 'querystring/limit must be integer'],
    ['a name nobody knows', '/campaigns?page=2', 'querystring must NOT have additional properties: page'],
    ['a parameter twice', '/campaigns?limit=5&limit=6', 'querystring/limit must be given once, as text'],
    ['an id that is none', '/campaigns/analytics?id=7', 'querystring/id must match format "uuid"'],
    [
      'a day that is none',
      '/campaigns/analytics/daily?start_date=2025-02-30&end_date=2025-03-01',
      'querystring/start_date must match format "date"',
    ],
    [
      'a day too few',
      '/campaigns/analytics/daily?start_date=2025-02-03',
      "querystring must have required property 'end_date'",
    ],
  ])('%s', async (_, path, message) => {
    const instantly = await filled();
    const { status, body } = await get(instantly, path);
    expect({ status, body }).toEqual({
      status: 400,
      body: { statusCode: 400, error: 'Bad Request', message },
    });
  });

  test.each([
    ['too many a page', '{"limit":1000}', 'body/limit must be <= 100'],
    [
      'the wrong name of the campaign',
      `{"campaign_id":"${one.id}"}`,
      'body must NOT have additional properties: campaign_id',
    ],
    ['no JSON', 'campaign=1', 'body must be object'],
  ])('%s, in a body', async (_, body, message) => {
    const instantly = await filled();
    expect(await post(instantly, '/leads/list', body)).toMatchObject({ status: 400, body: { message } });
  });

  test('another kind of body, another key, another route', async () => {
    const instantly = await filled();
    expect(await post(instantly, '/leads/list', '{}', 'text/plain')).toMatchObject({ status: 400 });
    expect(await get(instantly, '/campaigns', 'wrong')).toMatchObject({
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized', message: 'Invalid API key' },
    });
    expect(await get(instantly, '/leads/list')).toMatchObject({ status: 404 });
  });
});

test('emails are limited by themselves, and say when to come again', async () => {
  let now = 0;
  const instantly = await filled({ now: () => now });
  for (let n = 0; n < 20; n += 1) expect((await get(instantly, '/emails')).status).toBe(200);
  now = 15_500;
  const refused = await get(instantly, '/emails');
  expect(refused).toMatchObject({ status: 429, body: { error: 'Too Many Requests' } });
  expect(refused.headers.get('retry-after')).toBe('45');
  expect((await get(instantly, '/campaigns')).status).toBe(200);
  now = 60_000;
  expect((await get(instantly, '/emails')).status).toBe(200);
});

describe('a route goes wrong where a test wants it to', () => {
  test('for ever, while the others go on', async () => {
    const instantly = await filled();
    instantly.fail('GET /emails', failing(500));
    for (let n = 0; n < 3; n += 1)
      expect(await get(instantly, '/emails')).toMatchObject({ status: 500, body: { statusCode: 500 } });
    expect((await get(instantly, '/accounts')).status).toBe(200);
    instantly.mend();
    expect((await get(instantly, '/emails')).status).toBe(200);
  });

  test('once, after some that went well', async () => {
    const instantly = await filled();
    instantly.fail('GET /accounts', limited(7), { after: 1, times: 1 });
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await get(instantly, '/accounts'));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200]);
    expect(answers[1]?.headers.get('retry-after')).toBe('7');
    expect(instantly.log.map(({ status }) => status)).toEqual([200, 429, 200]);
  });

  test('halfway through an answer, or before it', async () => {
    const instantly = await filled();
    instantly.fail('GET /accounts', cut, { times: 1 });
    await expect(get(instantly, '/accounts')).rejects.toThrow();
    const stop = new AbortController();
    instantly.fail('GET /accounts', hang);
    instantly.before('GET /accounts', () => stop.abort());
    await expect(fetch(`${instantly.url}/accounts`, { signal: stop.signal })).rejects.toThrow('aborted');
  });

  test('because the key was withdrawn', async () => {
    const instantly = await filled();
    instantly.keys.delete(instantlyKey);
    expect((await get(instantly, '/accounts')).status).toBe(401);
  });
});

test('a test acts just before an answer is made', async () => {
  const instantly = await filled();
  instantly.before('GET /accounts', () => instantly.accounts.remove('sender0@example.com'), 2);
  expect((await get(instantly, '/accounts')).body.items).toHaveLength(10);
  expect((await get(instantly, '/accounts')).body.items).toHaveLength(9);
});

test('a test that names a route which is not there is told', async () => {
  const instantly = await startInstantly();
  expect(() => instantly.fail('GET /leads', hang)).toThrow('there is no route GET /leads');
  expect(() => instantly.asked('/accounts')).toThrow('there is no route /accounts');
});
