import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '../model/errors.ts';
import { templateOf } from '../plugin/resolve.ts';
import type { Shell } from './shell.ts';

/** Writes a plugin to begin with into the folder: a source in TypeScript, or a connector in YAML. */
export async function newPlugin(shell: Shell, name: string, { yaml }: { yaml: boolean }): Promise<void> {
  if (!/^[a-z][a-z0-9_-]*$/.test(name))
    throw new SyncError('usage/plugin_name', `${JSON.stringify(name)} cannot be the name of a plugin`, {
      hint: 'A name begins with a small letter and goes on with these, digits, "_" and "-".',
    });
  const file = yaml ? `${name}.connector.yaml` : `${name}.ts`;
  const template = await readFile(templateOf(yaml ? 'connector.yaml' : 'source.ts'), 'utf8');
  const text = template.replaceAll(yaml ? 'NAME' : 'my-source', name);
  await writeNew(join(shell.directory, file), text);
  const options = yaml ? 'token: "${API_TOKEN}"' : 'greeting: hello, streams: { people: 3 }';
  shell.print(`${file} is written. In sync.config.yaml it is a source such as:\n`);
  shell.print(`  ${name}: { type: ./${file}, ${options} }\n`);
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const exists = Object(cause).code === 'EEXIST';
    const problem = exists ? 'is there already, and is left as it is' : 'cannot be written';
    throw new SyncError('usage/unwritable', `${path} ${problem}`, { hint: 'Give another name.', cause });
  }
}
