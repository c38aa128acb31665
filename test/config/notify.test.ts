import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { showConfig } from '../../src/config/show.ts';
import { around, complaints, load, write } from './load-text.ts';

const withNotify = (notify: string) => `notify: ${notify}\n${around('primary_key: id')}`;

describe('the key `notify`', () => {
  it('has defaults', async () => {
    expect((await load(around('primary_key: id'))).notify.size).toBe(0);
    const { notify } = await load(withNotify('{ ops: { type: command, run: [./tell.sh, "a b"] } }'));
    expect(notify.get('ops')).toEqual({
      type: 'command',
      name: 'ops',
      run: ['./tell.sh', 'a b'],
      on: ['failed', 'recovered'],
      about: new Set(['campaigns']),
      pipelines: undefined,
      timeout: 10_000,
    });
  });

  it.each([
    ['{ a: { type: mail } }', 'config/enum notify.a.type: "mail" is not one of: webhook, slack, command'],
    ['{ a: {} }', 'config/required notify.a: "type" is missing'],
    ['{ a: { type: webhook } }', 'config/required notify.a: "url" is missing'],
    ['{ a: { type: slack, url: "${X}" } }', /^config\/pattern notify\.a\.url: /],
    ['{ a: { type: webhook, url: "https://[/" } }', 'config/pattern notify.a.url: it is not a URL'],
    ['{ a: { type: webhook, url: "https://h.example", run: [x] } }', /^config\/unknown_key notify\.a\.run: /],
    [
      '{ a: { type: webhook, url: "https://h.example", secret: "${X}" } }',
      /^config\/pattern notify\.a\.secret: /,
    ],
    ['{ a: { type: command, run: ./x } }', /^config\/type notify\.a\.run: /],
    ['{ a: { type: command, run: [] } }', /^config\/limit notify\.a\.run: /],
    [
      '{ a: { type: command, run: [x], on: [ended] } }',
      /^config\/enum notify\.a\.on\[0\]: "ended" is not one of/,
    ],
    ['{ a: { type: command, run: [x], timeout: long } }', /^config\/pattern notify\.a\.timeout: /],
    [
      '{ a: { type: command, run: [x], pipelines: [camp*, campaign] } }',
      'config/reference notify.a.pipelines[1]: there is no pipeline named "campaign"',
    ],
    ['{ "a b": { type: command, run: [x] } }', /^config\/name notify/],
  ])('%s is refused', async (notify, expected) => {
    expect(await complaints(withNotify(notify), { X: 'http://short' })).toEqual([
      expected instanceof RegExp ? expect.stringMatching(expected) : expected,
    ]);
  });

  it('warns of secrets that are written out, and of no address that is none', async () => {
    const { warnings } = await load(
      withNotify(
        '{ a: { type: slack, url: "https://hooks.example.com/s" }, b: { type: webhook, url: "https://h.example/x" } }',
      ),
    );
    expect(warnings.map(({ code, path }) => [code, path])).toEqual([['config/secret', 'notify.a.url']]);
  });

  it('is shown as it was understood, without secrets, and means the same again', async () => {
    const text = withNotify(
      '{ ops: { type: webhook, url: "https://h.example/${TOKEN}", secret: "${KEY}", headers: { A: b }, pipelines: [c*] }, chat: { type: slack, url: "${SLACK}", on: [partial], timeout: 90s } }',
    );
    const environment = {
      TOKEN: 'tok-1',
      KEY: `whsec_${'A'.repeat(32)}`,
      SLACK: 'https://hooks.example/T/B',
    };
    const shown = await showConfig(write(text, environment));
    expect(parse(shown).notify).toEqual({
      ops: {
        type: 'webhook',
        url: 'https://h.example/•••',
        headers: { A: 'b' },
        secret: '•••',
        on: ['failed', 'recovered'],
        pipelines: ['c*'],
        timeout: '10s',
      },
      chat: { type: 'slack', url: '•••', on: ['partial'], timeout: '90s' },
    });
  });
});
