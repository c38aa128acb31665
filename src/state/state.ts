import type { EditMemory, Ledger } from '../plugin/contract.ts';
import { type Cancellations, cancellationsOf } from './cancellations.ts';
import { checkpointsOf } from './checkpoints.ts';
import { columnsIn, type SeenColumns } from './columns.ts';
import { editMemoryOf } from './edit-memory.ts';
import { openStateFile } from './file.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type History, historyOf, keepAlive } from './history.ts';
import { type Holder, type Lease, Leases, type LeaseTimes, leaseTimes } from './leases.ts';
import { type KeptLogs, logsIn } from './logs.ts';
import { migrate } from './migrations.ts';
import { type Notified, notifiedIn } from './notified.ts';
import { type Pauses, pausesIn } from './pauses.ts';
import { type Rejects, rejectsOf } from './rejects.ts';
import { type Requests, requestsIn } from './requests.ts';
import { type Retries, retriesOf } from './retries.ts';
import { type RunEvents, runEventsIn } from './run-events.ts';
import { type Schedules, schedulesOf } from './schedules.ts';
import { type KeptStatistics, statisticsOf } from './statistics.ts';
import { type PipelineStatus, statusOf } from './status.ts';

export type { HistoryFilter, KeptRun, ReadExtent, RunFilter } from './history.ts';
export type { Holder, Lease } from './leases.ts';
export type { Pauses } from './pauses.ts';
export type {
  KeptReject,
  NewReject,
  PartFilter,
  RejectedBatch,
  RejectFilter,
  WrittenKeys,
} from './rejects.ts';
export type { Request } from './requests.ts';
export type { RejectIds } from './retries.ts';
export { type Schedules, schedulerLease } from './schedules.ts';
export type { LastError } from './statistics.ts';
export type { EndedPipeline, PipelineStatus } from './status.ts';

/** What Syncline remembers: its runs, their leases, rejects and logs, and the checkpoints of sinks without a ledger. */
export interface State
  extends History,
    Cancellations,
    Rejects,
    Retries,
    Schedules,
    Pauses,
    Requests,
    RunEvents,
    KeptStatistics,
    KeptLogs,
    SeenColumns,
    Notified {
  /**
   * Asks for the right to run a pipeline. A lease that is free, expired, or whose holder has died is given, with a
   * fence greater than any before and than `atLeast`; else it is told who holds it.
   */
  acquire(pipeline: string, run: string, atLeast: number): Promise<Lease | Holder>;
  /** The ledger of a sink that has none of its own. */
  ledger(sink: string): Ledger;
  /** What was written to a sink that keeps no ledger. */
  editMemory(sink: string): EditMemory;
  /** How each pipeline stands that ever ran, by name. */
  status(): Promise<PipelineStatus[]>;
  /** Gives back the leases that are still held. */
  close(): Promise<void>;
}

/** Opens the state, makes it where there is none, and brings an older one to this version. */
export async function openState(file: string, times: LeaseTimes = leaseTimes): Promise<State> {
  const database = await openStateFile(file);
  try {
    await migrate(database, file);
  } catch (error) {
    await database.close();
    throw error;
  }
  const runs = new Set<string>();
  const leases = new Leases(database, times);
  const heartbeat = startHeartbeat(times.beat, async () => {
    await leases.renew();
    await keepAlive(database, runs);
  });
  return {
    ...historyOf(database, runs, times.expiry),
    ...cancellationsOf(database),
    ...rejectsOf(database),
    ...logsIn(database),
    ...retriesOf(database),
    ...schedulesOf(database),
    ...pausesIn(database),
    ...requestsIn(database),
    ...runEventsIn(database),
    ...statisticsOf(database),
    ...columnsIn(database),
    ...notifiedIn(database),
    acquire: (pipeline, run, atLeast) => leases.acquire(pipeline, run, atLeast),
    ledger: (sink) => checkpointsOf(database, sink),
    editMemory: (sink) => editMemoryOf(database, sink),
    status: () => statusOf(database),
    async close() {
      await heartbeat.stop();
      await leases.releaseAll().finally(() => database.close());
    },
  };
}
