import type { Config, PipelineConfig } from '../config/config.ts';
import { type Ledgers, openLedgers } from '../engine/ledgers.ts';
import { partsOf, toOf } from '../engine/parts.ts';
import { ledgerKey } from '../engine/resume.ts';
import { pipelineNamed } from '../engine/select.ts';
import { logLedger } from '../log/table.ts';
import type { State } from '../state/state.ts';
import { count } from '../tui/numbers.ts';
import { shortened } from '../tui/printable.ts';
import { withState } from './open-state.ts';
import { columns, type Shell } from './shell.ts';
import { type KeptCheckpoint, type Listed, printDocument, printListed } from './state-document.ts';

/** Opens the state and the ledgers of the shell's config for a piece of work. */
export async function withLedgers(
  shell: Shell,
  work: (ledgers: Ledgers, config: Config, state: State) => Promise<void>,
): Promise<void> {
  await withState(shell, async (state, config) => {
    const ledgers = openLedgers(config, state);
    await work(ledgers, config, state).finally(() => ledgers.close());
  });
}

/** Lists the checkpoints of all pipelines, then those that are kept beside their rows under other names. */
export async function listCheckpoints(shell: Shell): Promise<void> {
  await withLedgers(shell, async (ledgers, config) => {
    const found = [
      ...(await checkpointsOf(ledgers, config.pipelines.values())),
      ...(await othersOf(ledgers, config)),
    ];
    if (shell.output !== 'table') return shell.print(documents(found, shell.output));
    shell.print(
      columns([
        ['PIPELINE', 'TARGET', 'CURSOR', 'READ UNDER WAY', 'LAST RUN', 'BATCH'],
        ...found.map(({ pipeline, to, entry }) => [
          pipeline,
          to,
          shortened(entry?.checkpoint.cursor?.text ?? '-', 40),
          entry?.checkpoint.position === undefined ? '-' : 'yes',
          entry?.run || '-',
          entry?.run ? count(entry.batch) : '-',
        ]),
      ]),
    );
  });
}

/** Shows the checkpoints of one pipeline, whole: one for each of its targets and partitions. */
export async function getCheckpoint(shell: Shell, name: string): Promise<void> {
  await withLedgers(shell, async (ledgers, config) => {
    const kept = await checkpointsOf(ledgers, [pipelineNamed(config, name)]);
    shell.print(shell.output === 'table' ? kept.map(text).join('\n') : documents(kept, 'ndjson'));
  });
}

/** Prints the checkpoints of all pipelines as a document that `state import` takes. */
export async function exportCheckpoints(shell: Shell): Promise<void> {
  await withLedgers(shell, async (ledgers, config) => {
    const found = await checkpointsOf(ledgers, config.pipelines.values());
    shell.print(printDocument(found.filter((kept): kept is KeptCheckpoint => kept.entry !== undefined)));
  });
}

async function checkpointsOf(ledgers: Ledgers, pipelines: Iterable<PipelineConfig>): Promise<Listed[]> {
  const found: Listed[] = [];
  for (const part of [...pipelines].flatMap((pipeline) => partsOf(pipeline).flat())) {
    const key = ledgerKey(part, {});
    const { entry } = await (await ledgers.of(part)).read(key);
    found.push({ pipeline: key.pipeline, to: toOf(part), entry });
  }
  return found;
}

/** Checkpoints of windows, of pipelines that had another name or target, and of other configs. */
async function othersOf(ledgers: Ledgers, config: Config): Promise<Listed[]> {
  const parts = [...config.pipelines.values()].flatMap((pipeline) => partsOf(pipeline).flat());
  const own = new Set(parts.map((part) => `${ledgerKey(part, {}).pipeline} ${toOf(part)}`));
  const sinks = new Map(parts.map((part) => [part.sink.name, part]));
  const found: Listed[] = [];
  for (const [sink, first] of sinks)
    for (const { pipeline, target, entry } of await (await ledgers.of(first)).list()) {
      const to = `${sink}.${target}`;
      if (pipeline !== logLedger && !own.has(`${pipeline} ${to}`)) found.push({ pipeline, to, entry });
    }
  return found;
}

/** As JSON with exact numbers: the position of a source may hold any. */
function documents(found: readonly Listed[], output: 'json' | 'ndjson'): string {
  const lines = found.map(printListed);
  return output === 'json' ? `[\n${lines.join(',\n')}\n]\n` : lines.map((line) => `${line}\n`).join('');
}

function text({ pipeline, to, entry }: Listed): string {
  if (entry === undefined) return `${pipeline} has no checkpoint: its next run reads from the beginning\n`;
  const { checkpoint, run, batch, fence } = entry;
  const { cursor, position } = checkpoint;
  const seen = Object.keys(cursor?.seen ?? {}).length;
  return columns([
    ['pipeline', pipeline],
    ['target', to],
    [
      'cursor',
      cursor === undefined
        ? 'none: it reads from the beginning'
        : `${shortened(cursor.text, 200)} (${cursor.kind})`,
    ],
    ...(seen > 0 ? [['taken there', `${count(seen)} different records`]] : []),
    [
      'position',
      position === undefined
        ? 'none: the last read was complete'
        : shortened(
            [position.window, position.source && JSON.stringify(position.source)].filter(Boolean).join(' '),
            200,
          ),
    ],
    ['last commit', run === '' ? 'none' : `batch ${count(batch)} of run ${run}`],
    ['fence', String(fence)],
  ]);
}
