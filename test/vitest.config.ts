import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const below = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: below('..'),
  resolve: {
    conditions: ['syncline-source'],
    alias: [{ find: /^\.\/worker-start\.ts$/, replacement: below('kit/built-worker.ts') }],
  },
  ssr: { resolve: { conditions: ['syncline-source'] } },
  test: {
    globalSetup: ['test/build.ts', 'test/postgres.ts', 'test/real/install.ts'],
    setupFiles: ['test/counts.ts'],
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    // Where the tests run there, what they start must not take itself for a step of its own.
    env: { GITHUB_ACTIONS: '' },
    testTimeout: process.env.SYNCLINE_SOAK === '1' ? 1_800_000 : 60_000,
    hookTimeout: 30_000,
  },
});
