import { Socket } from 'node:net';
import type { Client } from 'pg';

/**
 * Ends a connection whose server is gone without a word, as one that was frozen, or is behind a cable that was cut. A
 * statement may well take long: only when nothing comes for a while is the server asked, in another way, whether it is
 * there.
 */
export function watch(client: Client, patience: number, answers: () => Promise<boolean>): void {
  const { connection } = client;
  const { stream } = connection;
  if (!(stream instanceof Socket)) return;
  let answered = stream.bytesWritten;
  let read = -1;
  let asking = false;
  connection.on('readyForQuery', () => {
    answered = stream.bytesWritten;
  });
  const look = async () => {
    const isSilent = stream.bytesWritten > answered && stream.bytesRead === read;
    read = stream.bytesRead;
    if (!isSilent || asking) return;
    asking = true;
    if (!(await answers()) && stream.bytesRead === read)
      stream.destroy(new Error('Connection terminated: the server does not answer'));
    asking = false;
  };
  const timer = setInterval(look, patience / 2);
  timer.unref();
  stream.once('close', () => clearInterval(timer));
}
