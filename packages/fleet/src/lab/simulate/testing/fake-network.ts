import type { Clock } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { SimulatedNetwork, SimulatedReading } from '../simulate-ports.ts';

/** A network of one block per second in virtual time. Finality stops while a node is away. */
export interface FakeSimulated {
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  /** The actions, in order. */
  readonly deeds: readonly string[];
}

export function fakeSimulated({
  names,
  refuses,
}: {
  readonly names: readonly string[];
  readonly refuses?: string;
}): FakeSimulated {
  const deeds: string[] = [];
  const silent = new Set<string>();
  const clock = createVirtualClock({ startMs: 0, flowing: true });
  let final = 0;
  const did = async (deed: string, name: string): Promise<void> => {
    if (refuses === `${deed} ${name}`) throw new Error(`${name} does not ${deed}`);
    deeds.push(`${deed} ${name}`);
    if (deed === 'pause' || deed === 'stop') silent.add(name);
    if (deed === 'resume' || deed === 'start') silent.delete(name);
  };
  const reading = async (name: string): Promise<SimulatedReading | null> => {
    if (silent.has(name)) return null;
    const best = Math.floor(clock.nowMs() / 1_000);
    // Finality needs all nodes; blocks do not.
    if (silent.size === 0) final = Math.max(0, best - 2);
    return { best, finalised: final, peers: names.length - 1 - silent.size };
  };
  const network: SimulatedNetwork = {
    names,
    pause: (name) => did('pause', name),
    resume: (name) => did('resume', name),
    stop: (name) => did('stop', name),
    start: (name) => did('start', name),
    kill: (name) => did('kill', name),
    reading,
    metrics: async (name) =>
      silent.has(name)
        ? null
        : `blocks{kind="best"} ${Math.floor(clock.nowMs() / 1_000)}\nblocks{kind="other"} 1\n`,
    log: () => 'one\nPanic!\ntwo\n',
  };
  return { network, clock, deeds };
}
