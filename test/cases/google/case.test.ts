/** `examples/google-contacts` as it is, run by the built command line against the fake, its sinks read by other clients. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Statistics } from '../../../src/engine/statistics.ts';
import { cli, syncline } from '../../e2e/cli.ts';
import { failing } from '../../kit/fake-api.ts';
import { freshDatabase, query as queryServer } from '../../kit/postgres.ts';
import { person } from './contacts.ts';
import { type Google, startGoogle } from './fake.ts';
import { all, config, gate, json, listener, route, rows, run, started, statesOf } from './world.ts';

const day = 86_400_000;
const token = expect.any(String);

/** What the tables are to hold of those who are there. */
function model(google: Google) {
  const people = google.contacts.all();
  const contacts = people.map(({ resourceName, names, organizations, emailAddresses }) => [
    resourceName,
    names?.[0]?.displayName ?? null,
    organizations?.[0]?.name ?? null,
    emailAddresses?.[0]?.value ?? null,
  ]);
  const numbers = people.flatMap(({ resourceName, phoneNumbers = [] }) =>
    phoneNumbers.map(({ value }) => [resourceName, value]),
  );
  return { contacts: contacts.sort(), numbers: numbers.sort() };
}

const living = {
  contacts: 'SELECT resource_name, display_name, organization, email FROM contacts WHERE deleted_at IS NULL',
  numbers: 'SELECT resource_name, number FROM phone_numbers WHERE deleted_at IS NULL',
};
const deleted = 'SELECT resource_name FROM contacts WHERE deleted_at IS NOT NULL ORDER BY 1';

describe('the example google-contacts', () => {
  it('reads all once, through an expired access token, and then only what changed', async () => {
    const google = await startGoogle();
    google.contacts.add(...all(2500).map((n) => person(n)));
    const folder = await started(google);
    const asked = listener(google);
    const agrees = () => {
      const [contacts, numbers] = [rows(folder, living.contacts), rows(folder, living.numbers)];
      expect({ contacts: contacts.sort(), numbers: numbers.sort() }).toEqual(model(google));
    };
    expect(await syncline(folder, ['validate'])).toMatchObject({ code: 0 });
    expect(await statesOf(folder)).toEqual({ contacts: 'never_run', phone_numbers: 'never_run' });

    google.before(route, () => google.tokens.expire(), 3);
    expect(await run(folder)).toMatchObject({
      exitCode: 0,
      pipelines: { contacts: { inserted: 2500 }, phone_numbers: { inserted: 2500 } },
    });
    const pages = asked();
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(6);
    expect(pages.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(google.asked('POST /token')).toHaveLength(2);
    agrees();

    google.contacts.add(person(2501));
    google.contacts.change('people/c3', { phoneNumbers: [{ value: '030 7' }, { value: '030 8' }] });
    google.contacts.change('people/c4', { phoneNumbers: undefined, organizations: undefined });
    google.contacts.remove('people/c5');
    expect(await run(folder)).toMatchObject({
      pipelines: {
        contacts: { read: 4, inserted: 1, updated: 1, unchanged: 1, deleted: 1 },
        phone_numbers: { read: 4, inserted: 3, deleted: 3 },
      },
    });
    expect(asked()).toMatchObject([{ syncToken: token }, { syncToken: token }]);
    agrees();
    // A person who was deleted is marked, and so are their numbers; numbers of the others are gone.
    expect(rows(folder, deleted)).toEqual([['people/c5']]);
    expect(rows(folder, 'SELECT number FROM phone_numbers WHERE deleted_at IS NOT NULL')).toEqual([
      ['030 1005'],
    ]);
    const runs = await json<{ runId: string }[]>(folder, 'runs');
    expect(runs).toHaveLength(2);
    expect((await syncline(folder, ['history', 'clear', '--yes'])).code).toBe(0);
    expect(await json<{ runId: string }[]>(folder, 'runs')).toMatchObject([{ runId: runs[0]?.runId }]);
  });

  it('loses and doubles nothing in a crash between two pages, and tells a second start who runs', async () => {
    const google = await startGoogle();
    google.contacts.add(...all(1500).map((n) => person(n)));
    const folder = await started(google);
    await run(folder, 'contacts');
    for (const n of all(1500))
      google.contacts.change(`people/c${n}`, { names: [{ displayName: `New ${n}` }] });
    const renamed = () => rows(folder, `SELECT count(*) FROM contacts WHERE display_name LIKE 'New%'`);

    const args = [cli, 'run', 'contacts', '--quiet'];
    const dying = execa(process.execPath, args, { cwd: folder, reject: false });
    onTestFinished(() => void dying.kill('SIGKILL'));
    let second: unknown;
    google.before(
      route,
      async () => {
        while (dying.exitCode === null && Number((renamed()[0] as number[])[0]) === 0) await setTimeout(10);
        second = await syncline(folder, ['run', 'contacts', '--quiet']);
        expect(await statesOf(folder)).toEqual({ contacts: 'running', phone_numbers: 'never_run' });
        dying.kill('SIGKILL');
        await dying;
      },
      2,
    );
    await dying;
    expect(second).toMatchObject({ code: 5 });
    expect(renamed()).toEqual([[1000]]);

    const asked = listener(google);
    asked();
    const { pipelines } = await run(folder, 'contacts');
    expect(pipelines.contacts).toMatchObject({ read: 500, updated: 500, inserted: 0 });
    expect(asked()).toMatchObject([{ pageToken: token, syncToken: token }]);
    expect(rows(folder, living.contacts).sort()).toEqual(model(google).contacts);
    const runs = await json<{ status: string }[]>(folder, 'runs');
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'busy', 'interrupted', 'succeeded']);
  });

  it('is cancelled within a page, goes on in the next run, and tells its statistics', async () => {
    const google = await startGoogle();
    google.contacts.add(...all(2500).map((n) => person(n)));
    const folder = await started(google);
    const row = (target: string, total: number, deleted = 0) => ({
      pipeline: target,
      sink: 'db',
      target,
      total,
      active: total - deleted,
      deleted,
    });
    const statistics = () => json<Statistics>(folder, 'stats');
    expect((await statistics()).pipelines).toMatchObject([
      { status: 'never_run', checkpoint: { kind: 'sync_token', held: false } },
      { status: 'never_run', checkpoint: { kind: 'sync_token', held: false } },
    ]);

    let cancelling: Promise<unknown> | undefined;
    const [contacts, release] = gate();
    google.before(
      route,
      () => {
        cancelling = syncline(folder, ['cancel', 'latest', '--json']).finally(release);
        // The page comes once the run has ended without it.
        return contacts;
      },
      2,
    );
    expect(await run(folder, 'contacts')).toMatchObject({ status: 'cancelled', exitCode: 1 });
    expect(await cancelling).toMatchObject({ code: 0 });
    expect(rows(folder, 'SELECT count(*) FROM contacts')).toEqual([[1000]]);
    expect((await statistics()).pipelines[0]).toMatchObject({ checkpoint: { held: false } });

    const asked = listener(google);
    asked();
    expect(await run(folder)).toMatchObject({
      exitCode: 0,
      pipelines: { contacts: { inserted: 1500 }, phone_numbers: { inserted: 2500 } },
    });
    // Two pages that were still to come, and three of the other pipeline.
    expect(asked().filter(({ status }) => status === 200)).toHaveLength(5);
    expect(rows(folder, living.contacts).sort()).toEqual(model(google).contacts);

    google.contacts.remove('people/c5');
    await run(folder);
    google.fail(route, failing(403));
    expect(await run(folder, 'contacts')).toMatchObject({ exitCode: 1 });
    const held = { kind: 'sync_token', held: true };
    const found = await statistics();
    expect(found).toMatchObject({
      targets: [row('contacts', 2500, 1), row('phone_numbers', 2500, 1)],
      runs: { succeeded: 2, cancelled: 1, failed: 1 },
      pipelines: [
        {
          pipeline: 'contacts',
          status: 'failed',
          lastRun: { status: 'failed' },
          lastSuccess: { status: 'succeeded', finishedAt: expect.stringMatching(/Z$/) },
          lastError: { message: expect.stringContaining('403') },
          checkpoint: held,
        },
        { pipeline: 'phone_numbers', status: 'idle', checkpoint: held },
      ],
    });
    expect(rows(folder, deleted)).toEqual([['people/c5']]);
    expect(JSON.stringify(found)).not.toContain('"cursor"');
    const runs = await json<{ runId: string; status: string }[]>(folder, 'runs');
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'succeeded', 'succeeded', 'cancelled']);
    expect(runs.map(({ runId }) => runId)).toEqual(
      runs
        .map(({ runId }) => runId)
        .sort()
        .reverse(),
    );
  });

  it('reads all again once the sync token has expired, which it keeps until that is done', async () => {
    const google = await startGoogle();
    google.contacts.add(...all(1500).map((n) => person(n)));
    const folder = await started(google);
    await run(folder);
    const tokenHeld = async () => {
      const [contacts] = await json<{ checkpoint: { cursor: { text: string } } }[]>(folder, 'state', 'list');
      return contacts?.checkpoint.cursor.text;
    };
    const before = await tokenHeld();
    google.contacts.remove('people/c1');
    google.contacts.remove('people/c2');
    google.contacts.change('people/c7', { phoneNumbers: undefined });
    google.advance(8 * day);

    const asked = listener(google);
    asked();
    google.fail(route, failing(403), { after: 3 });
    expect(await run(folder, 'contacts')).toMatchObject({ exitCode: 1 });
    expect(asked()).toMatchObject([
      { syncToken: before, status: 401 },
      { syncToken: before, status: 400 },
      { syncToken: undefined, status: 200 },
      { syncToken: undefined, status: 403 },
    ]);
    expect(await tokenHeld()).toBe(before);
    expect(await statesOf(folder)).toEqual({ contacts: 'failed', phone_numbers: 'idle' });
    expect(rows(folder, deleted)).toEqual([]);

    google.mend();
    expect(await run(folder)).toMatchObject({
      exitCode: 0,
      pipelines: { contacts: { deleted: 2 }, phone_numbers: { deleted: 3 } },
    });
    expect(await tokenHeld()).not.toBe(before);
    expect(rows(folder, living.contacts).sort()).toEqual(model(google).contacts);
    expect(rows(folder, living.numbers).sort()).toEqual(model(google).numbers);
    expect(rows(folder, deleted)).toEqual([['people/c1'], ['people/c2']]);
  });

  it('keeps the same in PostgreSQL', async () => {
    const sink = /Or a PostgreSQL: (\{.*\})$/m.exec(config)?.[1];
    const text = config.replace(/^ {2}db: .*$/m, `  db: ${sink}`);
    const google = await startGoogle();
    google.contacts.add(...all(10).map((n) => person(n)));
    const url = await freshDatabase();
    const folder = await started(google, text, { DATABASE_URL: url });
    const agrees = async () => {
      const contacts = (await queryServer(url, living.contacts)).sort();
      expect({ contacts, numbers: (await queryServer(url, living.numbers)).sort() }).toEqual(model(google));
    };
    await run(folder);
    await agrees();
    google.contacts.change('people/c3', { phoneNumbers: [{ value: '030 7' }, { value: '030 8' }] });
    google.contacts.change('people/c4', { phoneNumbers: undefined });
    google.contacts.remove('people/c5');
    expect(await run(folder)).toMatchObject({
      exitCode: 0,
      pipelines: { contacts: { read: 3, deleted: 1 } },
    });
    await agrees();
    expect(await queryServer(url, deleted)).toEqual([['people/c5']]);
    expect(existsSync(join(folder, 'contacts.db'))).toBe(false);
  });
});
