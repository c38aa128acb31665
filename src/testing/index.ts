/** The door `syncline/testing`: what every plugin must do, as a suite for any test runner. */

export { sinkContract } from './sink.ts';
export { type SourceSuite, sourceContract } from './source.ts';
export type { SinkSuite } from './target.ts';
