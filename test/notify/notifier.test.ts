import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, PipelineResult } from '../../src/model/result.ts';
import { openNotifier } from '../../src/notify/notifier.ts';
import { signatureHeaders } from '../../src/notify/signature.ts';
import { slowCases } from '../counts.ts';
import { opened, recordRun, stateFile } from '../state/support.ts';
import { answer, hang, type Receiver, startReceiver } from './receiver.ts';
import { ended, notifying, runOf, tellings } from './support.ts';

const on = 'on: [failed, partial, recovered, succeeded]';

interface Document {
  readonly type: string;
  readonly version: number;
  readonly data: {
    readonly run: { readonly id: string };
    readonly pipelines: readonly {
      readonly name: string;
      readonly change: string;
      readonly before: unknown;
    }[];
  };
}

const documents = ({ received }: Receiver) => received.map(({ body }) => JSON.parse(body) as Document);

/** What was told, a text for each message: `one failed, two recovered`. */
const tales = (receiver: Receiver) =>
  documents(receiver).map(({ data }) =>
    data.pipelines.map(({ name, change }) => `${name} ${change}`).join(', '),
  );

describe('a notification', () => {
  it('tells each change of state once, all of a run together', async () => {
    const receiver = await startReceiver();
    const { tell, told } = await tellings(
      await notifying(`{ ops: { type: webhook, url: ${receiver.url}, ${on} } }`),
    );
    await tell({ one: ended('failed'), two: ended('succeeded') });
    await tell({ one: ended('failed'), two: ended('succeeded') });
    await tell({ one: ended('rate_limited'), two: ended('partial') });
    await tell({ one: ended('cancelled'), two: ended('skipped'), three: ended('busy') });
    await tell({ one: ended('succeeded'), two: ended('failed') });
    await tell({ one: ended('interrupted'), two: ended('partial') });
    expect(tales(receiver)).toEqual([
      'one failed, two succeeded',
      'two partial',
      'one recovered, two failed',
      'one failed, two partial',
    ]);
    expect(told).toEqual([]);
  });

  it('tells by default only of failures and their end', async () => {
    const receiver = await startReceiver();
    const { tell } = await tellings(await notifying(`{ ops: { type: webhook, url: ${receiver.url} } }`));
    for (const status of ['succeeded', 'partial', 'failed', 'partial', 'succeeded', 'succeeded'] as const)
      await tell({ one: ended(status) });
    expect(tales(receiver)).toEqual(['one failed', 'one recovered']);
  });

  it('is about the pipelines that it names', async () => {
    const receiver = await startReceiver();
    const config = await notifying(`{ ops: { type: webhook, url: ${receiver.url}, pipelines: [t*] } }`);
    await (await tellings(config)).tell({
      one: ended('failed'),
      two: ended('failed'),
      three: ended('failed'),
    });
    expect(tales(receiver)).toEqual(['two failed, three failed']);
  });

  it('gives everything there is to know, in JSON of version 1', async () => {
    const receiver = await startReceiver();
    const { tell } = await tellings(
      await notifying(`{ ops: { type: webhook, url: ${receiver.url}/hook?a=1 } }`),
    );
    const error = { code: 'http/status', message: 'it answered 500', hint: 'Wait.' };
    await tell({ one: ended('failed', { error, read: 7, rejected: 1, resumeAt: '2026-01-01T00:00:00Z' }) });
    const headers = { 'content-type': 'application/json', 'webhook-id': expect.stringMatching(/^msg_/) };
    expect(receiver.received).toMatchObject([{ path: '/hook?a=1', headers }]);
    expect(documents(receiver)).toMatchObject([
      {
        type: 'pipelines.changed',
        version: 1,
        data: {
          run: { id: expect.stringMatching(/^01RUN/), status: 'succeeded' },
          pipelines: [
            {
              name: 'one',
              change: 'failed',
              before: null,
              status: 'failed',
              counts: { read: 7, inserted: 0, updated: 0, deleted: 0, rejected: 1 },
              error,
              reason: null,
              resumeAt: '2026-01-01T00:00:00Z',
            },
          ],
        },
      },
    ]);
  });

  it('tells again, with the next run, what did not arrive and is still so', async () => {
    const receiver = await startReceiver();
    const { tell, told } = await tellings(
      await notifying(`{ ops: { type: webhook, url: ${receiver.url} } }`),
    );
    receiver.answers(answer(500), answer(503), answer(500));
    await tell({ one: ended('failed') });
    expect(told).toEqual([
      expect.stringMatching(/^warn notification "ops" of run 01RUN\d+ was not delivered: .*answered 500/),
    ]);
    await tell({ one: ended('failed') });
    receiver.answers(answer(400));
    await tell({ one: ended('succeeded') });
    await tell({ one: ended('failed') });
    expect(tales(receiver).slice(3)).toEqual(['one failed', 'one recovered']);
    // What was told last is that it failed, so that it need not be told again.
    await tell({ one: ended('succeeded') });
    expect(tales(receiver).at(-1)).toBe('one recovered');
  });

  it('tries again where a server is out of order or asks for patience, with the same id', async () => {
    const receiver = await startReceiver();
    const { tell, told } = await tellings(
      await notifying(`{ ops: { type: webhook, url: ${receiver.url} } }`),
    );
    receiver.answers(answer(502), answer(429, { 'retry-after': '0' }));
    await tell({ one: ended('failed') });
    expect(told).toEqual([]);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is not sent on by a redirect, nor are its headers', async () => {
    const [receiver, thief] = [await startReceiver(), await startReceiver()];
    const text = `{ ops: { type: webhook, url: ${receiver.url}, headers: { X-Key: "\${KEY}" } } }`;
    const { tell, told } = await tellings(await notifying(text, { KEY: 'key-12345' }));
    for (const location of [thief.url, '/elsewhere'])
      for (const status of [301, 307]) {
        receiver.answers(answer(status, { location }));
        await tell({ one: ended('failed') });
      }
    expect(thief.received).toEqual([]);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/', '/', '/', '/']);
    expect(told).toEqual(Array(4).fill(expect.stringContaining('redirected it')));
    expect(told.join()).not.toContain('key-12345');
  });

  it('that hangs is given up when time is over, and said not to have arrived', async () => {
    const receiver = await startReceiver();
    const state = await opened(await stateFile());
    const told: string[] = [];
    const config = await notifying(`{ ops: { type: webhook, url: ${receiver.url} } }`);
    const notifier = openNotifier(config, state, { tell: (_, message) => told.push(message) });
    receiver.answers(hang);
    notifier.emit({ type: 'run_finished', at: '', result: runOf({ one: ended('failed') }) });
    notifier.emit({ type: 'run_finished', at: '', result: runOf({ two: ended('failed') }) });
    await receiver.came(1);
    await notifier.close(0);
    expect(told).toEqual(Array(2).fill(expect.stringMatching(/was not delivered: there was no time left$/)));
    expect(receiver.received).toHaveLength(1);
  });

  it('to a server that is not there fails no run, and names what is wrong', async () => {
    const { tell, told } = await tellings(
      await notifying('{ ops: { type: webhook, url: "http://127.0.0.1:1/x" } }'),
    );
    await tell({ one: ended('failed') });
    expect(told).toEqual([expect.stringMatching(/POST http:\/\/127\.0\.0\.1:1\/x .*\(3 tries\)/)]);
  });

  it('does not wait for another one', async () => {
    const [slow, quick] = [await startReceiver(), await startReceiver()];
    const config = await notifying(
      `{ a: { type: webhook, url: ${slow.url} }, b: { type: webhook, url: ${quick.url} } }`,
    );
    const notifier = openNotifier(config, await opened(await stateFile()), { tell: () => undefined });
    slow.answers(hang);
    notifier.emit({ type: 'run_finished', at: '', result: runOf({ one: ended('failed') }) });
    await Promise.all([slow.came(1), quick.came(1)]);
    notifier.emit({ type: 'run_finished', at: '', result: runOf({ one: ended('succeeded') }) });
    await quick.came(2);
    expect(tales(quick)).toEqual(['one failed', 'one recovered']);
    await notifier.close(0);
  });

  it('gives up the oldest of very many runs that wait', async () => {
    const receiver = await startReceiver();
    const state = await opened(await stateFile());
    const told: string[] = [];
    const config = await notifying(`{ ops: { type: webhook, url: ${receiver.url}, ${on} } }`);
    const notifier = openNotifier(config, state, { tell: (_, message) => told.push(message) });
    let release = () => {};
    receiver.answers((response) => {
      release = () => answer(200)(response);
    });
    const changing = Array.from({ length: 25 }, (_, n) =>
      runOf({ one: ended(n % 2 ? 'succeeded' : 'failed') }),
    );
    notifier.emit({ type: 'run_finished', at: '', result: changing[0] ?? runOf({}) });
    await receiver.came(1);
    for (const result of changing.slice(1)) notifier.emit({ type: 'run_finished', at: '', result });
    await expect.poll(() => told.length).toBe(4);
    release();
    await notifier.close();
    expect(told).toEqual(Array(4).fill(expect.stringContaining('20 later runs wait too')));
    expect(documents(receiver).map(({ data }) => data.run.id)).toEqual([
      changing[0]?.runId,
      ...changing.slice(5).map(({ runId }) => runId),
    ]);
  });

  it('tells of runs whose process was found dead, and then that they are well again', async () => {
    const receiver = await startReceiver();
    const state = await opened(await stateFile());
    await recordRun(state, '01DEAD', 'one', { status: 'interrupted' });
    const config = await notifying(`{ ops: { type: webhook, url: ${receiver.url} } }`);
    const notifier = openNotifier(config, state, { tell: () => undefined });
    notifier.emit({
      type: 'run_started',
      at: '',
      run: '01NEXT',
      pipelines: ['one'],
      interrupted: ['01DEAD'],
    });
    notifier.emit({ type: 'run_finished', at: '', result: runOf({ one: ended('succeeded') }) });
    await notifier.close();
    expect(tales(receiver)).toEqual(['one failed', 'one recovered']);
    expect(documents(receiver)[0]?.data).toMatchObject({
      run: { id: '01DEAD' },
      pipelines: [{ status: 'interrupted' }],
    });
  });

  it('that is new, or about other pipelines than before, begins anew', async () => {
    const receiver = await startReceiver();
    const state = await opened(await stateFile());
    const about = (pipeline: string) =>
      notifying(`{ ops: { type: webhook, url: ${receiver.url}, pipelines: [${pipeline}] } }`);
    for (const pipeline of ['one', 'two', 'one'])
      await (await tellings(await about(pipeline), { state })).tell({ [pipeline]: ended('failed') });
    expect(tales(receiver)).toEqual(['one failed', 'two failed', 'one failed']);
  });
});

describe('secrets', () => {
  it('are in no message and in no error, as they are written or as URLs spell them', async () => {
    const receiver = await startReceiver();
    const slack = `${receiver.url}/services/T0/B0/xyz%20top`
      .replace('http://', 'HTTP://')
      .replace('HTTP', 'http');
    const text =
      '{ ops: { type: webhook, url: "${HOOK}/${TOKEN}" }, chat: { type: slack, url: "${SLACK}" } }';
    const config = await notifying(text, { HOOK: receiver.url, TOKEN: 'hook-token', SLACK: slack });
    const { tell, told } = await tellings(config);
    receiver.answers(...Array.from({ length: 2 }, () => answer(404)));
    const error = {
      code: 'http/status',
      message: 'GET /x?key=hook-token failed',
      hint: 'Is hook-token right?',
    };
    await tell({ one: ended('failed', { error }) });
    expect(receiver.received.map(({ body }) => body).join()).not.toContain('hook-token');
    expect(told).toHaveLength(2);
    expect(told.join()).not.toMatch(/hook-token|services|xyz/);
  });
});

describe('the signature', () => {
  it('is that of the Standard Webhooks specification', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      at: new Date(1_614_265_330_000),
    };
    expect(signatureHeaders(message, '{"test": 2432232314}')).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('lets a receiver know the message for ours, and unchanged', async () => {
    const receiver = await startReceiver();
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    const config = await notifying(`{ ops: { type: webhook, url: ${receiver.url}, secret: "\${KEY}" } }`, {
      KEY: `whsec_${key.toString('base64')}`,
    });
    await (await tellings(config)).tell({ one: ended('failed', { reason: 'ä€' }) });
    const [message] = receiver.received;
    const { headers = {}, body = '' } = message ?? {};
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    expect(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))).toBeLessThan(300);
  });
});

describe('Slack', () => {
  it('gets text in which nothing is a link, a mention or markup of its own', async () => {
    const receiver = await startReceiver();
    const config = await notifying('{ chat: { type: slack, url: "${SLACK}" } }', {
      SLACK: `${receiver.url}/s/x`,
    });
    const { tell } = await tellings(config);
    const error = { code: 'http/status', message: '<!channel> & <b>', hint: 'See <there>.' };
    await tell({ one: ended('failed', { error }), two: ended('interrupted') });
    await tell({ one: ended('succeeded', { read: 1200 }) });
    const texts = receiver.received.map(({ body }) => JSON.parse(body) as { text: string });
    expect(texts[0]?.text.split('\n')).toEqual([
      expect.stringMatching(/^Syncline on .*, run 01RUN\d+$/),
      '✗ one failed: &lt;!channel&gt; &amp; &lt;b&gt; [http/status]',
      '    See &lt;there&gt;.',
      '✗ two failed: interrupted: its process died',
    ]);
    expect(texts[1]?.text).toContain('✓ one recovered (it was failed): 1,200 read');
  });

  it('gets no more text than somebody reads', async () => {
    const receiver = await startReceiver();
    const config = await notifying('{ chat: { type: slack, url: "${SLACK}" } }', {
      SLACK: `${receiver.url}/s/x`,
    });
    const error = { code: 'http/status', message: '😀'.repeat(5000) };
    await (await tellings(config)).tell({ one: ended('failed', { error }) });
    const { text } = JSON.parse(receiver.received[0]?.body ?? '') as { text: string };
    expect(text.length).toBeLessThan(3600);
  });
});

const outcomes = [
  'failed',
  'rate_limited',
  'cancelled',
  'interrupted',
  'busy',
  'partial',
  'succeeded',
  'skipped',
] as const;
const names = ['one', 'two', 'three'] as const;

/** The state of a pipeline that an outcome brings about; undefined where it brings none. */
function stateOf(outcome: Outcome): string | undefined {
  if (outcome === 'failed' || outcome === 'rate_limited' || outcome === 'interrupted') return 'bad';
  return outcome === 'partial' || outcome === 'succeeded' ? outcome : undefined;
}

it('whatever happens and whatever does not arrive, each receiver is told exactly the changes', async () => {
  const run = fc.record({
    outcomes: fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...outcomes), {
      minKeys: 1,
      noNullPrototype: true,
    }),
    arrives: fc.boolean(),
  });
  const wants = fc.subarray(['failed', 'partial', 'recovered', 'succeeded'], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 12 }), wants, async (runs, wanted) => {
      const receiver = await startReceiver();
      const config = await notifying(
        `{ ops: { type: webhook, url: ${receiver.url}, on: [${wanted.join()}] } }`,
      );
      const { tell } = await tellings(config);
      const expected: string[] = [];
      const last = new Map<string, string>();
      for (const { outcomes, arrives } of runs) {
        const news = Object.entries(outcomes).flatMap(([name, outcome]) => {
          const [was, is] = [last.get(name), stateOf(outcome)];
          if (is === undefined || is === was) return [];
          const words: string[] = is === 'bad' ? ['failed'] : is === 'partial' ? ['partial'] : ['succeeded'];
          if (is === 'succeeded' && was !== undefined) words.unshift('recovered');
          const word = words.find((one) => (wanted as string[]).includes(one));
          // What nobody asked for cannot get lost.
          if (word === undefined) last.set(name, is);
          return word === undefined ? [] : [{ name, is, word }];
        });
        if (news.length > 0) expected.push(news.map(({ name, word }) => `${name} ${word}`).join(', '));
        if (arrives) for (const { name, is } of news) last.set(name, is);
        else if (news.length > 0) receiver.answers(answer(404));
        const results = Object.entries(outcomes).map(([name, outcome]): [string, PipelineResult] => [
          name,
          ended(outcome),
        ]);
        await tell(Object.fromEntries(results));
      }
      expect(tales(receiver)).toEqual(expected);
    }),
    { numRuns: slowCases },
  );
});
