import type { NotificationConfig } from '../config/notify.ts';
import { SyncError } from '../model/errors.ts';
import type { Redact } from '../model/redact.ts';
import type { PipelineResult } from '../model/result.ts';
import type { State } from '../state/state.ts';
import { changesOf } from './changes.ts';
import type { Channel } from './channel.ts';
import type { EndedRun } from './message.ts';

/** A run with what became of its pipelines. */
export type RunToTell = EndedRun & { readonly pipelines: { readonly [name: string]: PipelineResult | null } };

export type Tell = (level: 'info' | 'warn', message: string) => void;

export interface MailboxOptions {
  readonly notification: NotificationConfig;
  readonly channel: Channel;
  readonly state: Pick<State, 'notified' | 'markNotified'>;
  /** Aborted when there is no time left. */
  readonly signal: AbortSignal;
  readonly redact: Redact;
  readonly tell: Tell;
}

/** So many runs wait for a receiver that is slow or away; of more, the oldest are given up. */
const mostWaiting = 20;

/** What is to be told to one receiver: one run after the other, while others go on. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #waiting: RunToTell[] = [];
  #working: Promise<void> | undefined;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  add(run: RunToTell): void {
    this.#waiting.push(run);
    const [oldest] = this.#waiting.length > mostWaiting ? this.#waiting.splice(0, 1) : [];
    if (oldest !== undefined) this.#tellLost(oldest, `${mostWaiting} later runs wait too`);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let run = this.#waiting.shift(); run !== undefined; run = this.#waiting.shift())
      await this.#deliver(run).catch((error: unknown) => this.#tellLost(run, reasonOf(error)));
    this.#working = undefined;
  }

  /** What arrived is remembered after it did: what did not is told with the next run, if it is still so. */
  async #deliver(run: RunToTell): Promise<void> {
    const { notification, channel, state, signal } = this.#options;
    const { name } = notification;
    const { told, standings, silent } = changesOf(notification, run.pipelines, await state.notified(name));
    await state.markNotified(name, silent);
    if (told.length === 0) return;
    if (signal.aborted) return this.#tellLost(run, noTime);
    try {
      const said = await channel.send(run, told);
      if (said) this.#say('info', `notification "${name}" said: ${said}`);
    } catch (error) {
      return this.#tellLost(run, signal.aborted ? noTime : reasonOf(error));
    }
    await state.markNotified(name, standings);
  }

  #tellLost({ runId }: RunToTell, why: string): void {
    const { name } = this.#options.notification;
    this.#say('warn', `notification "${name}" of run ${runId} was not delivered: ${why}`);
  }

  #say(level: 'info' | 'warn', message: string): void {
    this.#options.tell(level, this.#options.redact(message));
  }
}

const noTime = 'there was no time left';

function reasonOf(error: unknown): string {
  if (error instanceof SyncError)
    return `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`;
  return error instanceof Error ? error.message : String(error);
}
