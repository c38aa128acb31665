/** How a stream is read in parts: what is new since the read before, by a field that grows. */
export interface Incremental {
  /** The path of the cursor field in the record. */
  readonly cursor_field: string;
  /** Inclusive: a value of the field, or an offset such as `-90d`, counted from the start of the run. */
  readonly initial?: string;
  /** How much is read again: milliseconds, or units where the field holds numbers. */
  readonly lookback?: number;
  readonly order: 'ascending' | 'none';
  readonly on_missing: 'error' | 'include' | 'exclude';
  /** A long range is read in windows of so many milliseconds. */
  readonly step?: number;
}
