import type { Clock } from '@watchbill/kit';
import { type Channel, openChannel } from '../grpc/channel.ts';
import type { ChannelTls } from '../grpc/connection.ts';

/** One endpoint: a connection that opens when needed, and calls over it. */
export interface Member {
  /** Host and port, for messages. */
  readonly name: string;
  readonly channel: Channel;
  restUntilMs: number;
  /** The calls that wait for an answer, and the time of the last answer; null if none waits. */
  waiting: number;
  silentSinceMs: number | null;
}

/**
 * Chooses the member for the next request: the same one for as long as it works, the next one if it fails or
 * lets calls wait.
 */
export type Members = ReturnType<typeof openMembers>;

/** A failed member gets no calls for this time, unless all have failed. */
const REST_MS = 1_000;
/** A member that left every call without an answer for this time is passed over. */
const SILENT_MS = 500;

/** `first` is the index of the member to begin with. */
export function openMembers(endpoints: readonly URL[], tls: ChannelTls | null, clock: Clock, first: number) {
  const all = endpoints.map((url) => openMember(url, tls));
  let current = first % all.length;

  function usable({ restUntilMs, silentSinceMs }: Member, nowMs: number): boolean {
    return restUntilMs <= nowMs && (silentSinceMs === null || nowMs - silentSinceMs < SILENT_MS);
  }

  function ended(member: Member): void {
    member.waiting = Math.max(0, member.waiting - 1);
    if (member.waiting === 0) member.silentSinceMs = null;
  }

  return {
    all,
    /** The member for the next attempt, leaving out those in `tried` unless all are. */
    pick: (tried: ReadonlySet<Member>): Member => {
      const nowMs = clock.monotonicMs();
      const inOrder = [...all.slice(current), ...all.slice(0, current)];
      const fresh = inOrder.filter((member) => !tried.has(member));
      const candidates = fresh.length > 0 ? fresh : inOrder;
      const picked = candidates.find((member) => usable(member, nowMs)) ?? soonest(candidates);
      if (usable(picked, nowMs)) current = all.indexOf(picked);
      return picked;
    },
    /** Bracket every call: `began`, then one of the three others. */
    began: (member: Member): void => {
      member.waiting += 1;
      member.silentSinceMs ??= clock.monotonicMs();
    },
    answered: (member: Member): void => {
      ended(member);
      member.restUntilMs = Number.NEGATIVE_INFINITY;
      if (member.silentSinceMs !== null) member.silentSinceMs = clock.monotonicMs();
    },
    failed: (member: Member): void => {
      ended(member);
      member.restUntilMs = clock.monotonicMs() + REST_MS;
    },
    /** The caller gave up before the end, which gives no information about the member. */
    gaveUp: ended,
    close: (): void => {
      for (const member of all) member.channel.close();
    },
  };
}

function soonest(candidates: readonly Member[]): Member {
  const [first, ...others] = candidates;
  if (first === undefined) throw new Error('no etcd endpoint is configured');
  return others.reduce((best, member) => (member.restUntilMs < best.restUntilMs ? member : best), first);
}

/** The channel never sends a request twice: it opens a new connection only before a request has a stream. */
function openMember(url: URL, tls: ChannelTls | null): Member {
  return {
    name: url.host,
    channel: openChannel(url, tls),
    ...{ restUntilMs: Number.NEGATIVE_INFINITY, waiting: 0, silentSinceMs: null },
  };
}
