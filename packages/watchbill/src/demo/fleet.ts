import { join } from 'node:path';
import type { Clock } from '@watchbill/kit';
import { MEMBERS, type Member } from './cast.ts';
import type { ChainSpec } from './chain.ts';
import type { Child, Processes } from './processes.ts';
import type { Program } from './program.ts';
import type { Outage } from './tally.ts';

interface FleetParts {
  readonly processes: Processes;
  readonly program: Program;
  readonly clock: Clock;
  readonly spec: ChainSpec;
  readonly directory: string;
  /** Configuration file of each node. */
  readonly configs: ReadonlyMap<string, string>;
}

/** How long a machine stays away after it ended. */
const RESTART_AFTER_SLOTS = 2.5;

export type Fleet = ReturnType<typeof validatorFleet>;

/**
 * The six validator processes. One that ends is started again after a while, as a new incarnation. It has no
 * `pid` while it is away.
 */
export function validatorFleet(parts: FleetParts) {
  const children = new Map<string, Child>();
  const outages: Outage[] = [];
  const away = new AbortController();
  const restartAfterMs = parts.spec.slotMs * RESTART_AFTER_SLOTS;

  function launch(member: Member): void {
    const config = parts.configs.get(member.node) ?? '';
    const log = join(parts.directory, 'validators', member.node, 'validator.log');
    const child = parts.processes.start(parts.program.validator(config), log);
    children.set(member.node, child);
    void child.ended.then(() => replace(member, child));
  }

  async function replace(member: Member, child: Child): Promise<void> {
    children.delete(member.node);
    if (away.signal.aborted) return;
    // A planned kill was noted at the moment of its signal.
    if (!outages.some(({ pid }) => pid === child.pid)) note(member, child.pid, false);
    await parts.clock.sleep(restartAfterMs, away.signal);
    if (!away.signal.aborted) launch(member);
  }

  function note({ node, identity }: Member, pid: number, isPlanned: boolean): void {
    const key = parts.spec.authorities[identity] ?? '';
    outages.push({ node, key, pid, atMs: parts.clock.nowMs(), backMs: null, planned: isPlanned });
  }

  function kill(node: string): void {
    const member = MEMBERS.find((one) => one.node === node);
    const child = children.get(node);
    if (member === undefined || child === undefined) return;
    note(member, child.pid, true);
    child.kill('SIGKILL');
  }

  /** Says that the service counts these nodes as ready; ends the outage of those that run again. */
  function heardReady(nodes: readonly string[]): void {
    const nowMs = parts.clock.nowMs();
    for (const [index, outage] of outages.entries()) {
      // Right after a kill the service has not yet noticed; the node is back only once it runs again.
      const runs = children.has(outage.node) && nowMs - outage.atMs > restartAfterMs;
      if (outage.backMs === null && runs && nodes.includes(outage.node))
        outages[index] = { ...outage, backMs: nowMs };
    }
  }

  return {
    start: () => {
      for (const member of MEMBERS) launch(member);
    },
    pid: (node: string) => children.get(node)?.pid ?? null,
    kill,
    heardReady,
    outages: (): readonly Outage[] => outages,
    /** No node is started again after this. */
    retire: () => away.abort(),
  };
}
