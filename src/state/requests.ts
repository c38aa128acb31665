import type { Database, Statement } from '../sql/index.ts';

/** A request for a run that is made once, however often it arrives. */
export interface Request {
  /** Chosen by whoever asks. */
  readonly key: string;
  /** What was asked: two requests are the same when it is. */
  readonly text: string;
}

/** What is remembered of requests that started a run. */
export interface Requests {
  /** What was asked under a key in the last 24 hours, and the run that it started. */
  requested(key: string): Promise<{ readonly text: string; readonly runId: string } | undefined>;
}

/** So long a key is known, in milliseconds. */
const remembered = 86_400_000;

export function requestsIn(database: Database): Requests {
  return {
    async requested(key) {
      const sql = 'SELECT request, run_id FROM requests WHERE key = ? AND at > ?';
      const [row] = await database.all(sql, [key, Date.now() - remembered]);
      return row && { text: String(row[0]), runId: String(row[1]) };
    },
  };
}

/** What remembers a request, and forgets old ones. It fails where its key is taken. */
export function remember({ key, text }: Request, run: string, now: number): Statement[] {
  return [
    { sql: 'DELETE FROM requests WHERE at <= ?', rows: [[now - remembered]] },
    {
      sql: 'INSERT INTO requests (key, request, run_id, at) VALUES (?, ?, ?, ?)',
      rows: [[key, text, run, now]],
    },
  ];
}
