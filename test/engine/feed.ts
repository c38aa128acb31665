import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A source that is read by sync tokens: a token is how many changes there were when a read began. Its pages say that
 * they are large, so that each is committed before the next but one is read.
 */
const plugin = `import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineSource, SyncError } from 'syncline';
export const source = defineSource({
  name: 'feed', summary: 'Changes, page by page.',
  options: { type: 'object', properties: {} },
  streamOptions: { type: 'object', required: ['book'], properties: {
    book: { type: 'string', description: 'Whose.' }, changes: { type: 'boolean', description: 'By tokens.' } } },
  shortForm: 'book', tokenOption: 'changes',
  async open(_, { directory }) {
    return {
      async *read({ options, token, position, batch }) {
        appendFileSync(join(directory, 'asked'), JSON.stringify({ book: options.book, token, position }) + '\\n');
        const { changes, oldest, broken, silent, places = true } = JSON.parse(readFileSync(join(directory, options.book + '.json'), 'utf8'));
        const { after = -1, until = changes.length, page: done = 0 } = position ?? {};
        if (token !== undefined && Number(token) < oldest) throw new SyncError('source/token_expired', 'the token is too old');
        const latest = new Map();
        changes.slice(0, until).forEach((change, at) => latest.set(change.id, { ...change, at }));
        const wanted = [...latest.values()].sort((a, b) => a.at - b.at).filter(({ id, at, gone }) => id !== 0 && (token === undefined ? !gone : at >= Number(token)));
        const left = wanted.filter(({ at }) => at > after);
        for (let page = done, rest = left; ; page++) {
          if (broken?.page === page) {
            if (broken.kill) process.kill(process.pid, 'SIGKILL');
            throw broken.expired ? new SyncError('source/token_expired', 'the token is too old') : new Error('page ' + page);
          }
          const records = rest.slice(0, Math.min(batch.rows, 2));
          rest = rest.slice(records.length);
          const last = rest.length === 0;
          const reached = { after: records.at(-1)?.at ?? after, until, page: page + 1 };
          yield { records, bytes: 5_000_000, position: places ? reached : undefined,
            token: last && !silent ? String(until) : undefined, stopped: last ? 'no next page' : undefined,
            calls: { pages: 1, requests: 2, retries: 1, waited_ms: 3 } };
          if (last) break;
        }
        if (broken?.page === 'end') throw new Error('the last page');
      },
      close: async () => undefined,
    };
  },
});
`;

export interface Change {
  readonly id: number;
  readonly name?: string;
  readonly gone?: true;
}

/** What a read comes to grief at: before this page, or after all of them. */
export interface Fault {
  readonly page: number | 'end';
  readonly kill?: true;
  readonly expired?: true;
}

interface Asked {
  readonly book: string;
  readonly token?: string;
  readonly position?: { readonly page: number };
}

/** A folder with a config and a feed whose pages hold two records each. */
export interface Feed {
  readonly folder: string;
  change(...changes: readonly Change[]): void;
  /** Tokens that were given before are refused from now on. */
  expire(book?: string): void;
  breakAt(fault: Fault | undefined, book?: string): void;
  /** No token is given at the end, or no position with a page. */
  be(kind: { readonly silent?: boolean; readonly places?: boolean }): void;
  /** What the source has now, `id name`. */
  living(): string[];
  /** How the reads since the last call began. */
  asked(): Asked[];
  close(): Promise<void>;
}

const books = ['work', 'home'] as const;

export async function openFeed(pipeline: string, partitioned = false): Promise<Feed> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-feed-'));
  const stream = partitioned
    ? `{ book: "{book}", partitions: { book: [${books.join(', ')}] }`
    : '{ book: work';
  await writeFile(join(folder, 'feed.ts'), plugin);
  await writeFile(
    join(folder, 'sync.config.yaml'),
    `version: 1
sources: { feed: { type: ./feed.ts, streams: { people: ${stream}, changes: true, primary_key: id, deleted_when: gone } } } }
sinks: { db: { type: libsql, url: "file:sink.db" } }
defaults: { pipeline: { batch_size: 100, columns: { run_id: false, synced_at: false } } }
pipelines:
  people:
    from: feed.people
${/^to:/m.test(pipeline) ? '' : '    to: db.people\n'}    map: { id: { from: id, type: integer }, name: { from: name, type: string } }
${pipeline.trimEnd().replace(/^/gm, '    ')}
`,
  );
  const used = partitioned ? books : books.slice(0, 1);
  const fileOf = (book: string) => join(folder, `${book}.json`);
  const read = (book: string) =>
    JSON.parse(readFileSync(fileOf(book), 'utf8')) as { readonly changes: readonly Change[] };
  const set = (book: string, more: object) =>
    writeFileSync(fileOf(book), JSON.stringify({ ...read(book), ...more }));
  for (const book of used) writeFileSync(fileOf(book), JSON.stringify({ changes: [], oldest: 0 }));
  const asked = join(folder, 'asked');
  return {
    folder,
    change(...changes) {
      for (const [place, book] of used.entries()) {
        const own = changes.filter(({ id }) => used.length === 1 || id % used.length === place);
        set(book, { changes: [...read(book).changes, ...own] });
      }
    },
    expire(book) {
      for (const one of used) {
        if (book !== undefined && book !== one) continue;
        // A change of nothing, after which tokens are new.
        const changes = [...read(one).changes, { id: 0, gone: true }];
        set(one, { changes, oldest: changes.length });
      }
    },
    breakAt(fault, book) {
      for (const one of used) set(one, { broken: book === undefined || book === one ? fault : undefined });
    },
    be(kind) {
      for (const book of used) set(book, kind);
    },
    living() {
      const latest = new Map(used.flatMap((book) => read(book).changes).map((one) => [one.id, one]));
      return [...latest.values()]
        .filter(({ gone }) => !gone)
        .sort((a, b) => a.id - b.id)
        .map(({ id, name }) => `${id} ${name}`);
    },
    asked() {
      if (!existsSync(asked)) return [];
      const lines = readFileSync(asked, 'utf8').trim().split('\n');
      rmSync(asked);
      return lines.map((line) => JSON.parse(line) as Asked);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
