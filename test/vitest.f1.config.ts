import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';
const { globalSetup: _, ...test } = base.test ?? {};
export default defineConfig({ ...base, test });
