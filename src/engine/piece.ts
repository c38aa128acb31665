import type { ErrorCode } from '../model/codes.ts';
import { RowsRefused, SyncError } from '../model/errors.ts';
import type { Cell, Reject, Row, Scope, Seen, Target } from '../model/types.ts';
import type { MappedBatch } from '../transform/mapping.ts';

/** Rows of a batch that are committed together, with what each was made of. */
export interface Piece {
  readonly rows: readonly Row[];
  /** Of each row: its place in the batch that was mapped. */
  readonly places: readonly number[];
  readonly scopes?: readonly Scope[];
}

/** A batch in pieces: `each` may make many rows of one record, but a parent's rows stay together. */
export function toPieces({ rows, scopes }: MappedBatch, size: number): Piece[] {
  const whole = { rows, places: [...rows.keys()], scopes };
  if (scopes || rows.length <= size) return [whole];
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    cut(whole, index * size, (index + 1) * size),
  );
}

/** The places of its tombstones in a piece. */
export function tombstonesOf({ places }: Piece, { tombstones }: MappedBatch): readonly number[] {
  const deleted = new Set(tombstones);
  return places.flatMap((place, row) => (deleted.has(place) ? [row] : []));
}

/**
 * What rejects say of the source: their rows are there, whatever is wrong with them. Where rows have scopes, these know
 * the keys of theirs.
 */
export function seenIn(rejects: readonly Reject[], scopes?: readonly Scope[]): Seen {
  if (scopes) {
    const withhold = rejects.length > 0 && scopes.some((scope) => scope.withhold);
    return { keys: scopes.flatMap(({ seen }) => seen), withhold };
  }
  const keys = rejects.flatMap(({ key }) => (key ? [key] : []));
  return { keys, withhold: keys.length < rejects.length };
}

/** A piece without the rows a target refused, or its halves, where it is not known which rows these are. */
interface Refusal {
  /** The places of the refused rows in the batch. */
  readonly refused: readonly number[];
  readonly rejects: readonly Reject[];
  readonly rest: readonly Piece[];
}

/** What a target's refusal of a piece leaves to do; undefined where its rows cannot be told apart. */
export function refusalOf(
  error: unknown,
  piece: Piece,
  mapped: MappedBatch,
  target: Target,
  /** Whether a part of the rows may be committed without the others. */
  divisible: boolean,
): Refusal | undefined {
  if (!(error instanceof SyncError) || !aboutRows.has(error.code)) return undefined;
  const { rows } = piece;
  if (rows.length === 1 || error instanceof RowsRefused) {
    const named = error instanceof RowsRefused ? error.rows : [{ row: 0, reason: error.message }];
    const gone = new Set(named.map(({ row }) => row));
    const refused = named.map(({ row }) => piece.places[row] ?? 0);
    const rejects = named.map(({ row, field, reason }): Reject => {
      const place = piece.places[row] ?? 0;
      return { ...mapped.originOf(place), ...lateness(place, mapped, target), field, code, reason };
    });
    return gone.size === 0 ? undefined : { refused, rejects, rest: [without(piece, gone, target)] };
  }
  if (!divisible || rows.length < 2) return undefined;
  const half = Math.ceil(rows.length / 2);
  return {
    refused: [],
    rejects: [],
    rest: [cut(piece, 0, half, target), cut(piece, half, rows.length, target)],
  };
}

const code = 'row/constraint';

/** How a target refuses rows that may be named or not. */
const aboutRows: ReadonlySet<ErrorCode> = new Set(['sql/constraint', 'sql/value']);

/** What tells whether a later row stands in the place of a row that the target refused. */
function lateness(
  place: number,
  { rows, scopes }: MappedBatch,
  target: Target,
): Pick<Reject, 'key' | 'after'> {
  const scope = scopes?.findIndex(({ from, to }) => from <= place && place < to) ?? -1;
  if (scope >= 0) return { key: scopes?.[scope]?.parent, after: scope + 1 };
  const key = keyAt(rows[place] ?? [], target);
  return { key: key.length === 0 ? undefined : key, after: place + 1 };
}

export function keyAt(row: Row, { primary_key }: Pick<Target, 'primary_key'>): Cell[] {
  return primary_key.map((place) => row[place] ?? null);
}

/** Refused rows count as seen: what is there of them is not removed. */
function without({ rows, places, scopes }: Piece, gone: ReadonlySet<number>, target: Target): Piece {
  const isLeft = (_: unknown, row: number) => !gone.has(row);
  const left = { rows: rows.filter(isLeft), places: places.filter(isLeft) };
  if (!scopes) return left;
  const before = (end: number) => end - [...gone].filter((row) => row < end).length;
  return {
    ...left,
    scopes: scopes.map((scope) => {
      const refused = [...gone].filter((row) => scope.from <= row && row < scope.to);
      const seen = [...scope.seen, ...refused.map((row) => keyAt(rows[row] ?? [], target))];
      return { ...scope, from: before(scope.from), to: before(scope.to), seen };
    }),
  };
}

/** Some rows of a piece. Rows of the same parent in another piece count as seen. */
function cut({ rows, places, scopes }: Piece, from: number, to: number, target?: Target): Piece {
  const part = { rows: rows.slice(from, to), places: places.slice(from, to) };
  if (!scopes || !target) return part;
  const isIn = (row: number) => from <= row && (row < to || to === rows.length);
  const touched = scopes.filter((scope) =>
    scope.from === scope.to ? isIn(scope.from) : scope.from < to && from < scope.to,
  );
  return {
    ...part,
    scopes: touched.map((scope) => {
      const seen = [...scope.seen, ...rows.slice(scope.from, scope.to).map((row) => keyAt(row, target))];
      const inside = (end: number) => Math.min(Math.max(end, from), to) - from;
      return { ...scope, from: inside(scope.from), to: inside(scope.to), seen };
    }),
  };
}
