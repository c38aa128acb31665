import { type DaemonClient, isPassing, openClient } from '../daemon/client.ts';
import { SyncError } from '../model/errors.ts';
import type { KeptRun } from '../state/state.ts';
import type { Ability, World } from '../tui/world.ts';
import { undoneText } from './undo.ts';

/** The address is one that `daemonAddress` gave. */
export interface RemoteOptions {
  readonly url: string;
  readonly token: string;
}

const day = 86_400_000;
/** The most runs a daemon tells at once. */
const mostRuns = 1_000;
/** What no change of status tells of, such as a history that was cleared, is seen after so long. Milliseconds. */
const runsLast = 30_000;

/** What has to be typed where the config is. */
const elsewhere: { readonly [ability in Exclude<Ability, 'schedule'>]: string } = {
  changes: 'syncline diff RUN',
  plan: 'syncline plan',
  rejects: 'syncline rejects list',
  logs: 'syncline logs -f',
  why: 'syncline why PIPELINE KEY',
};

/** What a daemon tells and does over its API, which has no rows. */
export function remoteWorld(options: RemoteOptions): World {
  const client = openClient(options);
  const absent = (ability: keyof typeof elsewhere): never => {
    throw new SyncError('usage/elsewhere', `the daemon at ${options.url} tells no ${absentWords[ability]}`, {
      hint: `Type \`${elsewhere[ability]}\` where its config is.`,
    });
  };
  const recent = recentRuns(client);
  const look: World['look'] = async (signal) => {
    const { scheduler, totals, pipelines } = await client.status(signal);
    const standing = pipelines.map(({ lastRun, running }) => [lastRun, running?.runId]);
    return { scheduler, totals, pipelines, recent: await recent.of(JSON.stringify(standing), signal) };
  };
  return {
    name: options.url.replace(/^https?:\/\//, ''),
    cannot: (ability) =>
      ability === 'schedule'
        ? undefined
        : `the daemon does not tell it: ${elsewhere[ability]} where its config is`,
    look: sayingSince(look),
    runs: (filter, signal) => client.runs({ ...filter, limit: Math.min(filter.limit, mostRuns) }, signal),
    follow: client.follow,
    start: client.start,
    pause: client.pause,
    resume: client.resume,
    cancel: client.cancel,
    async undo(run, undoing) {
      recent.forget();
      return undoneText(run, await client.undo(run, undoing), undoing.force);
    },
    changes: () => absent('changes'),
    plan: async () => absent('plan'),
    startPlan: async () => absent('plan'),
    rejects: async () => absent('rejects'),
    retry: async () => absent('rejects'),
    drop: async () => absent('rejects'),
    logs: () => absent('logs'),
    why: async () => absent('why'),
    close: async () => client.close(),
  };
}

const absentWords: { readonly [ability in keyof typeof elsewhere]: string } = {
  changes: 'changes of rows',
  plan: 'plans',
  rejects: 'rejects',
  logs: 'logs',
  why: 'rows',
};

/** The runs of the last 24 hours, which are asked for anew only when something has changed. */
function recentRuns(client: DaemonClient) {
  let known:
    | { readonly standing: string; readonly at: number; readonly runs: readonly KeptRun[] }
    | undefined;
  return {
    async of(standing: string, signal: AbortSignal): Promise<readonly KeptRun[]> {
      const now = Date.now();
      if (known?.standing !== standing || now - known.at >= runsLast) {
        const runs = await client.runs({ limit: mostRuns }, signal);
        known = { standing, at: now, runs };
      }
      return known.runs.filter(({ startedAt }) => Date.parse(startedAt) >= now - day);
    },
    forget() {
      known = undefined;
    },
  };
}

/** A look that fails because the daemon is away says since when it is. */
function sayingSince(look: World['look']): World['look'] {
  let away: Date | undefined;
  return async (signal) => {
    try {
      const looked = await look(signal);
      away = undefined;
      return looked;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      away ??= new Date();
      const { code, message, hint } = error;
      const since = away.toISOString().slice(11, 19);
      throw new SyncError(code, `reconnecting since ${since} UTC: ${message}`, { hint, cause: error });
    }
  };
}
