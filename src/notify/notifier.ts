import type { Config } from '../config/config.ts';
import type { RunEvent } from '../engine/events.ts';
import type { Retry } from '../http/options.ts';
import type { State } from '../state/state.ts';
import { type Channel, openChannel } from './channel.ts';
import { Mailbox, type RunToTell, type Tell } from './mailbox.ts';
import { patience } from './post.ts';

/** Tells people how runs end: whoever runs pipelines feeds it their events. It never fails, and nobody waits for it. */
export interface Notifier {
  emit(event: RunEvent): void;
  /** Tells of runs whose process was found dead. */
  interrupted(runs: readonly string[]): void;
  /** Resolves when all is delivered, or after this time (10 s) at the latest; then it is told what was not. */
  close(milliseconds?: number): Promise<void>;
}

export interface NotifierOptions {
  /** Told of what could not be delivered, and of what commands said. */
  readonly tell: Tell;
  /** Of the commands. Default: that of the process. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** How often, and how long. For tests. */
  readonly retry?: Partial<Retry>;
}

/** How long what was given up may take to end, in milliseconds. */
const lastSteps = 1_000;

/** The notifier of a config. The state must stay open until it is closed. */
export function openNotifier(
  config: Pick<Config, 'notify' | 'secrets' | 'directory'>,
  state: State,
  { tell, environment = process.env, retry = patience }: NotifierOptions,
): Notifier {
  const stop = new AbortController();
  const { signal } = stop;
  const { redact } = config.secrets;
  const channels: Channel[] = [];
  const mailboxes = [...config.notify.values()].map((notification) => {
    const channel = openChannel(notification, config, { environment, retry, signal });
    channels.push(channel);
    return new Mailbox({ notification, channel, state, signal, redact, tell });
  });
  const about = new Map([...config.notify.values()].map((one) => [one.name, one.about]));
  // One after the other, so that runs are told in their order.
  let arrivals: Promise<unknown> | undefined;
  const arrive = (find: () => Promise<readonly RunToTell[]>) => {
    if (mailboxes.length === 0) return;
    arrivals = (arrivals ?? state.keepNotified(about))
      .then(find)
      .then((runs) => {
        for (const run of runs) for (const mailbox of mailboxes) mailbox.add(run);
      })
      .catch((error: unknown) => tell('warn', redact(`notifications could not be told: ${error}`)));
  };
  const interrupted = (runs: readonly string[]) =>
    arrive(async () => (await Promise.all(runs.map(state.run))).flatMap((run) => run ?? []));
  return {
    emit(event) {
      if (event.type === 'run_started' && event.interrupted) interrupted(event.interrupted);
      if (event.type === 'run_finished') arrive(async () => [event.result]);
    },
    interrupted,
    async close(milliseconds = 10_000) {
      const done = Promise.resolve(arrivals).then(() => Promise.all(mailboxes.map((one) => one.idle())));
      const timer = setTimeout(() => stop.abort(), milliseconds);
      await Promise.race([done, after(milliseconds + lastSteps)]);
      clearTimeout(timer);
      await Promise.all(channels.map((channel) => channel.close()));
    },
  };
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
