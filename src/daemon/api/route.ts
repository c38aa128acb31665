import type { FastifyInstance, FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify';

/** A JSON Schema. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

export interface Answer {
  readonly description: string;
  /** Of its JSON; undefined where there is no body, or another `content`. */
  readonly schema?: Schema;
  /** A media type that is not JSON. */
  readonly content?: string;
  readonly headers?: { readonly [name: string]: Schema };
}

/** A route with all that is said of it: the same schemas refuse what it does not take, and tell what it does. */
interface Route<Asked extends RouteGenericInterface = RouteGenericInterface> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `:name` where something is named. */
  readonly url: string;
  readonly summary: string;
  readonly description?: string;
  /** By name; no other is taken. */
  readonly query?: { readonly [name: string]: Schema };
  /** By name, in small letters. */
  readonly headers?: { readonly [name: string]: Schema };
  /** Of a JSON object; without a body it is taken as an empty one. */
  readonly body?: Schema;
  readonly answers: { readonly [status: number]: Answer };
  /** By HTTP status: what is wrong with the request, besides what every route refuses. */
  readonly errors?: { readonly [status: number]: string };
  /** Answered without a token, and whatever the query. */
  readonly open?: boolean;
  /** There is no HEAD beside GET. */
  readonly headless?: boolean;
  handler(request: FastifyRequest<Asked>, reply: FastifyReply): unknown;
}

/** What is told of a route. */
export type DescribedRoute = Omit<Route, 'handler'>;

export type AddRoute = <Asked extends RouteGenericInterface>(route: Route<Asked>) => void;

/** Adds routes to a server; `routes` are those it has. */
export function routesOf(app: FastifyInstance): {
  readonly add: AddRoute;
  readonly routes: DescribedRoute[];
} {
  const routes: DescribedRoute[] = [];
  const add: AddRoute = ({ handler, ...route }) => {
    const { method, url, query, headers, body, open, headless } = route;
    app.route({
      method,
      url,
      exposeHeadRoute: method === 'GET' && !headless,
      schema: {
        params: closed(namedIn(url)),
        ...(!open && { querystring: closed(query ?? {}) }),
        ...(headers && { headers: { type: 'object', properties: headers } }),
        ...(body && { body }),
      },
      preValidation: async (request) => {
        request.query = typed(request.query, query ?? {});
        if (body && request.body === undefined) request.body = {};
      },
      // What was asked is as the schemas say by then.
      handler: (request, reply) => handler(request as Parameters<typeof handler>[0], reply),
    });
    routes.push(route);
  };
  return { add, routes };
}

const named: { readonly [name: string]: Schema } = {
  name: { type: 'string', description: 'A pipeline of the config.' },
  id: { type: 'string', pattern: '^[0-9A-Za-z]{1,64}$', description: 'The id of a run.' },
};

/** What is named in the path of a route. */
export function namedIn(url: string): { readonly [name: string]: Schema } {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, named[name] ?? {}]));
}

/** An object that has these properties and no others. */
export function closed(
  properties: { readonly [name: string]: Schema },
  required: readonly string[] = [],
): Schema {
  return { type: 'object', additionalProperties: false, required, properties };
}

/** In an address all is text: what its schema takes as a number or a boolean becomes one where it can. */
function typed(query: unknown, schemas: { readonly [name: string]: Schema }): unknown {
  const entries = Object.entries(query as { readonly [name: string]: unknown });
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const type = Object.hasOwn(schemas, name) ? schemas[name]?.type : undefined;
      if (type === 'integer' && typeof value === 'string' && /^[0-9]{1,15}$/.test(value))
        return [name, Number(value)];
      if (type === 'boolean' && (value === 'true' || value === 'false')) return [name, value === 'true'];
      return [name, value];
    }),
  );
}
