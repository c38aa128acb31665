import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';

export interface UnitOptions {
  /** Absolute. */
  readonly node: string;
  /** The program of the command line, absolute. */
  readonly cli: string;
  /** The file of variables, where it is not `.env` beside the config. Absolute. */
  readonly environmentFile?: string;
  /** For the service manager of a user, instead of the machine's. */
  readonly user: boolean;
}

/** A unit of systemd that runs the daemon of a config. */
export function unitOf(config: Config, options: UnitOptions): string {
  const { directory, file, daemon } = config;
  const place = options.user ? '~/.config/systemd/user' : '/etc/systemd/system';
  const own = options.user ? ' --user' : '';
  const environment = options.environmentFile === undefined ? [] : ['--env-file', options.environmentFile];
  const command = [options.node, options.cli, 'daemon', '--ui', 'plain', '--config', file, ...environment];
  const lines = [
    `# ${place}/syncline.service; then: systemctl${own} daemon-reload && systemctl${own} enable --now syncline`,
    '[Unit]',
    `Description=Syncline, ${escaped(file)}`,
    ...(options.user ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '',
    '[Service]',
    'Type=notify',
    '# The program systemd-notify speaks for the daemon.',
    'NotifyAccess=all',
    'WatchdogSec=60',
    `ExecStart=${command.map(argument).join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    `WorkingDirectory=${escaped(directory)}`,
    ...(options.user ? [] : [`User=${userInfo().username}`]),
    'Restart=on-failure',
    'RestartSec=5',
    '# 2: the config is wrong, and would be the next time. 130 and 143: it was told to stop, and did.',
    'RestartPreventExitStatus=2',
    'SuccessExitStatus=130 143',
    'KillSignal=SIGTERM',
    'KillMode=mixed',
    `TimeoutStopSec=${Math.ceil(daemon.grace / 1000) + 5}`,
    'NoNewPrivileges=true',
    ...(options.user ? [] : hardening(config)),
    '',
    '[Install]',
    `WantedBy=${options.user ? 'default' : 'multi-user'}.target`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Nothing here may keep what the config names from being read, or V8 from compiling. */
function hardening(config: Config): readonly string[] {
  const folders = writtenFolders(config);
  const isTemporary = [...folders, config.directory].some((folder) => /^(\/var)?\/tmp(\/|$)/.test(folder));
  return [
    'ProtectSystem=strict',
    '# And the folders that plugins and merge functions of your own write to.',
    `ReadWritePaths=${[...folders, ...(isTemporary ? ['/tmp', '/var/tmp'] : [])].map(word).join(' ')}`,
    ...(isTemporary ? [] : ['PrivateTmp=true']),
    'PrivateDevices=true',
    'ProtectKernelTunables=true',
    'ProtectKernelModules=true',
    'ProtectControlGroups=true',
    'RestrictSUIDSGID=true',
    'LockPersonality=true',
  ];
}

/** Where the state, the token, logs and sinks are, as far as their folders are there already. */
function writtenFolders({ directory, state, logs, sinks }: Config): readonly string[] {
  const paths = [...sinks.values()].flatMap(({ plugin, options: { url, dir } }) => {
    if (plugin.name === 'libsql' && typeof url === 'string')
      return dirname(resolve(directory, url.replace(/^file:/, '')));
    return typeof dir === 'string' ? resolve(directory, dir) : [];
  });
  const all = [dirname(state), join(directory, '.syncline'), logs.dir, ...paths].map(nearest);
  const isWithin = (inner: string, outer: string) => inner.startsWith(outer === '/' ? '/' : `${outer}/`);
  return [...new Set(all)].filter(
    (folder) => !all.some((other) => other !== folder && isWithin(folder, other)),
  );
}

/** What systemd is to open has to be there. */
function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}

/** Percent signs begin what systemd fills in. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** One word of a command line, where dollar signs begin variables. */
function argument(text: string): string {
  return word(text.replaceAll('$', '$$$$'));
}

/** One word of a list. */
function word(text: string): string {
  const safe = escaped(text);
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replace(/["\\]/g, '\\$&')}"`;
}
