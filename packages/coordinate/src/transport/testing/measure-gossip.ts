import { systemClock } from '@watchbill/kit';
import type { Arrival, Transport, TransportEvents } from '../port.ts';

/** A member of a measured group. */
export interface GossipMember {
  readonly transport: Transport;
  /** Gets the frames that arrive from now on, in place of the earlier handler. */
  listen(handler: (arrival: Arrival) => void): void;
}

/** Open a transport whose arrivals can be listened to later; other events go to `others`. */
export async function gossipMember(
  open: (events: TransportEvents) => Promise<Transport>,
  others: Omit<TransportEvents, 'arrived'> = {},
): Promise<GossipMember> {
  let handler: (arrival: Arrival) => void = () => {};
  const transport = await open({ ...others, arrived: (arrival) => handler(arrival) });
  return {
    transport,
    listen: (next) => {
      handler = next;
    },
  };
}

interface GossipMeasure {
  /** Milliseconds of each round in which enough answers came, shortest first. */
  readonly roundTripsMs: readonly number[];
  /** Rounds in which they did not come in time. */
  readonly lostRounds: number;
}

const CALL = 'watchbill/measure/call';
const ANSWER = 'watchbill/measure/answer';
/** As large as a signed message of the quorum profile. */
const PAYLOAD_BYTES = 256;

interface GossipRounds {
  readonly rounds: number;
  readonly answerCount: number;
  readonly roundDeadlineMs: number;
}

/**
 * The bare round trip of gossip: one member broadcasts, all others answer by broadcast at once, and the first
 * counts until it has `answerCount` of them. Members take turns as the first. The next round begins when the
 * messages of this one have arrived everywhere, so rounds do not disturb each other.
 */
export async function measureGossip(
  members: readonly GossipMember[],
  options: GossipRounds,
): Promise<GossipMeasure> {
  const roundTripsMs: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const first = members[round % members.length];
    if (first === undefined) break;
    const tookMs = await measuredRound(members, first, round, options);
    if (tookMs !== null) roundTripsMs.push(tookMs);
  }
  for (const member of members) member.listen(() => {});
  roundTripsMs.sort((left, right) => left - right);
  return { roundTripsMs, lostRounds: options.rounds - roundTripsMs.length };
}

async function measuredRound(
  members: readonly GossipMember[],
  first: GossipMember,
  round: number,
  { answerCount, roundDeadlineMs }: GossipRounds,
): Promise<number | null> {
  const [over, time] = [new AbortController(), systemClock()];
  const payload = new Uint8Array(PAYLOAD_BYTES);
  new DataView(payload.buffer).setUint32(0, round);
  const isOfRound = ({ frame }: Arrival): boolean =>
    Buffer.from(frame.payload).readUInt32BE(0) === round && frame.payload.length === PAYLOAD_BYTES;

  const startMs = time.monotonicMs();
  let tookMs: number | null = null;
  // All except the first get the call, and all get the answers of the others.
  let outstanding = (members.length - 1) * members.length;
  const answeredBy = new Set<number>();
  for (const member of members) {
    member.listen((arrival) => {
      if (!isOfRound(arrival)) return;
      outstanding -= 1;
      if (member === first && arrival.frame.type === ANSWER) {
        answeredBy.add(arrival.seat);
        if (tookMs === null && answeredBy.size >= answerCount) tookMs = time.monotonicMs() - startMs;
      }
      if (member !== first && arrival.frame.type === CALL)
        member.transport.broadcast({ type: ANSWER, payload });
      if (outstanding <= 0) over.abort();
    });
  }
  first.transport.broadcast({ type: CALL, payload });
  await time.sleep(roundDeadlineMs, over.signal);
  return tookMs;
}
