import type { Clock } from '@watchbill/kit';
import type { QuorumGroup } from '../../quorum/group.ts';
import { quorumOf } from '../../quorum/group.ts';
import type { Note } from '../../rules.ts';
import type { PeerState } from '../../transport/port.ts';
import { OWN_KEY_ELSEWHERE } from './refusals.ts';
import { nameOf, type OpenWindow, openWindowOf, type Watcher } from './watch.ts';

/** The present state of a member; heights and windows are decimal texts. */
export interface Status {
  readonly group: string;
  readonly name: string;
  readonly seat: number;
  readonly member: string;
  readonly members: number;
  readonly quorum: number;
  /** Null before the first height. */
  readonly height: string | null;
  /** How long ago the height last rose, in milliseconds. */
  readonly heightAgeMs: number | null;
  readonly window: {
    readonly index: string;
    readonly block: string;
    readonly activeEnd: string;
    readonly rank: number;
    readonly leader: string;
    readonly checklist: readonly string[];
    /** The action with a certificate; null if there is none. */
    readonly certified: string | null;
    /** Why this member does not sign in this window, or null. */
    readonly abstains: string | null;
  } | null;
  /** The window whose action runs here. */
  readonly executing: string | null;
  readonly peers: readonly { readonly seat: number; readonly name: string; readonly isConnected: boolean }[];
  /** The record that could not be stored, with the reason; null while all records are stored. */
  readonly storeFailure: string | null;
}

export interface View {
  readonly watch: Watcher;
  note(note: Note): void;
  /** Why this member must not sign until it is restarted, or null. */
  silenced(): string | null;
  status(): Status;
  /** Current problems; empty if there are none. */
  problems(): readonly string[];
}

export interface ViewParts {
  readonly group: QuorumGroup;
  readonly groupId: Uint8Array;
  readonly seat: number;
  readonly peers: () => readonly PeerState[];
  /** Silence of the chain after which this member is not healthy. */
  readonly stallMs: number;
  readonly time: Clock;
}

export function createView({ group, groupId, seat, peers, stallMs, time }: ViewParts): View {
  let height: bigint | null = null;
  let heightAtMs: number | null = null;
  let open: OpenWindow | null = null;
  let executing: bigint | null = null;
  let storeFailure: string | null = null;
  let silenced: string | null = null;
  const connected = () => peers().filter(({ isConnected }) => isConnected).length + 1;
  const ageMs = () => (heightAtMs === null ? null : Math.round(time.monotonicMs() - heightAtMs));
  return {
    watch: (event) => {
      if (event.kind === 'height' && (height === null || event.height > height))
        [height, heightAtMs] = [event.height, time.monotonicMs()];
      if (event.kind === 'store-failed') storeFailure = `${event.what}: ${event.why}`;
      if (event.kind === 'store-works') storeFailure = null;
      if (event.kind !== 'stepped') return;
      open = openWindowOf(event);
      executing = event.state.cursor?.execution?.window ?? null;
    },
    note: ({ code, text }) => {
      if (code === OWN_KEY_ELSEWHERE) silenced = text;
    },
    silenced: () => silenced,
    status: () => ({
      group: `0x${Buffer.from(groupId).toString('hex')}`,
      name: group.name,
      seat,
      member: nameOf({ group }, seat),
      members: group.members.length,
      quorum: quorumOf(group.members.length),
      height: height === null ? null : `${height}`,
      heightAgeMs: ageMs(),
      window: open === null ? null : windowStatus(open),
      executing: executing === null ? null : `${executing}`,
      peers: peers()
        .filter((peer) => peer.seat !== seat)
        .map((peer) => ({
          seat: peer.seat,
          name: nameOf({ group }, peer.seat),
          isConnected: peer.isConnected,
        })),
      storeFailure,
    }),
    problems: () => {
      const age = ageMs();
      return [
        ...(age === null ? ['the node has not reported a height yet'] : []),
        ...(age !== null && age > stallMs
          ? [`the finalised height is ${Math.round(age / 1_000)} s old`]
          : []),
        ...(silenced === null ? [] : [silenced]),
        ...(storeFailure === null ? [] : [`not stored: ${storeFailure}`]),
        ...(connected() < quorumOf(group.members.length)
          ? [`${connected()} of ${group.members.length} members are connected, fewer than a quorum`]
          : []),
      ];
    },
  };
}

function windowStatus({ plan, round }: OpenWindow): NonNullable<Status['window']> {
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
  };
}
