import { expect, test } from 'vitest';
import { type Asked, batchesOf, open, type Reply, startApi } from './support.ts';

const stream = {
  path: '/people',
  records: 'people',
  params: { fields: 'names', requestSyncToken: true },
  pagination: { type: 'cursor', param: 'pageToken', path: 'nextPageToken' },
  sync_token: {
    param: 'syncToken',
    path: 'nextSyncToken',
    expired_when: { status: 400, contains: 'EXPIRED_SYNC_TOKEN' },
  },
};

/** Three pages, the token with the last one; an old token has expired. */
function people({ query }: Asked): Reply {
  if (query.get('syncToken') === 'old') {
    const details = [{ reason: 'EXPIRED_SYNC_TOKEN' }];
    return { status: 400, body: { error: { code: 400, details } } };
  }
  const page = Number(query.get('pageToken') ?? 1);
  const more = page < 3 ? { nextPageToken: String(page + 1) } : { nextSyncToken: 'new' };
  return { body: { people: [{ id: page }], ...more } };
}

test('the token of the last page comes with the last batch, and all requests are alike but for the page', async () => {
  const api = await startApi(people);
  const opened = await open({ base_url: api.url });
  const full = await batchesOf(opened, stream);
  expect(full.map(({ token }) => token)).toEqual([undefined, undefined, 'new']);
  const changed = await batchesOf(opened, stream, { token: 'good' });
  expect(changed.at(-1)?.token).toBe('new');
  const sent = api.asked.map(({ query }) => {
    const { pageToken, ...others } = Object.fromEntries(query);
    return [pageToken, others];
  });
  const same = { fields: 'names', requestSyncToken: 'true' };
  const pages = [undefined, '2', '3'];
  expect(sent).toEqual([
    ...pages.map((page) => [page, same]),
    ...pages.map((page) => [page, { ...same, syncToken: 'good' }]),
  ]);
});

test('a token that was resumed past its last page is given again', async () => {
  const api = await startApi(people);
  const opened = await open({ base_url: api.url });
  const position = (await batchesOf(opened, stream)).at(-1)?.position;
  const again = await batchesOf(opened, stream, { position });
  expect(again).toMatchObject([{ records: [], token: 'new' }]);
});

test('an expired token is told as such, and only where one was sent', async () => {
  const api = await startApi(people);
  const opened = await open({ base_url: api.url });
  await expect(batchesOf(opened, stream, { token: 'old' })).rejects.toMatchObject({
    code: 'source/token_expired',
  });
  const params = { ...stream.params, syncToken: 'old' };
  await expect(batchesOf(opened, { ...stream, params })).rejects.toMatchObject({ code: 'http/status' });
  expect(api.asked).toHaveLength(2);
});

test('a complete read without a token for the next one is an error', async () => {
  const api = await startApi(() => ({ body: { people: [], nextSyncToken: '' } }));
  const opened = await open({ base_url: api.url });
  await expect(batchesOf(opened, stream)).rejects.toMatchObject({ code: 'source/sync_token' });
});

test('one parameter may be the page token and the sync token', async () => {
  const changes = Array.from({ length: 5 }, (_, index) => ({ seq: index + 1 }));
  const api = await startApi(({ query }) => {
    const results = changes.filter(({ seq }) => seq > Number(query.get('since') ?? 0)).slice(0, 2);
    const last_seq = results.at(-1)?.seq ?? Number(query.get('since') ?? 0);
    return { body: { results, last_seq, pending: 5 - last_seq } };
  });
  const opened = await open({ base_url: api.url });
  const feed = {
    path: '/_changes',
    records: 'results',
    pagination: {
      type: 'cursor',
      param: 'since',
      path: 'last_seq',
      stop_when: { expr: 'body.pending == 0' },
    },
    sync_token: { param: 'since', path: 'last_seq', expired_when: { status: 410 } },
  };
  const batches = await batchesOf(opened, feed, { token: '2' });
  expect(batches.flatMap(({ records }) => records)).toEqual(changes.slice(2));
  expect(batches.at(-1)?.token).toBe('5');
});
