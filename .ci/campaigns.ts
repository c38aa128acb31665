/** What is synced on the screens that the docs show: campaigns in a file, contacts in a CRM. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A campaign tool, a CRM that takes its time, and a budget that nobody may read. */
export const config = `version: 1
sources:
  files: { type: file, streams: { campaigns: campaigns.jsonl } }
  crm:
    type: http
    base_url: \${CRM_URL}
    pagination: { type: cursor, path: next, param: cursor, max_pages: 1000 }
    streams:
      contacts: { path: /contacts, records: items, primary_key: id }
      budget: { path: /budget, records: items, primary_key: id }
sinks: { db: { type: libsql, url: file:sync.db } }
pipelines:
  campaigns:
    from: files.campaigns
    to: db.campaigns
    primary_key: id
    merge: { name: keep_edits, spent: max, labels: union }
  contacts: { from: crm.contacts, to: db.contacts, checks: { email: { pattern: "@" } } }
  budget: { from: crm.budget, to: db.budget }
`;

const pageSize = 500;
const pages = 13;

export interface Crm {
  readonly url: string;
  /** From now on the page after the last is not answered: a run stays where it is. */
  stall(): void;
  close(): void;
}

/** The CRM; resolves with its address. */
export async function serveCrm(): Promise<Crm> {
  let stalls = false;
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://crm');
    const page = Number(searchParams.get('cursor') ?? 0);
    response.setHeader('content-type', 'application/json');
    if (pathname === '/budget') return void response.writeHead(403).end('{"error":"forbidden"}');
    if (page === pages && stalls) return;
    if (stalls) await setTimeout(150);
    const items = Array.from({ length: pageSize }, (_, index) => contact(page * pageSize + index));
    const isLast = page === pages - 1 && !stalls;
    response.end(JSON.stringify({ items, ...(!isLast && { next: String(page + 1) }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stall: () => {
      stalls = true;
    },
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

function contact(id: number) {
  return { id, name: `Person ${id}`, email: id % 2100 === 77 ? 'n/a' : `person-${id}@example.com` };
}

const seasons = ['Spring', 'Summer', 'Autumn', 'Winter'];
const kinds = ['sale', 'newsletter', 'fair', 'webinar', 'giveaway'];

/** The file of the campaign tool, as it was and as it is once some have changed and two are new. */
export function campaigns(edition: 'first' | 'changed'): string {
  const number = edition === 'first' ? 9021 : 9023;
  const lines = Array.from({ length: number }, (_, index) => {
    const campaign = campaignOf(index + 1);
    const isChanged = edition === 'changed' && campaign.id % 1500 === 0;
    return `${JSON.stringify(isChanged ? later(campaign) : campaign)}\n`;
  });
  return lines.join('');
}

function campaignOf(id: number) {
  return {
    id,
    name: `${seasons[id % 4]} ${kinds[id % 5]} ${2020 + (id % 7)}`,
    owner: `person-${id % 17}@example.com`,
    spent: (id * 37) % 5000,
    labels: ['email', id % 2 === 0 ? 'eu' : 'us'],
  };
}

function later(campaign: ReturnType<typeof campaignOf>) {
  const { name, spent } = campaign;
  return {
    ...campaign,
    name: `${name}, extended`,
    owner: 'ann@example.com',
    spent: spent + 250,
    labels: ['social'],
  };
}
