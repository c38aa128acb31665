/**
 * Writes the screens that the docs show: `jiti .ci/screens.ts docs/screens`. Each is what a real run of the built command
 * line shows on a pseudo-terminal, as text and as a picture.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
const size = { columns: 100, rows: 22 };

/** What is done on the way to a screen: keys that are pressed, and what is to be seen before it goes on. */
type Step = { readonly press: string } | { readonly see: RegExp };

interface Scene {
  /** Of its files. */
  readonly name: string;
  readonly args: readonly string[];
  readonly steps: readonly Step[];
}

const running: readonly Step[] = [{ see: /✓ campaigns/ }, { see: /✗ budget/ }, { see: /contacts .* 6,500/ }];

const scenes: readonly Scene[] = [
  { name: 'run', args: ['run'], steps: running },
  {
    name: 'details',
    args: ['run'],
    steps: [
      ...running,
      { press: 'j' },
      { see: /▸. contacts/ },
      { press: '\r' },
      { see: /crm\.contacts → db/ },
    ],
  },
  { name: 'logs', args: ['run'], steps: [...running, { press: 'l' }, { see: /esc back/ }] },
  { name: 'help', args: ['run'], steps: [...running, { press: '?' }, { see: /syncline run --ui plain/ }] },
];

/** A campaign tool, a CRM that takes its time, and a budget that nobody may read. */
const config = `version: 1
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
  campaigns: { from: files.campaigns, to: db.campaigns, primary_key: id }
  contacts: { from: crm.contacts, to: db.contacts, checks: { email: { pattern: "@" } } }
  budget: { from: crm.budget, to: db.budget }
`;

const pageSize = 500;
/** More pages are not answered: the run stays where it is. */
const pages = 13;

/** The CRM; resolves with its address. */
async function serveCrm(): Promise<{ url: string; close(): void }> {
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://crm');
    const page = Number(searchParams.get('cursor') ?? 0);
    response.setHeader('content-type', 'application/json');
    if (pathname === '/budget') return void response.writeHead(403).end('{"error":"forbidden"}');
    if (page === pages) return;
    await setTimeout(150);
    const items = Array.from({ length: pageSize }, (_, index) => contact(page * pageSize + index));
    response.end(JSON.stringify({ items, next: String(page + 1) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.closeAllConnections() ?? server.close() };
}

function contact(id: number) {
  return { id, name: `Person ${id}`, email: id % 2100 === 77 ? 'n/a' : `person-${id}@example.com` };
}

/** Plays a scene, and gives the terminal as it is at its end. */
async function play({ name, args, steps }: Scene): Promise<xterm.Terminal> {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-screen-'));
  const campaigns = Array.from(
    { length: 9021 },
    (_, id) => `${JSON.stringify({ id, name: `Campaign ${id}` })}\n`,
  );
  writeFileSync(join(folder, 'sync.config.yaml'), config);
  writeFileSync(join(folder, 'campaigns.jsonl'), campaigns.join(''));
  const crm = await serveCrm();
  const { CI: _, NO_COLOR: __, ...own } = process.env;
  const env = { ...own, TERM: 'xterm-256color', LANG: 'C.UTF-8', CRM_URL: crm.url };
  const terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true });
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env,
    cols: size.columns,
    rows: size.rows,
  });
  const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
  const drawn = watching(terminal, child.onData);
  try {
    for (const step of steps)
      if ('press' in step) child.write(step.press);
      else await Promise.race([drawn(step.see), ended.then(() => fail(name, step.see, terminal))]);
    return terminal;
  } finally {
    child.kill('SIGKILL');
    await ended;
    crm.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function fail(name: string, see: RegExp, terminal: xterm.Terminal): never {
  throw new Error(`scene ${name} ended without showing ${see}:\n${textOf(terminal)}`);
}

/** Has what comes drawn on a terminal; what it returns resolves once that shows something. */
function watching(terminal: xterm.Terminal, onData: (draw: (data: string) => void) => void) {
  const looks = new Set<() => void>();
  onData((data) =>
    terminal.write(data, () => {
      for (const look of looks) look();
    }),
  );
  return (what: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!what.test(textOf(terminal))) return;
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
}

const linesOf = ({ buffer: { active } }: xterm.Terminal) =>
  Array.from({ length: size.rows }, (_, y) => active.getLine(active.baseY + y)).filter(
    (line) => line !== undefined,
  );

function textOf(terminal: xterm.Terminal): string {
  const lines = linesOf(terminal).map((line) => line.translateToString(true).trimEnd());
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The colours of a dark terminal, by their number; the last one is that of text without a colour. */
const colors = ['#282c34', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#dcdfe4'];
const cell = { width: 8.4, height: 18 };

function pictureOf(name: string, terminal: xterm.Terminal): string {
  const [width, height] = [size.columns * cell.width + 24, size.rows * cell.height + 24];
  const texts = linesOf(terminal).flatMap((line, y) =>
    stretchesOf(line).map(({ x, text, style }) => {
      const place = `x="${(12 + x * cell.width).toFixed(1)}" y="${26 + y * cell.height}"`;
      // However wide the letters of a machine are, columns stay below each other.
      const length = `textLength="${(text.length * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
      return `<text ${place} ${length} ${style}>${escaped(text)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="${name}" font-family="monospace" font-size="14">`,
    `<rect width="100%" height="100%" rx="8" fill="${colors[0]}"/>`,
    ...texts,
    '</svg>\n',
  ].join('\n');
}

interface Stretch {
  readonly x: number;
  text: string;
  readonly style: string;
}

/** The words of a line that look alike. */
function stretchesOf(line: xterm.IBufferLine): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let x = 0; x < size.columns; x++) {
    const one = line.getCell(x);
    const text = one?.getChars() ?? '';
    if (one === undefined || text.trim() === '') continue;
    const color = one.isFgPalette() ? colors[one.getFgColor() % 8] : colors.at(-1);
    const style = `fill="${color}"${one.isBold() ? ' font-weight="bold"' : ''}${one.isDim() ? ' opacity="0.6"' : ''}`;
    const last = stretches.at(-1);
    if (last?.style === style && last.x + last.text.length === x) last.text += text;
    else stretches.push({ x, text, style });
  }
  return stretches;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const [, , folder = 'docs/screens'] = process.argv;
mkdirSync(folder, { recursive: true });
for (const scene of scenes) {
  const terminal = await play(scene);
  writeFileSync(join(folder, `${scene.name}.txt`), textOf(terminal));
  writeFileSync(join(folder, `${scene.name}.svg`), pictureOf(`Screen: ${scene.name}`, terminal));
}
