/**
 * Writes the screens that the docs show: `jiti .ci/screens.ts docs/screens`. Each is what a real run of the built command
 * line shows on a pseudo-terminal, as text and as a picture.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { execa } from 'execa';
import Database from 'libsql';
import { type Crm, campaigns, config, serveCrm } from './campaigns.ts';
import { pictureOf, size, textOf } from './picture.ts';

const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));

/** Longer than this, in milliseconds, nothing takes. */
const patience = 60_000;

/** What is done on the way to a screen: keys that are pressed, and what is to be seen before it goes on. */
type Step = { readonly press: string } | { readonly see: RegExp };

interface Scene {
  /** Of its files. */
  readonly name: string;
  readonly args: readonly string[];
  /** What took place before. */
  readonly before?: (setting: Setting) => Promise<void>;
  readonly steps: readonly Step[];
}

interface Setting {
  readonly folder: string;
  readonly crm: Crm;
}

const running: readonly Step[] = [{ see: /✓ campaigns/ }, { see: /✗ budget/ }, { see: /contacts .* 6,500/ }];

const toChanges: readonly Step[] = [{ see: /▸○ campaigns/ }, { press: 'd' }, { see: /2 created, 6 updated/ }];

const scenes: readonly Scene[] = [
  {
    name: 'dashboard',
    args: [],
    before: runTwice,
    steps: [
      { see: /▸○ campaigns/ },
      { press: 'j' },
      { see: /▸○ contacts/ },
      { press: 'r' },
      { see: /rows\/s[\s\S]*contacts .* 6,500/ },
      { press: '\u001b' },
      { see: /▸○ contacts +● running .* 6,500/ },
    ],
  },
  {
    name: 'plan',
    args: [],
    before: runOnce,
    steps: [
      { see: /▸○ campaigns/ },
      { press: 'P' },
      { see: /Plan: 2 to create, 6 to update/ },
      { press: 'j\r' },
      { see: /\(union\)/ },
    ],
  },
  {
    name: 'changes',
    args: [],
    before: runTwice,
    steps: [...toChanges, { press: '\r' }, { see: /\(union\)/ }],
  },
  {
    name: 'run',
    args: ['run'],
    before: async ({ crm }) => crm.stall(),
    steps: running,
  },
  {
    name: 'rejects',
    args: [],
    before: runOnce,
    steps: [
      { see: /▸○ campaigns/ },
      { press: 'j' },
      { see: /▸○ contacts/ },
      { press: 'e' },
      { see: /rejected rows/ },
      { press: '\r' },
      { see: /"email": "n\/a"/ },
    ],
  },
  {
    name: 'why',
    args: [],
    before: runTwice,
    steps: [
      ...toChanges,
      { press: 'w' },
      { see: /Why campaigns/ },
      { press: '\r' },
      { see: /value .*extended/ },
    ],
  },
];

/** Nobody may read the budget: it ends with an error. */
async function run({ folder, crm }: Setting): Promise<void> {
  const env = { CRM_URL: crm.url };
  await execa(process.execPath, [cli, 'run', '--ui', 'quiet'], { cwd: folder, env, reject: false });
}

/** A first run, an edit by hand, and a campaign tool that has changed since. */
async function runOnce(setting: Setting): Promise<void> {
  const { folder } = setting;
  await run(setting);
  const database = new Database(join(folder, 'sync.db'));
  database.exec("UPDATE campaigns SET name = 'Winter sale, the big one' WHERE id = 3000");
  database.close();
  writeFileSync(join(folder, 'campaigns.jsonl'), campaigns('changed'));
}

/** Then a second run; in the next one the CRM takes for ever. */
async function runTwice(setting: Setting): Promise<void> {
  await runOnce(setting);
  await run(setting);
  setting.crm.stall();
}

/** Plays a scene, and gives the terminal as it is at its end. */
async function play({ name, args, before, steps }: Scene): Promise<xterm.Terminal> {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-screen-'));
  writeFileSync(join(folder, 'sync.config.yaml'), config);
  writeFileSync(join(folder, 'campaigns.jsonl'), campaigns('first'));
  const crm = await serveCrm();
  await before?.({ folder, crm });
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
      else {
        const late = Promise.race([ended, setTimeout(patience, undefined, { ref: false })]);
        await Promise.race([drawn(step.see), late.then(() => fail(name, step.see, terminal))]);
      }
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

const [, , folder = 'docs/screens'] = process.argv;
mkdirSync(folder, { recursive: true });
for (const scene of scenes) {
  const terminal = await play(scene);
  writeFileSync(join(folder, `${scene.name}.txt`), textOf(terminal));
  writeFileSync(join(folder, `${scene.name}.svg`), pictureOf(`Screen: ${scene.name}`, terminal));
}
