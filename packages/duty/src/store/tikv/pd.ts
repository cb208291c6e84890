import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Clock } from '@watchbill/kit';
import type { Channel } from '../grpc/channel.ts';
import { StoreFault } from '../port.ts';
import { type Budget, pauses } from './budget.ts';
import type { Channels } from './channels.ts';
import { unansweredFault } from './faults.ts';
import type { ResponseHeader } from './gen/pdpb_pb.js';
import { createIdentity } from './identity.ts';
import type { TikvWentBack } from './options.ts';
import { openPdLeader, PD_ATTEMPT_MS } from './pd-leader.ts';
import { openTimestamps } from './pd-timestamps.ts';

/**
 * The placement driver: timestamps, and the places of regions and stores. Finds the leader, and follows it.
 */
export type Pd = ReturnType<typeof openPd>;

export interface PdParts {
  readonly endpoints: readonly URL[];
  readonly channels: Channels;
  readonly clock: Clock;
  readonly spread: () => number;
  readonly log: (message: string) => void;
  readonly wentBack: (detail: TikvWentBack) => void;
}

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 300;

type WithHeader = { readonly header?: ResponseHeader };

export function openPd({ endpoints, channels, clock, spread, log, wentBack }: PdParts) {
  const identity = createIdentity(wentBack);
  const leader = openPdLeader(endpoints, channels, identity, log);
  const stream = openTimestamps(channels, clock, identity);
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

  function timestamps(count: number, budget: Budget): Promise<bigint> {
    return persist(budget, (channel) => stream.take(channel, count, budget));
  }

  return {
    /** Find the leader and remember the id of the cluster. */
    open: (budget: Budget): Promise<void> => persist(budget, async () => undefined),
    /** The first of `count` timestamps in a row, each greater than every one answered before the request. */
    timestamps,
    timestamp: (budget: Budget): Promise<bigint> => timestamps(1, budget),
    /** Ask the leader; adds the header, and checks it in the answer. */
    ask: <I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      request: (header: { clusterId: bigint }) => MessageInitShape<I>,
      budget: Budget,
    ): Promise<MessageShape<O>> =>
      persist(budget, async (channel) => {
        const message = request({ clusterId: identity.clusterId() });
        const answer = await channels.call(channel, method, message, budget.request(PD_ATTEMPT_MS));
        identity.check((answer as WithHeader).header, channel.name);
        return answer;
      }),
    /** A member's list of all members. */
    members: leader.members,
    close: stream.close,
  };
}

/** The failure to report when the time is over; throws at once if a repetition cannot help. */
function repeatable(error: unknown, hosts: string): StoreFault {
  const fault = error instanceof StoreFault ? error : unansweredFault(`PD at ${hosts}`, error);
  if (fault.code !== 'unavailable') throw fault;
  return fault;
}
