import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reference } from '../.ci/reference.ts';
import { folderWith, root, syncline } from './e2e/cli.ts';
import { startApi } from './plugins/http/support.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The files a section shows: blocks whose fence names one, as in "```yaml sync.config.yaml". */
function filesOf(section: string): { [name: string]: string } {
  return Object.fromEntries(
    [...section.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name, text]),
  );
}

const sectionsOf = (text: string) =>
  new Map(text.split(/^## /m).map((section) => [section.split('\n')[0] ?? '', filesOf(section)]));

const sections = sectionsOf(readme);

/** The API that is shown: three contacts and three companies on two pages each, and a note for each contact. */
async function startCrm(): Promise<{ readonly CRM_URL: string; readonly CRM_TOKEN: string }> {
  const { url } = await startApi(({ path, query, headers }) => {
    if (headers.authorization !== 'Bearer of-this-test') return { status: 401 };
    const [, contact] = /^\/contacts\/(\d)\/notes$/.exec(path) ?? [];
    if (contact !== undefined) return { body: { items: [{ id: `note-${contact}` }] } };
    return query.get('cursor') === '2'
      ? { body: { items: [{ id: 3 }] } }
      : { body: { items: [{ id: 1 }, { id: 2 }], next_cursor: '2' } };
  });
  return { CRM_URL: url, CRM_TOKEN: 'of-this-test' };
}

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(250);
  });

  it('shows five minutes that take place', async () => {
    const folder = await folderWith(sections.get('Five minutes') ?? {});
    expect((await syncline(folder, ['validate'])).code).toBe(0);
    const { code, stdout } = await syncline(folder, ['run', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      pipelines: { people: { read: 4, inserted: 2, rejected: 1 } },
    });
  });

  it('shows an API that is read whole, in 12 lines', async () => {
    const files = sections.get('Any HTTP API') ?? {};
    const [, lines = ''] = /^sources:\n(.*?)^sinks:/ms.exec(files['sync.config.yaml'] ?? '') ?? [];
    expect(lines.trim().split('\n').length).toBeLessThanOrEqual(12);
    const folder = await folderWith(files);
    const { code, stdout } = await syncline(folder, ['run', '--json'], await startCrm());
    expect({ code, ...JSON.parse(stdout).pipelines }).toMatchObject({
      code: 0,
      contacts: { inserted: 3, calls: { pages: 2 } },
      companies: { inserted: 3 },
      notes: { inserted: 3 },
    });
  });

  it('shows the error that its mistake gives', async () => {
    const files = sections.get('Five minutes') ?? {};
    const config = files['sync.config.yaml']?.replace('type: libsql', 'type: libsq') ?? '';
    const folder = await folderWith({ ...files, 'sync.config.yaml': config });
    const { stderr } = await syncline(folder, ['validate']);
    for (const line of stderr.split('\n').filter((line) => /^error|help:|\^/.test(line)))
      expect(readme).toContain(line);
  });

  it('names every command', async () => {
    const { stdout } = await syncline(root, ['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)]
      .map((match) => match[1] ?? '')
      .filter((name) => name !== 'help');
    for (const command of commands) expect(readme).toContain(`\`syncline ${command}`);
  });
});

describe('docs/plugins.md', () => {
  const shown = sectionsOf(readFileSync(join(root, 'docs/plugins.md'), 'utf8'));

  it('shows a connector that runs', async () => {
    const folder = await folderWith(shown.get('In YAML') ?? {});
    const { code, stdout } = await syncline(folder, ['run', '--json'], await startCrm());
    expect({ code, ...JSON.parse(stdout).pipelines }).toMatchObject({
      code: 0,
      contacts: { inserted: 3 },
      notes: { inserted: 3 },
    });
  });

  it('shows a plugin that runs', async () => {
    const folder = await folderWith(shown.get('In TypeScript') ?? {});
    const { code, stdout } = await syncline(folder, ['run', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pipelines: { numbers: { read: 5000, inserted: 5000 } } });
  });
});

describe('docs/promises.md', () => {
  it('names tests that are there', () => {
    const text = readFileSync(join(root, 'docs/promises.md'), 'utf8');
    const tests = [...text.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path = '']) => path);
    expect(tests.length).toBeGreaterThan(10);
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('docs/reference.md', () => {
  it('is what the schemas say; `npm run fix` writes it', async () => {
    expect(readFileSync(join(root, 'docs/reference.md'), 'utf8')).toBe(await reference());
  });
});
