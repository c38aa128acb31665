import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Emit } from '../../engine/events.ts';
import { type Plan, type PlanOptions, plan } from '../../engine/plan.ts';
import { openPlan, type SavedPlan } from '../../engine/saved-plan.ts';
import { selectPipelines } from '../../engine/select.ts';
import { SyncError } from '../../model/errors.ts';
import type { Planned } from '../../tui/world.ts';

/** So many changes are told one by one. */
const most = 1000;

/** The plan that was made last, kept in a file of its own so that exactly it can be run. */
export class Plans {
  readonly #config: Config;
  readonly #options: Pick<PlanOptions, 'allow_again' | 'report_bug'>;
  #folder: string | undefined;
  #made = 0;
  /** The file of the last plan, or why there is none. */
  #last: string | SyncError = none();

  constructor(config: Config, options: Pick<PlanOptions, 'allow_again' | 'report_bug'>) {
    this.#config = config;
    this.#options = options;
  }

  async make(names: readonly string[], signal: AbortSignal): Promise<Planned> {
    await this.#drop();
    this.#folder ??= await mkdtemp(join(tmpdir(), 'syncline-plan-'));
    this.#made += 1;
    const out = join(this.#folder, `${this.#made}.plan`);
    const notes: NonNullable<Planned['notes']>[number][] = [];
    const emit: Emit = (event) => {
      if (event.type !== 'notice' || event.level !== 'warn') return;
      notes.push({ pipeline: event.pipeline, text: event.message });
    };
    const pipelines = selectPipelines(this.#config, names, []);
    const options = { ...this.#options, pipelines, signal, emit, limit: most };
    const saved = await plan(this.#config, { ...options, out });
    signal.throwIfAborted();
    this.#last = saved.unsaved ?? out;
    if (!isUnsavable(saved)) return told(saved, notes);
    // What a sink cannot keep for later can be looked at all the same.
    notes.splice(0);
    const looked = await plan(this.#config, options);
    signal.throwIfAborted();
    return told({ ...looked, unsaved: saved.unsaved }, notes);
  }

  /** The last plan, to be run: once. Throws why it cannot be. */
  async take(): Promise<SavedPlan> {
    const last = this.#last;
    if (typeof last !== 'string') throw last;
    const saved = await openPlan(last, this.#config);
    this.#last = none();
    return saved;
  }

  /** One that was run is needed no more. */
  async forget({ file }: SavedPlan): Promise<void> {
    await rm(file, { force: true });
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #drop(): Promise<void> {
    const last = this.#last;
    this.#last = none();
    if (typeof last === 'string') await rm(last, { force: true });
  }
}

/** What is shown of a plan, with what was warned of while it was made. */
function told({ result, changes, unsaved }: Plan, warned: NonNullable<Planned['notes']>): Planned {
  const all = [...changes].flatMap(([pipeline, { changes }]) =>
    changes.map((change) => ({ pipeline, change })),
  );
  const notes = [...changes].flatMap(([pipeline, { exact, schema_changes }]) => {
    const unknown = exact ? [] : ['what is there is not known: every row would be written'];
    return [...unknown, ...schema_changes].map((text) => ({ pipeline, text }));
  });
  return {
    result,
    changes: all.slice(0, most),
    whole: all.length <= most && [...changes.values()].every(({ more }) => more === 0),
    notes: [...notes, ...warned],
    unsaved: unsaved?.message,
  };
}

/** Whether a pipeline was not even planned, because its plan could not be saved. */
function isUnsavable({ result }: Plan): boolean {
  return Object.values(result.pipelines).some(({ error }) => error?.code === 'plan/sink');
}

function none(): SyncError {
  return new SyncError('plan/moved', 'there is no plan that was not run yet', {
    hint: 'Make a new one, and look at it.',
  });
}
