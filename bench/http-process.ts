/** One process of `bench/http.ts`: `serve PAGES`, `bare URL PAGES` or `source URL PAGES`. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SourceDefinition } from '../src/plugin/contract.ts';
import { context as contextIn } from '../src/testing/suite.ts';

const perPage = 100;

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

/** Serves pages that were written before, so that a client waits for the network alone. */
function serve(count: number): void {
  const pages = Array.from({ length: count }, (_, page) => {
    const items = Array.from({ length: perPage }, (_, at) => record(page * perPage + at));
    return JSON.stringify({ items, next: page + 1 < count ? String(page + 1) : null } satisfies Page);
  });
  const server = createServer(({ url = '' }, response) => {
    const page = Number(new URL(url, 'http://any').searchParams.getAll('cursor').at(-1));
    response.writeHead(200, { 'content-type': 'application/json' }).end(pages[page]);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

function record(id: number) {
  const email = `person${id}@example.com`;
  return { id, email, name: `Person ${id}`, amount: id / 4, active: id % 3 === 0, note: 'x'.repeat(id % 50) };
}

/** Reads all pages from a cursor on, and counts their records. */
type Reader = (cursor: string) => Promise<number>;

function bare(url: string): Reader {
  return async (from) => {
    let records = 0;
    for (let cursor: string | null = from; cursor !== null; ) {
      const response = await fetch(`${url}?cursor=${cursor}`);
      const page = (await response.json()) as Page;
      records += page.items.length;
      cursor = page.next;
    }
    return records;
  };
}

async function source(url: string): Promise<Reader> {
  const built = new URL('../dist/plugins/http/index.js', import.meta.url).href;
  const { source } = (await import(built)) as { readonly source: SourceDefinition };
  const context = contextIn('.');
  const { signal } = context;
  const opened = await source.open({ base_url: url, pagination: 'auto' }, context);
  const pagination = { type: 'cursor', param: 'cursor', path: 'next' };
  return async (from) => {
    const options = { path: `?cursor=${from}`, format: 'json', records: 'items', pagination };
    const request = { stream: 'rows', options, signal, batch: { rows: 1000, bytes: 4_000_000 } };
    let records = 0;
    for await (const batch of opened.read(request)) records += batch.records.length;
    return records;
  };
}

const [what, argument = '', pages = ''] = process.argv.slice(2);
if (what === 'serve') serve(Number(argument));
else {
  const read = await (what === 'bare' ? bare : source)(argument);
  // The last page, so that everything is loaded.
  await read(String(Number(pages) - 1));
  const began = performance.now();
  const records = await read('0');
  const seconds = (performance.now() - began) / 1000;
  process.send?.({ records, seconds, megabytes: process.resourceUsage().maxRSS / 1024 });
  process.disconnect?.();
}
