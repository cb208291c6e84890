import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { GuardFault } from '../fault.ts';

/**
 * Locks folders against a second guard on this machine, by their device and inode. Throws a
 * {@link GuardFault} if another guard works with one of them. The lock is a socket in the abstract namespace
 * (`unix(7)`): the kernel removes it with the process, so a killed guard leaves none behind. It does not
 * reach across network namespaces, for example into a container.
 */
export async function lockFolders(paths: readonly string[]) {
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    for (const server of held.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  for (const path of paths) {
    try {
      held.push(await lock(path));
    } catch (error) {
      await release();
      throw error;
    }
  }
  return { release };
}

async function lock(path: string): Promise<Server> {
  const { dev, ino } = statSync(path, { bigint: true });
  const server = createServer((connection) => connection.destroy());
  try {
    await once(server.listen({ path: `\0watchbill-guard-${dev}-${ino}` }), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const what = `another guard works with ${path}`;
    const remedy = 'stop it first, or give this guard other folders';
    throw new GuardFault('locked', what, remedy, error, 'denied');
  }
  // The lock alone does not keep the process running.
  return server.unref();
}
