/**
 * What the fakes of real APIs share: a server on a real socket that knows its routes, checks what it is asked against
 * them, remembers who asked, and fails where a test wants it to. What it answers comes from data that the test holds.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseBody, parseQuery, wrongParameter } from './asked.ts';
import { listen } from './listen.ts';
import type { Parameters } from './parameters.ts';

/** A request as it came. */
export interface Asked {
  /** On the clock of the fake. */
  readonly at: number;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** As the fake declares it, such as `GET /campaigns`; empty where there is none. */
  readonly route: string;
  /** What stood in the places of the route, such as `{id}`, as it came. */
  readonly places: readonly string[];
  readonly query: { readonly [name: string]: string };
  /** The same before it is decoded. */
  readonly raw: { readonly [name: string]: string };
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What the body says, where the route takes JSON or a form. */
  readonly fields: { readonly [name: string]: unknown };
  /** Of the answer once it is sent whole; absent before, and where it hung or was cut. */
  readonly status?: number;
}

export interface Answer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  /** Any JSON value. */
  readonly body: unknown;
}

export interface Route {
  readonly query?: Parameters;
  /** The fields of the JSON object, or of the form, that is the body. */
  readonly json?: Parameters;
  readonly form?: Parameters;
  readonly answer: (asked: Asked) => Answer;
}

/** Thrown by a route: a refusal in the words of the API. */
export class Refused extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('refused');
    this.answer = answer;
  }
}

export interface FakeDefinition {
  /** In front of each path; default: nothing. */
  readonly base?: string;
  /** By method and path: `GET /accounts/{id}`. */
  readonly routes: { readonly [route: string]: Route };
  /** Refuses those who may not ask at all. */
  readonly admit: (asked: Asked) => void;
  /** How the API says that there is no such route, or that it failed in that way. */
  readonly failure: (status: number, asked: Asked) => Answer;
  /** How it says that a parameter is unknown, missing or wrong. */
  readonly wrong: (where: 'query' | 'body', name: string, problem: string) => Answer;
}

/** A request that goes wrong; `test/kit/mishaps.ts` has more that fit. */
export type Fault = (exchange: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers what was asked, as if nothing were wrong. */
  readonly answer: () => Answer;
  readonly failure: (status: number) => Answer;
  readonly send: (answer: Answer) => void;
}) => void;

export interface FakeApi {
  /** Where the API begins, without a slash at the end. */
  readonly url: string;
  /** Every request, in the order they came. */
  readonly log: readonly Asked[];
  /** Those for one route. */
  asked(route: string): readonly Asked[];
  /** The next requests for a route go wrong: after so many that go well, so often (default: for ever). */
  fail(route: string, fault: Fault, options?: { readonly after?: number; readonly times?: number }): void;
  /** Nothing goes wrong any more. */
  mend(): void;
  /** Does something when the nth request from now comes in for a route; the answer waits for it. */
  before(route: string, act: (asked: Asked) => unknown, nth?: number): void;
}

/** Goes wrong with that status, in the words of the API. */
export function failing(status: number, headers: { readonly [name: string]: string } = {}): Fault {
  return ({ send, failure }) => {
    const answer = failure(status);
    send({ ...answer, headers: { ...answer.headers, ...headers } });
  };
}

/** 429, and the seconds to wait. */
export function limited(seconds: number): Fault {
  return failing(429, { 'retry-after': String(seconds) });
}

/** Answers what was asked, but the connection ends halfway. */
export const cut: Fault = ({ response, answer }) => {
  const whole = JSON.stringify(answer().body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
  response.write(whole.slice(0, whole.length / 2), () => response.destroy());
};

/** What is not known before the answer is sent. */
type OpenAsked = Omit<Asked, 'status'> & { status?: number };

interface Waiting {
  readonly route: string;
  readonly act: (asked: Asked) => unknown;
  left: number;
}

interface Disturbance {
  readonly route: string;
  readonly fault: Fault;
  after: number;
  times: number;
}

/** What came, and what a test wants to happen when more comes. */
interface Stage {
  readonly log: OpenAsked[];
  waiting: Waiting[];
  disturbances: Disturbance[];
}

/** Starts a server that stops when the test ends. */
export async function startFake(definition: FakeDefinition, now: () => number = Date.now): Promise<FakeApi> {
  const { base = '', routes } = definition;
  const stage: Stage = { log: [], waiting: [], disturbances: [] };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await readRequest(request, base, routes, now());
    stage.log.push(asked);
    response.on('finish', () => {
      asked.status = response.statusCode;
    });
    await respond(definition, stage, asked, request, response);
  };
  const server = createServer(
    (request, response) =>
      // What the fake itself got wrong must not look like a fault of the API.
      void handle(request, response).catch((error: Error) =>
        write(response, { status: 599, body: { fake: error.stack } }),
      ),
  );
  const known = (route: string) => {
    if (routes[route] === undefined) throw new Error(`there is no route ${route}`);
    return route;
  };
  return {
    url: `http://${await listen(server)}${base}`,
    log: stage.log,
    asked(route) {
      const name = known(route);
      return stage.log.filter((asked) => asked.route === name);
    },
    fail(route, fault, { after = 0, times = Number.POSITIVE_INFINITY } = {}) {
      stage.disturbances.push({ route: known(route), fault, after, times });
    },
    mend() {
      stage.disturbances = [];
    },
    before(route, act, nth = 1) {
      stage.waiting.push({ route: known(route), act, left: nth });
    },
  };
}

async function respond(
  definition: FakeDefinition,
  stage: Stage,
  asked: Asked,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const due = stage.waiting.filter((wait) => wait.route === asked.route && --wait.left === 0);
  stage.waiting = stage.waiting.filter(({ left }) => left > 0);
  for (const { act } of due) await act(asked);
  const send = (answer: Answer) => write(response, answer);
  const failure = (status: number) => definition.failure(status, asked);
  const answer = () => answerOf(definition, asked);
  const fault = faultFor(stage.disturbances, asked.route);
  if (fault === undefined) send(answer());
  else fault({ request, response, answer, failure, send });
}

async function readRequest(
  request: IncomingMessage,
  base: string,
  routes: FakeDefinition['routes'],
  at: number,
): Promise<OpenAsked> {
  const { method = '', url = '', headers } = request;
  const [path = '', search = ''] = url.split('?');
  const found = path.startsWith(`${base}/`) ? findRoute(routes, method, path.slice(base.length)) : undefined;
  const body = await text(request);
  const fields = parseBody(body, headers['content-type']);
  const { query, raw } = parseQuery(search);
  return { at, method, url, route: '', places: [], ...found, query, raw, headers, body, fields };
}

function findRoute(routes: FakeDefinition['routes'], method: string, path: string) {
  for (const route of Object.keys(routes)) {
    const pattern = route.replaceAll(/\{\w+\}/g, '([^/]+)');
    const match = new RegExp(`^${pattern}$`).exec(`${method} ${path}`);
    if (match !== null) return { route, places: match.slice(1) };
  }
  return undefined;
}

function faultFor(disturbances: readonly Disturbance[], route: string): Fault | undefined {
  const disturbance = disturbances.find((one) => one.route === route && one.times > 0);
  if (disturbance === undefined) return undefined;
  disturbance.after -= 1;
  if (disturbance.after >= 0) return undefined;
  disturbance.times -= 1;
  return disturbance.fault;
}

function answerOf(definition: FakeDefinition, asked: Asked): Answer {
  try {
    definition.admit(asked);
    const route = definition.routes[asked.route];
    if (route === undefined) return definition.failure(404, asked);
    const wrong = wrongParameter(route, asked);
    if (wrong !== undefined) return definition.wrong(wrong.where, wrong.name, wrong.problem);
    return route.answer(asked);
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

function write(response: ServerResponse, { status = 200, headers, body }: Answer): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
