import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Budget, pauses } from '../grpc/budget.ts';
import type { Channel, UnaryMethod } from '../grpc/channel.ts';
import { StoreFault } from '../port.ts';
import type { Channels } from './channels.ts';
import { unansweredFault } from './faults.ts';
import { PD } from './gen/pdpb_pb.js';
import { createIdentity } from './identity.ts';
import type { TikvWentBack } from './options.ts';
import { askMember, openPdLeader, type RequestHeader } from './pd-leader.ts';
import { timestampOf } from './timestamp.ts';

/**
 * The placement driver: timestamps, and the places of regions and stores. Finds the leader, and follows it.
 */
export type Pd = ReturnType<typeof openPd>;

export interface PdParts {
  readonly endpoints: readonly URL[];
  readonly channels: Channels;
  readonly spread: () => number;
  readonly log: (message: string) => void;
  readonly wentBack: (detail: TikvWentBack) => void;
}

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 300;

export function openPd({ endpoints, channels, spread, log, wentBack }: PdParts) {
  const identity = createIdentity(wentBack);
  const parts = { channels, identity };
  const leader = openPdLeader(endpoints, parts, log);
  let lastTrouble = '';

  function note(fault: StoreFault): void {
    if (fault.message !== lastTrouble) log(`PD did not serve: ${fault.message}`);
    lastTrouble = fault.message;
  }

  /** Repeat until answered or the time is over; every request to PD may be repeated. */
  async function persist<T>(budget: Budget, attempt: (channel: Channel) => Promise<T>): Promise<T> {
    const pause = pauses(FIRST_PAUSE_MS, MAX_PAUSE_MS, spread);
    for (;;) {
      budget.check();
      let asked: Channel | null = null;
      try {
        asked = await leader.now(budget);
        return await attempt(asked);
      } catch (error) {
        const fault = repeatable(error, leader.hosts());
        budget.trouble(fault);
        if (asked !== null) leader.failed(asked);
        if (budget.signal.aborted) throw budget.ending();
        note(fault);
      }
      await budget.pause(pause());
    }
  }

  /** Greater than every timestamp that was answered before the request. */
  function timestamp(budget: Budget): Promise<bigint> {
    return persist(budget, async (channel) => {
      const askedAt = identity.highest();
      const request = (header: RequestHeader) => ({ header, count: 1 });
      const answer = await askMember(parts, channel, PD.method.tso, request, budget);
      const ts = timestampOf(answer.timestamp?.physical ?? 0n, answer.timestamp?.logical ?? 0n);
      identity.advance(ts, askedAt, channel.name);
      return ts;
    });
  }

  return {
    timestamp,
    /** Ask the leader; adds the header, and checks it in the answer. */
    ask: <I extends DescMessage, O extends DescMessage>(
      method: UnaryMethod<I, O>,
      request: (header: RequestHeader) => MessageInitShape<I>,
      budget: Budget,
    ): Promise<MessageShape<O>> =>
      persist(budget, (channel) => askMember(parts, channel, method, request, budget)),
    /** A member's list of all members. */
    members: leader.members,
  };
}

/** The failure to report when the time is over; throws at once if a repetition cannot help. */
function repeatable(error: unknown, hosts: string): StoreFault {
  const fault = error instanceof StoreFault ? error : unansweredFault(`PD at ${hosts}`, error);
  if (fault.code !== 'unavailable') throw fault;
  return fault;
}
