/** The door `syncline/formats`: how records are read from files, and rows written to them. */

export type { BatchLimits, RecordBatch } from './batch.ts';
export { widenCsv } from './csv-widen.ts';
export { type Format, formatOf, formats } from './format.ts';
export { type ReadOptions, readRecords } from './read.ts';
export { printRows, type RowPrinter, type RowsFormat, rowsFormats } from './rows.ts';
