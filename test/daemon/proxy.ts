import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a daemon that can be cut; its address stays, whatever port the daemon has. */
export async function openProxy(port: number) {
  let target = port;
  let swallow: (() => void) | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    // The daemon looks at the address it is asked under.
    near.on('data', (chunk) =>
      far.write(chunk.toString('latin1').replace(/^host: .*$/im, `host: 127.0.0.1:${target}`), 'latin1'),
    );
    far.on('data', (chunk) => {
      if (swallow === undefined) return void near.write(chunk);
      swallow();
      swallow = undefined;
      near.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${own}`,
    /** Cuts all connections; others can be made. */
    cut,
    /** Leads to another daemon from now on. */
    to(other: number) {
      target = other;
      cut();
    },
    /** The daemon gets what is asked next, and its answer is lost; resolves when that has happened. */
    loseAnswer: () =>
      new Promise<void>((resolve) => {
        swallow = resolve;
      }),
  };
}
