import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions: ['syncline-source'] },
  ssr: { resolve: { conditions: ['syncline-source'] } },
  test: {
    globalSetup: ['test/build.ts', 'test/postgres.ts', 'test/real/install.ts'],
    setupFiles: ['test/counts.ts'],
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    testTimeout: process.env.SYNCLINE_SOAK === '1' ? 1_800_000 : 60_000,
    hookTimeout: 30_000,
  },
});
