/** One thing that was looked at. */
export interface Finding {
  /** `bad`: it keeps Syncline from working. `warning`: it works, and somebody should know. */
  readonly status: 'good' | 'warning' | 'bad';
  /** What it is: `node`, `state`, `lease of contacts`. */
  readonly subject: string;
  /** What was found, in one line. */
  readonly found: string;
  /** What to do about it. */
  readonly next?: string;
}

export function good(subject: string, found: string): Finding {
  return { status: 'good', subject, found };
}

export function warning(subject: string, found: string, next: string): Finding {
  return { status: 'warning', subject, found, next };
}

export function bad(subject: string, found: string, next: string | undefined): Finding {
  return { status: 'bad', subject, found, next };
}
