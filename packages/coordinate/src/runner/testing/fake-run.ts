import type { Verifier } from '../../keys/verifier.ts';
import {
  encodeMessage,
  MAINNET_ERAS,
  MESSAGE_TYPE,
  memberOf,
  type Plan,
  type Proposal,
  RFC12_WINDOWS,
  type Rfc12Round,
  rfc12Rules,
} from '../../rfc12/index.ts';
import { GROUP, hashForLeader, REDEMPTION } from '../../rfc12/testing/fake-group.ts';
import { lastWindow } from '../../window.ts';
import type { RunEvent, RunLimits } from '../group-events.ts';
import { runGroup } from '../run-group.ts';
import { type FakeRecords, fakeClock, fakePorts, fakeRecords, fakeWire } from './fake-ports.ts';
import { flowingTime } from './flowing-time.ts';

export type Settled = Verifier['settled'];

type Told = RunEvent<Plan, Rfc12Round>;

const SEATS = ['0xA', '0xB', '0xC'];

interface MemberOptions {
  readonly leader?: string;
  readonly records?: FakeRecords;
  readonly limits?: Partial<RunLimits>;
  readonly input?: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly rules?: ReturnType<typeof rfc12Rules>;
  readonly settled?: Settled;
}

/** A member of the group of three. Its virtual clock flows. It runs until the test ends it. */
export function member(operator: string, options: MemberOptions = {}) {
  const { leader = operator, records = fakeRecords(), limits = {}, input } = options;
  const clock = fakeClock(async ({ height }, signal) => {
    if (input !== undefined) return input(signal);
    return hashForLeader(leader, lastWindow(RFC12_WINDOWS, height + 32n)?.index);
  });
  const generated: number[] = [];
  const generate = async (_plan: Plan, attempt: number): Promise<Proposal> => {
    generated.push(attempt);
    return REDEMPTION;
  };
  const { ports, executor } = fakePorts({ clock, records, generate });
  const wire = fakeWire();
  const told: Told[] = [];
  const listeners = new Set<() => void>();
  const { time, stop } = flowingTime();
  const rules = options.rules ?? rfc12Rules(memberOf(GROUP, operator, MAINNET_ERAS));
  const ended = runGroup(rules, ports, wire.open, {
    seats: SEATS.length,
    senderOf: (seat) => SEATS[seat] ?? '',
    limits,
    time,
    signal: stop.signal,
    ...(options.settled === undefined ? {} : { settled: options.settled }),
    tell: (event) => {
      told.push(event);
      for (const listener of listeners) listener();
    },
  });
  /** Waits for an event, or finds it among the earlier ones. */
  const until = (what: (event: Told) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!told.some(what)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      ended.catch(reject);
      look();
    });
  const stopped = (): Promise<void> => {
    stop.abort();
    return ended;
  };
  return { clock, time, records, executor, wire, told, until, ended, stopped, generated, rules };
}

type Member = ReturnType<typeof member>;

/** Matches the event that an effect of this kind was performed. */
export const performed = (kind: string) => (event: Told) =>
  event.kind === 'performed' && event.effect.kind === kind;

/** Gives a height and waits until the engine is through with it. */
export async function reach(node: Member, height: bigint): Promise<void> {
  node.clock.push(height);
  await node.until((event) => event.kind === 'stepped' && (event.state.head ?? 0n) >= height);
}

/** A message of RFC 12 as it arrives from a seat, which it may name wrongly. */
export function messageOf(seat: number, senderSeat: number, proposal: Proposal = REDEMPTION) {
  const payload = encodeMessage({ coordinationBlock: 900n, keyHash: GROUP.keyHash, proposal, senderSeat });
  return { seat, frame: { type: MESSAGE_TYPE, payload } };
}
