import { printDuration } from '../model/duration.ts';
import { type Fields, toFields } from './defaults.ts';
import type { ConfigPath } from './document.ts';
import { resolveDuration } from './durations.ts';
import type { Findings } from './findings.ts';
import { matchesGlob } from './glob.ts';
import type { Occasion } from './notify-schema.ts';
import { unknownName } from './references.ts';

interface Told {
  readonly name: string;
  readonly on: readonly Occasion[];
  /** As they are written; undefined: all. */
  readonly pipelines?: readonly string[];
  /** The pipelines it tells of. */
  readonly about: ReadonlySet<string>;
  /** How long one try may take, in milliseconds. */
  readonly timeout: number;
}

interface WebhookConfig extends Told {
  readonly type: 'webhook';
  readonly url: string;
  readonly headers?: { readonly [name: string]: string };
  /** `whsec_` and the key in base64. */
  readonly secret?: string;
}

interface SlackConfig extends Told {
  readonly type: 'slack';
  readonly url: string;
}

interface CommandConfig extends Told {
  readonly type: 'command';
  /** A program and its arguments. */
  readonly run: readonly string[];
}

/** Who is told how runs end. */
export type NotificationConfig = WebhookConfig | SlackConfig | CommandConfig;

/** The notifications of a config whose schema was checked; what is wrong is told, and left out. */
export function resolveNotify(
  entries: ReadonlyMap<string, Fields>,
  pipelines: ReadonlyMap<string, unknown>,
  findings: Findings,
): ReadonlyMap<string, NotificationConfig> {
  const resolved = [...entries].flatMap(([name, fields]): (readonly [string, NotificationConfig])[] => {
    const path = ['notify', name];
    if (findings.touches(path)) return [];
    const timeout = resolveDuration(fields.timeout, [...path, 'timeout'], findings);
    checkUrl(fields.url, [...path, 'url'], findings);
    const about = aboutOf(patternsOf(fields), pipelines, [...path, 'pipelines'], findings);
    if (timeout === undefined) return [];
    return [
      [
        name,
        ofType(fields, {
          name,
          on: fields.on as readonly Occasion[],
          pipelines: patternsOf(fields),
          about,
          timeout,
        }),
      ],
    ];
  });
  return new Map(resolved);
}

/** What begins as a URL should may still be none. */
function checkUrl(url: unknown, path: ConfigPath, findings: Findings): void {
  if (url === undefined || URL.canParse(String(url))) return;
  findings.error({
    path,
    code: 'config/pattern',
    message: 'it is not a URL',
    help: 'It reads `https://host/path`.',
  });
}

/** The schema of the type has seen to the rest. */
function ofType({ type, url, headers, secret, run }: Fields, told: Told): NotificationConfig {
  if (type === 'command') return { type, run: run as readonly string[], ...told };
  if (type === 'slack') return { type, url: String(url), ...told };
  return {
    type: 'webhook',
    url: String(url),
    headers: headers as WebhookConfig['headers'],
    secret: secret === undefined ? undefined : String(secret),
    ...told,
  };
}

function patternsOf({ pipelines }: Fields): readonly string[] | undefined {
  return Array.isArray(pipelines) ? pipelines.map(String) : undefined;
}

function aboutOf(
  written: readonly string[] | undefined,
  known: ReadonlyMap<string, unknown>,
  path: ConfigPath,
  findings: Findings,
): ReadonlySet<string> {
  if (written === undefined) return new Set(known.keys());
  const matched = written.flatMap((pattern, index) => {
    const found = [...known.keys()].filter((name) => matchesGlob(pattern, name));
    if (found.length === 0) unknownName(findings, [...path, index], 'pipeline', pattern, known);
    return found;
  });
  return new Set(matched);
}

/** The notifications as the config has them. */
export function printNotify(notify: ReadonlyMap<string, NotificationConfig>): Fields | undefined {
  if (notify.size === 0) return undefined;
  return toFields(
    [...notify.values()].map(({ name, about, timeout, ...written }) => [
      name,
      { ...written, timeout: printDuration(timeout) },
    ]),
  );
}
