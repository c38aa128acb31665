import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** Opens a port of its own for the server until the test ends, and says where: `127.0.0.1:PORT`. */
export async function listen(server: Server & { closeAllConnections(): void }): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
