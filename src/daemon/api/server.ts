import {
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchemaValidationError,
  fastify,
} from 'fastify';
import { SyncError } from '../../model/errors.ts';
import { answerError, answerGarbage } from './answer.ts';
import type { Control } from './control.ts';
import { guard } from './guard.ts';
import { addRoutes } from './routes.ts';

export interface ApiOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly token: string;
  /** Called for what is nobody's mistake but ours. */
  readonly failed: (error: unknown) => void;
  /** So long the headers of a request may take to arrive, in milliseconds. */
  readonly headers_timeout?: number;
}

export interface Api {
  /** `http://127.0.0.1:7433` */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Listens, or throws `daemon/listen`. */
export async function openApi(control: Control, options: ApiOptions): Promise<Api> {
  const app = createApi(control, options);
  const { host, port } = options.listen;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('daemon/listen', `the API cannot listen on ${host}:${port}: ${reason}`, {
      hint: 'Does another daemon run? Else choose another address: `daemon.listen`.',
      cause,
    });
  }
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shown}:${portOf(app)}`, close: () => app.close() };
}

/** The API, before it listens. */
export function createApi(control: Control, options: ApiOptions): FastifyInstance {
  const { listen, token, failed, headers_timeout = 10_000 } = options;
  const letIn = ({ raw, headers }: FastifyRequest) => {
    const [path = ''] = (raw.url ?? '').split('?');
    guard(
      { path, headers, hosts: raw.headersDistinct.host ?? [] },
      { token, host: listen.host, port: portOf(app) },
    );
  };
  const app = fastify({
    bodyLimit: 1_000_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    // Node looks for those that take too long only now and then.
    http: { headersTimeout: headers_timeout, connectionsCheckingInterval: headers_timeout / 2 },
    // Streams of events would never end by themselves.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1000 },
    exposeHeadRoutes: false,
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, strict: true, allowUnionTypes: true },
    },
    schemaErrorFormatter: ([error], part) => refusal(error, part),
    clientErrorHandler: answerGarbage,
    // An address that cannot be read reaches no hook.
    frameworkErrors: (error, request, reply) => {
      try {
        letIn(request);
        answerError(reply, error, failed);
      } catch (refusal) {
        answerError(reply, refusal, failed);
      }
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addHook('onRequest', async (request) => letIn(request));
  app.setErrorHandler((error, _, reply) => answerError(reply, error, failed));
  app.setNotFoundHandler(() => {
    throw new SyncError('api/route', 'there is no such route', {
      hint: 'GET /api/v1/openapi.json lists them.',
    });
  });
  addRoutes(app, control);
  return app;
}

/** What a schema refuses: which key it is, and what it should be. */
function refusal(error: FastifySchemaValidationError | undefined, part: string): SyncError {
  const { instancePath = '', keyword, params = {}, message = 'is not understood' } = error ?? {};
  const place = `${part.replace('querystring', 'query')}${instancePath.replaceAll('/', '.')}`;
  const known = keyword === 'enum' ? `: ${[params.allowedValues].flat().join(', ')}` : '';
  const what =
    keyword === 'additionalProperties'
      ? `${place} has an unknown key "${params.additionalProperty}"`
      : `${place} ${message}${known}`;
  return new SyncError('api/request', what, {
    hint: 'GET /api/v1/openapi.json tells what each route takes.',
  });
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
