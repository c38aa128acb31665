import { expect, test } from 'vitest';
import { batchesOf, type Options, open, type Reply, recordsOf, startApi } from './support.ts';

/** An API whose second page is special, so often. */
async function special(reply: Reply, times = 1) {
  let left = times;
  return startApi(({ query }) => {
    const page = Number(query.get('cursor') ?? 1);
    if (page === 2 && left-- > 0) return reply;
    return { body: { items: [{ id: page }], next: page < 3 ? page + 1 : null } };
  });
}

const options = (url: string): Options => ({
  base_url: url,
  pagination: { type: 'cursor', param: 'cursor', path: 'next' },
  retry: { attempts: 2 },
});
/** An object with a key `then` written out looks like a promise. */
const rule = (when: Options, end: string): Options =>
  Object.fromEntries([
    ['when', when],
    ['then', end],
  ]);
const stream = (...rules: Options[]) => ({ path: '/x', records: 'items', rules });

test.each<[string, Options, Reply]>([
  ['a status', { status: 404 }, { status: 404 }],
  ['one of a list', { status: [400, '40x', 404] }, { status: 404 }],
  ['all of a hundred', { status: '4xx' }, { status: 404 }],
  ['a header', { header: 'X-Busy' }, { status: 404, headers: { 'x-busy': '' } }],
  ['what is in a header', { header: 'X-State: Busy' }, { status: 404, headers: { 'x-state': 'too busy' } }],
  ['a text', { contains: 'wörk' }, { status: 404, body: 'at wörk' }],
  ['an expression', { expr: "body.code == 'busy' && status < 500" }, { status: 404, body: { code: 'busy' } }],
  ['an expression on a success', { expr: 'body.busy' }, { body: { busy: true } }],
  [
    'all of several',
    { status: 404, contains: 'a', header: 'x-a' },
    { status: 404, headers: { 'x-a': '1' }, body: 'a' },
  ],
])('`retry` of %s asks again', async (_, when, reply) => {
  const api = await special(reply);
  const rules = stream(rule({ status: 599 }, 'fail'), rule(when, 'retry'));
  expect(await recordsOf(await open(options(api.url)), rules)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  expect(api.asked).toHaveLength(4);
});

test.each<[string, Options]>([
  ['another status', { status: [403, '5xx'] }],
  ['another header', { header: 'x-b' }],
  ['another value', { header: 'x-a: 2' }],
  ['another text', { contains: 'B' }],
  ['one of two', { status: 404, contains: 'B' }],
  ['an expression that says null', { expr: 'body.missing' }],
])('a rule for %s does not match', async (_, when) => {
  const api = await special({ status: 404, headers: { 'x-a': '1' }, body: 'a' });
  const read = recordsOf(await open(options(api.url)), stream(rule(when, 'ignore')));
  await expect(read).rejects.toMatchObject({ code: 'http/status' });
});

test('`ignore` and `stop` end the read well, and the first rule that matches counts', async () => {
  const api = await special({ status: 404, body: { items: [{ id: 9 }] } }, 2);
  const opened = await open(options(api.url));
  for (const end of ['ignore', 'stop']) {
    const rules = stream(rule({ status: 404 }, end), rule({ status: '4xx' }, 'fail'));
    const batches = await batchesOf(opened, rules);
    expect(batches.flatMap(({ records }) => records)).toEqual([{ id: 1 }]);
    expect(batches.at(-1)?.stopped).toBe(`a rule says \`${end}\` of the status 404`);
  }
});

test('`stop` takes the records of an answer of success, `ignore` does not', async () => {
  const api = await special({ headers: { 'x-last': '1' }, body: { items: [{ id: 9 }], next: 3 } }, 2);
  const opened = await open(options(api.url));
  const atLast = (end: string) => stream(rule({ header: 'x-last' }, end));
  expect(await recordsOf(opened, atLast('stop'))).toEqual([{ id: 1 }, { id: 9 }]);
  expect(await recordsOf(opened, atLast('ignore'))).toEqual([{ id: 1 }]);
});

test('`fail` ends the read with the message of the rule, or the answer', async () => {
  const api = await special({ body: { code: 'no access' } }, 2);
  const opened = await open(options(api.url));
  const failing = rule({ contains: 'no access' }, 'fail');
  await expect(recordsOf(opened, stream({ ...failing, message: 'ask Ann' }))).rejects.toMatchObject({
    code: 'source/rule',
    message: expect.stringContaining('ask Ann'),
  });
  await expect(recordsOf(opened, stream(failing))).rejects.toMatchObject({
    message: expect.stringContaining('no access'),
  });
});

test('an expression that fails or is none is told', async () => {
  const api = await special({ status: 404 });
  const opened = await open(options(api.url));
  const ignoring = (expr: string) => stream(rule({ expr }, 'ignore'));
  await expect(recordsOf(opened, ignoring('body.items +'))).rejects.toMatchObject({
    code: 'config/expression',
  });
  await expect(recordsOf(opened, ignoring('record.id == 1'))).rejects.toMatchObject({
    hint: expect.stringContaining('body, status and headers'),
  });
  for (const expr of ['body.none + 1 == 2', 'status + 1'])
    await expect(recordsOf(opened, ignoring(expr))).rejects.toMatchObject({
      code: 'source/expression',
    });
});
