import type { RunningNode } from '../nodes/running-node.ts';

/**
 * Acts like a service manager with `Restart=always`: starts a machine again when its node ended by itself.
 */
export interface Supervisor {
  /** Unexpected ends since a moment, with the last error line of each. */
  endsSince(momentMs: number): readonly OwnEnd[];
  /** The scenario ends and starts this machine itself until the returned function is called. */
  leave(node: RunningNode): () => void;
  close(): Promise<void>;
}

export interface OwnEnd {
  readonly machine: string;
  readonly atMs: number;
  readonly lastError: string;
}

const LOOK_EVERY_MS = 250;
/** As service managers do, so that a node that cannot run does not spin. */
const RESTART_AFTER_MS = 1_000;

export function supervise(nodes: readonly RunningNode[]): Supervisor {
  const ends: OwnEnd[] = [];
  const left = new Set<string>();
  const restarting = new Map<string, Promise<void>>();

  async function restart(node: RunningNode): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS));
    if (!left.has(node.name) && !node.running()) await node.start().catch(() => undefined);
    restarting.delete(node.name);
  }

  const timer = setInterval(() => {
    for (const node of nodes) {
      if (left.has(node.name) || node.running() || restarting.has(node.name)) continue;
      const lastError = node.grep(/error/i).at(-1) ?? node.log().trimEnd().split('\n').at(-1) ?? '';
      ends.push({ machine: node.name, atMs: node.exited()?.atMs ?? Date.now(), lastError });
      restarting.set(node.name, restart(node));
    }
  }, LOOK_EVERY_MS);

  return {
    endsSince: (momentMs) => ends.filter(({ atMs }) => atMs >= momentMs),
    leave: (node) => {
      left.add(node.name);
      return () => left.delete(node.name);
    },
    close: async () => {
      clearInterval(timer);
      for (const node of nodes) left.add(node.name);
      await Promise.all(restarting.values());
    },
  };
}
