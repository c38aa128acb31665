/** The door `syncline/http`: one client for every plugin that asks a server. */

export {
  type Auth,
  type AuthOptions,
  type Credentials,
  createAuth,
  type FixedAuthOptions,
  openAuth,
} from './auth.ts';
export { authSchema } from './auth-schema.ts';
export type { RateLimit, Wait } from './budget.ts';
export { type Client, createClient } from './client.ts';
export { clientProperties } from './client-schema.ts';
export type { Clock } from './clock.ts';
export type { Headers, HttpRequest, HttpResponse, Params, Verdict } from './message.ts';
export { type ClientConfig, type OpenContext, openClient } from './open.ts';
export type { ClientContext, ClientOptions, Retry, Timeouts, Tried } from './options.ts';
export type { LoginContext, TokenStore } from './token-request.ts';
