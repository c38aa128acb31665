import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PipelineResult, RunOptions } from 'syncline';
import { afterAll } from 'vitest';
import { root } from '../e2e/cli.ts';

/** How a run ended, and what was told. */
export type Ran = PipelineResult & { readonly notices: readonly string[] };

/** Runs what it is sent with the built package, as often as it is asked. */
const program = `import { createRunner, loadConfig } from ${JSON.stringify(pathToFileURL(join(root, 'dist/src/index.js')))};
process.on('message', async ({ id, load, names, options }) => {
  const answer = async () => {
    const runner = await createRunner(await loadConfig(load));
    const notices = [];
    const emit = (event) => event.type === 'notice' && notices.push(event.message);
    try {
      const pipelines = [...runner.config.pipelines.values()].filter(({ name }) => names?.includes(name) ?? true);
      const result = await runner.run({ pipelines, emit, ...options });
      return { ...result.pipelines[pipelines[0].name], notices };
    } finally {
      await runner.close();
    }
  };
  process.send({ id, ...(await answer().then((ran) => ({ ran }), (error) => ({ error: error.stack }))) });
});
`;

interface Answer {
  readonly id: number;
  readonly ran?: Ran;
  readonly error?: string;
}

let child: Promise<ChildProcess> | undefined;
let asked = 0;

afterAll(async () => (await child)?.kill());

async function start(): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-runner-'));
  const file = join(folder, 'runner.mjs');
  await writeFile(file, program);
  const process = fork(file, { execArgv: [], stdio: 'ignore' });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return process;
}

interface Load {
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
}

/** Runs all pipelines of a config, in a process that all tests of a file share: the result of the first. */
export async function runIn(load: Load, options: Partial<RunOptions>): Promise<Ran> {
  return ask({ load, options });
}

/**
 * Sets a scene for a command: runs these pipelines of a folder's config, or all, one after the other. It costs less than
 * a process of its own. Resolves with how the first of them ended.
 */
export async function hasRun(folder: string, ...names: readonly string[]): Promise<Ran['status']> {
  const load = { directory: folder, environment: {} };
  return (await ask({ load, options: { concurrency: 1 }, names: names.length > 0 ? names : undefined }))
    .status;
}

async function ask(question: {
  readonly load: Load;
  readonly options: Partial<RunOptions>;
  readonly names?: readonly string[];
}): Promise<Ran> {
  child ??= start();
  const process = await child;
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const onExit = () => {
      child = undefined;
      reject(new Error('the process of the run ended before the run'));
    };
    const onMessage = (answer: Answer) => {
      if (answer.id !== id) return;
      process.off('message', onMessage).off('exit', onExit);
      if (answer.ran) resolve(answer.ran);
      else reject(new Error(answer.error));
    };
    process.on('message', onMessage).once('exit', onExit);
    process.send({ id, ...question });
  });
}
