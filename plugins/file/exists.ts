import { stat } from 'node:fs/promises';

/** True when there is something at this path, at the end of its links. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
