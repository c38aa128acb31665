export { source } from './source.ts';
