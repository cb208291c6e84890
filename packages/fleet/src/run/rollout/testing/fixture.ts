import assert from 'node:assert/strict';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import { ROLLOUT_DEFAULTS } from '../../../file/network/index.ts';
import type { RolloutEntry, RolloutJournal } from '../journal.ts';
import type { RolloutUnit } from '../port.ts';
import { runRollout } from '../roll.ts';
import type { RolloutEnd, RolloutEvent, RunSettings } from '../settings.ts';
import { type FakePort, fakePort } from './fake-port.ts';

/** The process ends here. */
export class Killed extends Error {}

export const HEADER = {
  format: 'watchbill/rollout/1',
  network: 'net',
  what: 'w',
  title: 't',
  before: {},
} as const;

const signer = (id: string): RolloutUnit => ({ id, pool: 'v', signs: true, nodes: [id] });
const reader = (id: string): RolloutUnit => ({ id, pool: 'rpc', signs: false, nodes: [id] });
export const NETWORK: readonly RolloutUnit[] = [
  signer('v-0'),
  signer('v-1'),
  signer('v-2'),
  reader('r-0'),
  reader('r-1'),
  reader('r-2'),
];

export const versions = ({ nodes }: FakePort) => [...nodes.values()].map(({ version }) => version);

export interface Fixture {
  readonly events: RolloutEvent[];
  /** Rolls out, or continues the roll-out of an earlier run. */
  readonly run: (port: FakePort, change?: Partial<RunSettings>) => Promise<RolloutEnd>;
}

/** With moments before and after each line at which a test may end the run. */
function watchedJournal(journal: RolloutJournal, { hook }: FakePort): RolloutJournal {
  const write: RolloutJournal['write'] = (entry) => {
    hook.at(`before ${entry.state}`);
    journal.write(entry);
    hook.at(`after ${entry.state}`);
  };
  return { ...journal, write };
}

/** Settings with soaks and checks of seconds, in virtual time. */
export function settingsFor(
  port: FakePort,
  journal: RolloutJournal,
  onEvent: RunSettings['onEvent'],
): RunSettings & { readonly clock: VirtualClock } {
  return {
    port,
    settings: { ...ROLLOUT_DEFAULTS, soakSeconds: 5, gateSeconds: 30 },
    journal: watchedJournal(journal, port),
    clock: createVirtualClock({ flowing: true }),
    pollMs: 1_000,
    onEvent,
    signal: new AbortController().signal,
  };
}

/** Runs with a journal that `open` opens for each of them. */
export function fixtureOf(open: () => RolloutJournal): Fixture {
  const events: RolloutEvent[] = [];
  const run: Fixture['run'] = async (port, change = {}) => {
    const journal = open();
    const settings = settingsFor(port, journal, (event) => void events.push(event));
    try {
      return await runRollout({ ...settings, ...change });
    } finally {
      settings.clock.halt();
      journal.close();
    }
  };
  return { events, run };
}

/** A journal in memory that keeps these lines. */
export function memoryJournal(entries: RolloutEntry[]): RolloutJournal {
  return {
    file: 'memory',
    header: HEADER,
    entries: () => entries,
    write: (entry) => void entries.push(entry),
    close: () => undefined,
  };
}

export interface MemoryFixture extends Fixture {
  /** The lines of the last roll-out. */
  readonly entries: RolloutEntry[];
}

/** The journal is in memory: a roll-out that ended begins it anew, as `openRollout` does with a file. */
export async function withMemory(work: (fixture: MemoryFixture) => Promise<void>): Promise<void> {
  const entries: RolloutEntry[] = [];
  const fixture = fixtureOf(() => {
    if (entries.at(-1)?.state === 'ended') entries.length = 0;
    return memoryJournal(entries);
  });
  await work({ ...fixture, entries });
}

/** A network whose second signer is down on the new version and on the earlier one. */
export function brokenPort(): FakePort {
  const port = fakePort(NETWORK);
  port.fates.onNew.set('v-1', 'down');
  port.fates.onOld.set('v-1', 'down');
  return port;
}

/** A person repairs the signer of `brokenPort`. */
export function repair(port: FakePort): void {
  const node = port.nodes.get('v-1');
  assert.ok(node);
  node.isUp = true;
  node.state = 'good';
}
