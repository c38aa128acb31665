/** Another process that holds the lock of a database file until it is told to let go. */

import Driver from 'libsql';

const [path, statement = 'BEGIN IMMEDIATE'] = process.argv.slice(2);
const database = new Driver(path);
database.exec(statement);
process.send?.('locked');
process.once('message', () => {
  database.exec('COMMIT');
  process.exit();
});
