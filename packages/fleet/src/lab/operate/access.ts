import type { FleetNode } from '../../file/normalise/index.ts';
import type { NodeAccess } from '../../run/access/index.ts';
import { AccessFault, readLog, runChild } from '../../run/access/index.ts';
import { type ControlledNode, connectLocal, LocalFault } from '../local/index.ts';

/** A node of a network that runs on this machine, by the folder of the network. Throws an AccessFault. */
export async function localAccess(node: FleetNode, folder: string, nowMs: () => number): Promise<NodeAccess> {
  const found = await runningNode(node.name, folder);
  const failed = (error: unknown): AccessFault =>
    new AccessFault(
      'failed',
      `the log ${found.logFile} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
      'check that the network runs as this user',
      error,
    );
  return {
    where: `process ${found.pid ?? '-'} of ${folder}`,
    logs: (wish, sinks, signal) =>
      readLog(found.logFile, wish, nowMs(), sinks, signal).catch((error: unknown) => {
        throw failed(error);
      }),
    exec: async (words, sinks, signal) => {
      const [command = '', ...args] = words;
      const { PATH, HOME } = process.env;
      return (await runChild({ command, args, cwd: found.folder, env: { PATH, HOME } }, sinks, signal)) ?? 0;
    },
    // The node already listens on loopback.
    forward: async () => ({ address: new URL(found.rpcUrl).host, close: () => undefined }),
    close: () => undefined,
  };
}

async function runningNode(name: string, folder: string): Promise<ControlledNode> {
  try {
    const control = await connectLocal(folder);
    try {
      const found = (await control.nodes()).find((node) => node.name === name);
      if (found !== undefined) return found;
    } finally {
      control.close();
    }
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw new AccessFault('not-running', error.message, error.remedy, error);
  }
  throw new AccessFault(
    'unknown-node',
    `the network in ${folder} has no node ${name}`,
    'it may have been started from another file: start it again',
  );
}
