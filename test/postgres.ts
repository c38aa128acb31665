import type { TestProject } from 'vitest/node';
import { startServer } from './kit/postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The port of the PostgreSQL server that all tests share. */
    readonly postgres: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  project.provide('postgres', server.port);
  return () => server.stop();
}
