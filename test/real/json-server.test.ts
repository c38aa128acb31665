import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, query, syncline } from '../e2e/cli.ts';
import { freePort } from '../kit/postgres-server.ts';
import { describeReal, startProgram } from './servers.ts';

interface Data {
  readonly posts: readonly { readonly id: number; readonly title: string }[];
  readonly comments: readonly { readonly id: number; readonly postId: number; readonly body: string }[];
  readonly copies: readonly { readonly id: number; readonly title: string }[];
}

const data: Data = {
  posts: Array.from({ length: 45 }, (_, n) => ({ id: n + 1, title: `Post ${n} & "more"` })),
  comments: Array.from({ length: 333 }, (_, n) => ({
    id: n + 1,
    postId: ((n * 7) % 44) + 1,
    body: `no. ${n}`,
  })),
  copies: [],
};

const config = (url: string) => `version: 1
sources:
  blog:
    type: http
    base_url: ${url}
    streams:
      posts: { path: /posts, params: { _page: 1 }, primary_key: id, records: $, pagination: { type: link_header, limit: 20, limit_param: _limit } }
      found: { path: /posts, params: { _page: 1, _limit: 20 }, primary_key: id, records: $, pagination: auto }
      comments: { path: /comments, primary_key: id, records: $, pagination: { type: page, param: _page, limit: 50, limit_param: _limit } }
      of_posts: { path: "/posts/{posts.id}/comments", primary_key: id, records: $ }
sinks:
  db: { type: libsql, url: "file:sync.db" }
  blog: { type: http, base_url: ${url} }
pipelines:
  posts: { from: blog.posts, to: db.posts }
  found: { from: blog.found, to: db.found }
  comments: { from: blog.comments, to: db.comments }
  of_posts: { from: blog.of_posts, to: db.of_posts }
  copies: { from: blog.posts, to: blog.copies, mode: append, columns: { run_id: false, synced_at: false } }
`;

describeReal('json-server', () => {
  it('gives every row, however its pages are counted, and takes rows', async () => {
    const port = await freePort();
    const folder = await folderWith({
      'db.json': JSON.stringify(data),
      'sync.config.yaml': config(`http://127.0.0.1:${port}`),
    });
    await startProgram(
      'json-server/lib/cli/bin.js',
      ['--host', '127.0.0.1', '--port', String(port), 'db.json'],
      { folder, ready: 'Home' },
    );
    const { stdout, stderr } = await syncline(folder, ['run', '--json']);
    expect(stdout, stderr).not.toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      pipelines: {
        posts: { inserted: 45, calls: { pages: 3 } },
        found: { inserted: 45, calls: { pages: 3 } },
        comments: { inserted: 333, calls: { pages: 8 } },
        of_posts: { inserted: 333 },
        copies: { inserted: 45 },
      },
    });
    // What the server itself keeps in its file.
    const kept = JSON.parse(await readFile(join(folder, 'db.json'), 'utf8')) as Data;
    const rows = (sql: string) => query(join(folder, 'sync.db'), sql);
    const posts = kept.posts.map(({ id, title }) => [id, title]);
    const comments = kept.comments.map(({ id, postId, body }) => [id, postId, body]);
    expect(rows('SELECT id, title FROM posts ORDER BY id')).toEqual(posts);
    expect(rows('SELECT id, title FROM found ORDER BY id')).toEqual(posts);
    expect(rows('SELECT id, postId, body FROM comments ORDER BY id')).toEqual(comments);
    expect(rows('SELECT id, postId, body FROM of_posts ORDER BY id')).toEqual(comments);
    expect([...kept.copies].sort((a, b) => a.id - b.id)).toEqual(kept.posts);
  });
});
