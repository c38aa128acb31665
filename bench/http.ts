/** Pages of an API, read by the http source and by a bare loop: `npx jiti bench/http.ts [PAGES]`, after a build. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { line } from './line.ts';
import type { Measured } from './process.ts';

const pages = Number(process.argv[2] ?? 2000);
const rounds = 5;
const here = fileURLToPath(new URL('..', import.meta.url));
const script = fileURLToPath(new URL('http-process.ts', import.meta.url));

function start(...args: string[]): ChildProcess {
  return fork(script, args, { cwd: here, execArgv: ['--import', 'jiti/register'] });
}

function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message));
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
}

function middle(all: Measured[]): Measured | undefined {
  return all.sort((a, b) => a.seconds - b.seconds)[Math.floor(all.length / 2)];
}

/** Measures both, without their start, against a server in a process of its own. */
async function compare(count: number): Promise<number> {
  const server = start('serve', String(count));
  try {
    const url = `http://127.0.0.1:${await messageOf<number>(server)}/`;
    const once = (what: string) => messageOf<Measured>(start(what, url, String(count)));
    const both: Measured[][] = [[], []];
    // By turns: whatever else the machine does weighs on both.
    for (let round = 0; round < rounds; round += 1)
      for (const [at, what] of ['bare', 'source'].entries()) both[at]?.push(await once(what));
    const [bare, source] = both.map(middle) as [Measured, Measured];
    line(`http: bare fetch and parse, ${count} pages`, bare, count * 100);
    line(`http: the source, ${count} pages`, source, count * 100, bare);
    console.log(`http: ${(source.seconds / bare.seconds).toFixed(2)} times the bare loop (aim: below 1.25)`);
    return source.megabytes;
  } finally {
    server.kill();
  }
}

const few = await compare(Math.ceil(pages / 4));
const many = await compare(pages);
console.log(`http: ${few.toFixed(0)} MB for a quarter of the pages, ${many.toFixed(0)} MB for all`);
