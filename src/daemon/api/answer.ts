import type { FastifyReply } from 'fastify';
import type { ErrorCode } from '../../model/codes.ts';
import { SyncError } from '../../model/errors.ts';

/** The errors a request may end with by its own fault, and their HTTP status. */
const statuses: { readonly [code in ErrorCode]?: number } = {
  'api/token': 401,
  'api/origin': 403,
  'api/route': 404,
  'api/request': 400,
  'usage/unknown_pipeline': 404,
  'usage/unknown_run': 404,
  'lease/held': 409,
  'daemon/stopping': 503,
};

/** Answers `{ error: { code, message, hint } }`; of what is not the request's fault no more than that it happened. */
export function answerError(reply: FastifyReply, error: unknown, failed: (error: unknown) => void): void {
  const { status, code, message, hint } = toAnswer(error);
  if (status === 500) failed(error);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(status).send({ error: { code, message, hint } });
}

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
