import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { SyncError } from '../../model/errors.ts';
import { answerError } from './answer.ts';
import type { Control } from './control.ts';
import { guard } from './guard.ts';
import { addRoutes } from './routes.ts';

export interface ApiOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly token: string;
  /** Called for what is nobody's mistake but ours. */
  readonly failed: (error: unknown) => void;
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
export function createApi(control: Control, { listen, token, failed }: ApiOptions): FastifyInstance {
  const letIn = ({ raw, headers }: FastifyRequest) => {
    const [path = ''] = (raw.url ?? '').split('?');
    guard({ path, headers }, { token, host: listen.host, port: portOf(app) });
  };
  const app = fastify({
    bodyLimit: 1_000_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    http: { headersTimeout: 10_000 },
    // Streams of events would never end by themselves.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1000 },
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
      hint: 'Try GET /api/v1/status, POST /api/v1/pipelines/NAME/run, GET /api/v1/runs/ID.',
    });
  });
  addRoutes(app, control);
  return app;
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
