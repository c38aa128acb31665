/** A process that opens a database, writes to it, and then has nothing more to do. */

import { openDatabase } from '../../src/sql/index.ts';

const database = await openDatabase({ path: process.argv[2] ?? '' });
await database.write([{ sql: 'CREATE TABLE t (a)' }]);
console.log('written');
