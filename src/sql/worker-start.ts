import { Worker } from 'node:worker_threads';

/** Source text runs through a loader, which its threads need as well; the built package needs none. */
export function startWorker(): Worker {
  // Of the bundle this is a part, in another folder beside that of the doors.
  const built = import.meta.url.endsWith('.js');
  if (built) return new Worker(new URL('../sql/worker.js', import.meta.url));
  const execArgv = ['--conditions=syncline-source', '--import', import.meta.resolve('jiti/register')];
  return new Worker(new URL('./worker.ts', import.meta.url), { execArgv });
}
