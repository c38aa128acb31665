import { type Batch, type ReadRequest, SyncError, type Value } from 'syncline';
import type { Page } from './answer.ts';
import { type Answer, Asking, type Io } from './asking.ts';
import { detect, tellDetected } from './auto.ts';
import { Loops } from './loops.ts';
import { compileNext, firstStep, type Next, numberAt } from './next.ts';
import type { Pagination } from './pagination-options.ts';
import { type Found, type Place, positionLost, toPosition } from './position.ts';
import type { HttpStream } from './stream-options.ts';
import { tokenIn } from './sync-token.ts';

/**
 * Reads a stream page by page. While the records of one page are taken, the next is asked for: one ahead, never more.
 */
export async function* readPages(io: Io, request: ReadRequest<HttpStream>): AsyncGenerator<Batch> {
  const { signal } = request;
  const asking = new Asking(io, request);
  const walk = new Walk(io, request, asking);
  const start = walk.start();
  if (start.step === undefined) return yield walk.end(start);
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    let place = start;
    for (let asked = walk.ask(place, stop.signal); ; ) {
      const answer = await asked;
      const next = walk.pass(place, answer);
      if (next.step !== undefined) {
        asked = walk.ask(next, stop.signal);
        // Told of when it is awaited.
        asked.catch(() => undefined);
      }
      yield* walk.batches(place, answer, next);
      if (next.step === undefined) return;
      place = next;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    stop.abort(new Error('the read has ended'));
  }
}

/** Where the walk is after a page, and why it ended there. */
type After = Place & { readonly stopped?: string };

class Walk {
  readonly #io: Io;
  readonly #request: ReadRequest<HttpStream>;
  readonly #asking: Asking;
  #pagination: Pagination;
  #found: Found | undefined;
  #next: ReturnType<typeof compileNext>;
  #loops: Loops;

  constructor(io: Io, request: ReadRequest<HttpStream>, asking: Asking) {
    this.#io = io;
    this.#request = request;
    this.#asking = asking;
    this.#pagination = asking.pagination;
    this.#next = compileNext(this.#pagination);
    this.#loops = new Loops(asking.place, {});
  }

  /** Where the read begins: at the first page, or at the position it was given. */
  start(): Place {
    const { position } = this.#request;
    const place: Place =
      position === undefined
        ? { step: firstStep(this.#pagination), pages: 0, rows: 0 }
        : toPosition(position, this.#asking.identity);
    if (place.found !== undefined) this.#follow(place.found);
    if (place.step !== undefined) this.#loops = new Loops(this.#asking.place, place.step);
    return place;
  }

  ask({ step = {} }: Place, signal: AbortSignal): Promise<Answer> {
    return this.#asking.ask(step, this.#pagination, signal);
  }

  /** Where to go from a page. Throws where that is nowhere good: such a page is not taken. */
  pass(place: Place, { page, ended }: Answer): After {
    const pages = place.pages + 1;
    const rows = place.rows + page.records.length;
    const next: Next = ended === undefined ? this.#nextOf(place, page, rows) : { stopped: ended };
    this.#checkLimits(pages, rows, 'step' in next);
    if ('step' in next) {
      const step = this.#asking.tidy(next.step);
      this.#loops.follow(step);
      return { step, pages, rows, ...this.#foundSoFar() };
    }
    const { sync_token } = this.#asking.stream;
    const token = sync_token && tokenIn(page.scope.body, sync_token, this.#asking.place);
    return { pages, rows, stopped: next.stopped, ...(token !== undefined && { token }) };
  }

  /** The records of a page, in batches; each knows where to go on after it. Throws where the page was there before. */
  *batches(place: Place, { page, print: printed, detail }: Answer, next: After): Generator<Batch> {
    const { records, header, bytes } = page;
    const print = printed();
    if (print !== undefined) this.#loops.meet(print);
    const { taken = 0 } = place;
    if (taken > 0 && place.page !== print)
      throw positionLost(`a page of ${this.#asking.place} changed meanwhile`);
    const perRecord = bytes / Math.max(1, records.length);
    const limits = this.#request.batch;
    const most = Math.max(1, Math.min(limits.rows, Math.floor(limits.bytes / Math.max(1, perRecord))));
    for (let from = taken; from < records.length || from === taken; from += most) {
      const to = Math.min(from + most, records.length);
      const isLast = to === records.length;
      yield {
        records: records.slice(from, to),
        bytes: Math.round(perRecord * (to - from)),
        position: this.#position(isLast ? next : { ...place, taken: to, page: print }),
        header,
        progress: this.#progress(page, place.rows + to),
        detail,
        calls: this.#asking.calls.take(),
        ...(isLast && { token: next.token, stopped: next.stopped }),
      };
      if (isLast) return;
    }
  }

  /** What is given for a read that had come to its end. */
  end({ token }: Place): Batch {
    const position = this.#request.position;
    return {
      records: [],
      bytes: 0,
      position,
      token,
      calls: this.#asking.calls.take(),
      stopped: 'it was at its end',
    };
  }

  #nextOf(place: Place, page: Page, rows: number): Next {
    if (this.#pagination.type === 'auto') {
      const found = detect(page) as Found | undefined;
      this.#tell(found);
      if (found !== undefined) this.#follow(found);
    }
    return this.#next(page, { step: place.step ?? {}, rows });
  }

  #follow(found: Found): void {
    this.#found = found;
    this.#pagination = { ...this.#pagination, ...found };
    this.#next = compileNext(this.#pagination);
  }

  #foundSoFar(): { readonly found?: Found } {
    return this.#found === undefined ? {} : { found: this.#found };
  }

  #tell(found: Found | undefined): void {
    const { stream } = this.#request;
    if (this.#io.told.has(stream)) return;
    this.#io.told.add(stream);
    this.#io.logger.info(`stream ${stream}: ${tellDetected(found)}`);
  }

  #checkLimits(pages: number, rows: number, more: boolean): void {
    const { type, max_pages, max_rows } = this.#pagination;
    const cut = (name: string, most: number) =>
      new SyncError(
        'source/page_limit',
        `${this.#asking.place} reached \`${name}: ${most}\`, and more may follow`,
        {
          hint: 'Ask for less at once: a shorter window with `step`, or a stream for each part.',
        },
      );
    if (max_pages !== undefined && more && pages >= max_pages) throw cut('max_pages', max_pages);
    const isCut = max_rows !== undefined && rows >= max_rows && (more || rows > max_rows || type === 'none');
    if (isCut) throw cut('max_rows', max_rows);
  }

  #position({ step, pages, rows, found, taken, page, token }: Place): Value {
    const known = { step, pages, rows, found, taken, page, token, request: this.#asking.identity };
    return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as Value;
  }

  #progress(page: Page, done: number): Batch['progress'] {
    const { total: path } = this.#pagination;
    if (path === undefined || page.records.length === 0) return undefined;
    const total = numberAt(page, path);
    return total < done ? undefined : { done, total };
  }
}
