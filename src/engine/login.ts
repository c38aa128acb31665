import type { Config } from '../config/config.ts';
import { didYouMean } from '../config/suggest.ts';
import type { AuthOptions } from '../http/auth.ts';
import { logInWithBrowser } from '../http/browser-login.ts';
import type { BrowserOptions } from '../http/oauth2.ts';
import { transportOf } from '../http/open.ts';
import { tokenName } from '../http/token-auth.ts';
import { SyncError } from '../model/errors.ts';
import { pluginStores } from '../state/plugin-store.ts';
import { pluginContext } from './plugin-context.ts';

export interface Watching {
  /** Shows a person the address to open in a browser. */
  show(url: string): void;
  readonly signal: AbortSignal;
}

export interface LoggedIn {
  /** `source NAME` or `sink NAME`. */
  readonly who: string;
  /** Whether runs can renew the token without a person. */
  readonly renewable: boolean;
}

/** So long a person may take, in milliseconds. */
const patience = 300_000;

/** Lets a person log in for the source or sink of that name. Throws `usage/invalid` where there is no such login. */
export async function logIn(config: Config, name: string, { show, signal }: Watching): Promise<LoggedIn> {
  const all = namedSo(config, name);
  const [found, other] = all.filter(({ auth }) => isBrowserLogin(auth));
  if (found === undefined) throw noBrowserLogin(all);
  if (other !== undefined) throw ambiguous(name);
  const { who, auth, options } = found;
  const stores = pluginStores(config.state, config.key);
  try {
    const context = pluginContext(config, who, stores, () => undefined, signal);
    // Sealed tokens that cannot be read are not replaced: the key may only be missing here.
    await context.store.read(tokenName);
    const client = transportOf(options, config.directory);
    const { renewable } = await logInWithBrowser(auth as BrowserOptions, {
      ...context,
      client,
      show,
      patience,
    });
    return { who, renewable };
  } finally {
    await stores.close();
  }
}

/** Forgets the tokens of the source and the sink of that name; returns whose they were. */
export async function forgetLogin(config: Config, name: string, signal: AbortSignal): Promise<string[]> {
  const all = namedSo(config, name);
  const stores = pluginStores(config.state, config.key);
  try {
    for (const { who } of all) {
      const store = stores.of(who, signal);
      await store.alone(tokenName, () => store.write(tokenName, undefined));
    }
  } finally {
    await stores.close();
  }
  return all.map(({ who }) => who);
}

type Transport = Parameters<typeof transportOf>[0];

interface Named {
  readonly who: string;
  readonly options: Transport;
  readonly auth: Partial<AuthOptions>;
}

/** A plugin that takes the options of the http client has its `auth` among them. */
function namedSo({ sources, sinks, file }: Config, name: string): Named[] {
  const found = [
    { who: `source ${name}`, config: sources.get(name) },
    { who: `sink ${name}`, config: sinks.get(name) },
  ];
  const all = found.flatMap(({ who, config }) => (config === undefined ? [] : [named(who, config.options)]));
  if (all.length > 0) return all;
  const known = [...new Set([...sources.keys(), ...sinks.keys()])];
  const near = didYouMean(name, known);
  throw new SyncError('usage/invalid', `there is no source or sink "${name}" in ${file}`, {
    hint: near ? `did you mean "${near}"?` : `There are: ${known.join(', ')}.`,
  });
}

function named(who: string, options: { readonly [name: string]: unknown }): Named {
  return { who, options: options as Transport, auth: (options.auth ?? {}) as Partial<AuthOptions> };
}

function isBrowserLogin(auth: Partial<AuthOptions>): boolean {
  return auth.type === 'oauth2' && 'grant' in auth && auth.grant === 'authorization_code';
}

function noBrowserLogin(all: readonly Named[]): SyncError {
  const names = all.map(({ who }) => who).join(' and ');
  return new SyncError('usage/invalid', `${names} has no login by browser`, {
    hint: 'Only `auth: { type: oauth2, grant: authorization_code, … }` has; others get their tokens by themselves.',
  });
}

function ambiguous(name: string): SyncError {
  return new SyncError('usage/invalid', `a source and a sink are called "${name}", and both have a login`, {
    hint: 'Give one of them another name.',
  });
}
