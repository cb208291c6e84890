import { hexOf } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import { type QuorumGroup, quorumOf } from '../../quorum/group.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import { signedBy } from '../../quorum/places.ts';
import type { Note } from '../../rules.ts';
import type { PeerState } from '../../transport/port.ts';
import { headWatch } from './head.ts';
import { OWN_KEY_ELSEWHERE } from './refusals.ts';
import type { QuorumWindowStatus, Status } from './status.ts';
import { nameOf, type OpenWindow, openWindowOf, type QuorumEvent } from './watch.ts';

/** The statements of a window that decide it; all others pass knowledge on. */
const VOTES = new Set(['propose', 'prepare', 'commit', 'rank-change', 'refusal']);

export interface ViewParts {
  readonly group: QuorumGroup;
  readonly groupId: Uint8Array;
  readonly seat: number;
  readonly peers: () => readonly PeerState[];
  /** Silence of the chain after which this member is not healthy. */
  readonly stallMs: number;
  readonly time: Clock;
}

export function createView({ group, groupId, seat, peers, stallMs, time }: ViewParts) {
  const head = headWatch(windowSchedule(group), stallMs, time);
  let open: OpenWindow | null = null;
  let last: OpenWindow | null = null;
  let silenced: string | null = null;
  const connected = () => peers().filter(({ isConnected }) => isConnected).length + 1;
  return {
    watch: (event: QuorumEvent): void => {
      head.watch(event);
      if (event.kind !== 'stepped') return;
      const now = openWindowOf(event);
      if (open !== null && open.plan.window.index !== now?.plan.window.index) last = open;
      open = now;
    },
    note: ({ code, text }: Note): void => {
      if (code === OWN_KEY_ELSEWHERE) silenced = text;
    },
    /** Why this member must not sign until it is restarted, or null. */
    silenced: () => silenced,
    status: (): Status => ({
      group: hexOf(groupId),
      name: group.name,
      seat,
      member: nameOf({ group }, seat),
      members: group.members.length,
      quorum: quorumOf(group.members.length),
      ...head.status(),
      window: open === null ? null : windowStatus(open, seat),
      last: last === null ? null : windowStatus(last, seat),
      peers: peers()
        .filter((peer) => peer.seat !== seat)
        .map((peer) => ({
          seat: peer.seat,
          name: nameOf({ group }, peer.seat),
          isConnected: peer.isConnected,
        })),
    }),
    /** Current problems; empty if there are none. */
    problems: (): readonly string[] => [
      ...(silenced === null ? [] : [silenced]),
      ...head.problems(),
      ...(connected() < quorumOf(group.members.length)
        ? [
            `${connected()} of ${group.members.length} members are connected, fewer than a quorum: check the others, and their ports`,
          ]
        : []),
    ],
  };
}

function windowStatus({ plan, round }: OpenWindow, seat: number): QuorumWindowStatus {
  const { index, block, activeEnd } = plan.window;
  return {
    index: `${index}`,
    block: `${block}`,
    activeEnd: `${activeEnd}`,
    rank: round.rank,
    leader: nameOf(plan, plan.leaders[round.rank]),
    checklist: plan.checklist.map(({ action }) => action),
    certified: round.certificate?.value.action ?? null,
    abstains: round.abstains,
    signed: signedBy(round.places, seat)
      .filter(({ statement }) => VOTES.has(statement.kind))
      .map(({ header, statement }) => `${statement.kind} in rank ${header.rank}`),
  };
}
