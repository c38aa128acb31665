import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { ErrorCode } from '../../model/codes.ts';
import { SyncError } from '../../model/errors.ts';

/** The errors a request may end with by its own fault, and their HTTP status. */
const statuses: { readonly [code in ErrorCode]?: number } = {
  'api/token': 401,
  'api/origin': 403,
  'api/route': 404,
  'api/request': 400,
  'usage/invalid': 400,
  'usage/limited_replace': 400,
  'usage/no_cursor': 400,
  'usage/read_again': 400,
  'usage/unknown_partition': 400,
  'usage/unknown_pipeline': 404,
  'usage/unknown_run': 404,
  'undo/unknown': 404,
  'lease/held': 409,
  'undo/edited': 409,
  'undo/not_newest': 409,
  'usage/run_ended': 409,
  'api/key_reused': 422,
  'daemon/stopping': 503,
};

/** Answers `{ error: { code, message, hint } }`; of what is not the request's fault no more than that it happened. */
export function answerError(reply: FastifyReply, error: unknown, failed: (error: unknown) => void): void {
  const { status, code, message, hint } = toAnswer(error);
  if (status === 500) failed(error);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // A body that was not read yet is not read for nothing.
  if (reply.request.body === undefined && hasBody(reply)) reply.header('connection', 'close');
  reply.code(status).send({ error: { code, message, hint } });
}

function hasBody({ request: { headers } }: FastifyReply): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Answers what is not HTTP, or does not come to its end, and closes the connection. */
export function answerGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const status = garbage[error.code ?? ''] ?? 400;
  const message =
    status === 408 ? 'the request did not come to its end in time' : 'the request is not understood';
  const body = JSON.stringify({ error: { code: 'api/request' satisfies ErrorCode, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const garbage: { readonly [code: string]: number } = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

interface Answer {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

function toAnswer(error: unknown): Answer {
  const known = error instanceof SyncError ? statuses[error.code] : undefined;
  if (error instanceof SyncError && known !== undefined) {
    const { code, message, hint } = error;
    return { status: known, code, message, hint };
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (error instanceof Error && status >= 400 && status < 500) {
    const message = error.message.slice(0, 1).toLowerCase() + error.message.slice(1);
    return { status, code: 'api/request', message };
  }
  const code = error instanceof SyncError ? error.code : 'internal/bug';
  return { status: 500, code, message: 'the daemon could not do it', hint: 'Its own lines say why.' };
}
