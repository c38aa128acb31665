/** What a plugin is given of the world, and what it can say of it. */

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

export interface PluginContext {
  /** What the source or sink is called in the config. */
  readonly name: string;
  readonly logger: Logger;
  /** The folder of the config file: relative paths in options start here. */
  readonly directory: string;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
  /** Texts of the config that no message may show. What is told through this contract is rid of them anyway. */
  readonly secrets: readonly string[];
  /** Tells texts that came up at work and that nothing may show either, such as tokens. */
  hide(secrets: readonly string[]): void;
  /** Told before waiting for somebody else, such as a server that asked for patience: the wait is shown while it lasts. */
  onWait(wait: Wait): void;
  /** What this source or sink keeps for itself between runs, such as tokens. */
  readonly store: PluginStore;
}

export interface Wait {
  /** Why: `told` by the server, by our own `budget` of requests, or `backoff` after a failure. */
  readonly reason: 'told' | 'budget' | 'backoff';
  /** ISO 8601, UTC. */
  readonly until: string;
  readonly ms: number;
}

/** Kept in the state under the name that the source or sink has in the config; only its owner can read it. */
export interface PluginStore {
  read(key: string): Promise<string | undefined>;
  /** Durable when it resolves; undefined removes. */
  write(key: string, value: string | undefined): Promise<void>;
  /** Acts while no other process and nobody else in this one does the same for this key. */
  alone<Result>(key: string, act: () => Promise<Result>): Promise<Result>;
}

/** What a source or sink found when it was asked to look whether it would work. */
export interface Checked {
  /** One line for people: who is logged in, what was found. Without secrets. */
  readonly detail: string;
  /** How long one answer took, in milliseconds. */
  readonly latency_ms?: number;
  /** How far the other's clock is ahead of ours, in milliseconds, where it told the time. */
  readonly clock_skew_ms?: number;
}

export interface CountOptions {
  /** The column that marks deleted rows: null in a living one. Where the target lacks it, no row is marked. */
  readonly deleted_at?: string;
  readonly signal: AbortSignal;
}

export interface RowsCounted {
  /** Marked ones too. */
  readonly total: number;
  /** Those that are marked as deleted. */
  readonly deleted: number;
}
