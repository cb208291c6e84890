import type { HeadStatus } from './head.ts';

/** The part of `/status` that every profile has. */
interface MemberStatus extends HeadStatus {
  /** The name of the group. */
  readonly name: string;
  readonly group: string;
  readonly members: number;
  readonly peers: readonly { readonly seat: number; readonly name: string; readonly isConnected: boolean }[];
}

interface WindowStatus {
  readonly index: string;
  readonly block: string;
  readonly activeEnd: string;
  readonly leader: string;
  readonly checklist: readonly string[];
}

/** `last`: the window before, as it was when it closed; null if this process did not see it. */
interface Windows<Window> {
  readonly window: Window | null;
  readonly last: Window | null;
}

export interface QuorumWindowStatus extends WindowStatus {
  readonly rank: number;
  /** The action with a certificate; null if there is none. */
  readonly certified: string | null;
  /** Why this member does not sign in this window, or null. */
  readonly abstains: string | null;
  /** The votes that this member signed, for example `commit in rank 0`. */
  readonly signed: readonly string[];
}

/** The present state of a member of the profile quorum. */
export interface Status extends MemberStatus, Windows<QuorumWindowStatus> {
  readonly seat: number;
  readonly member: string;
  readonly quorum: number;
}

export interface Rfc12WindowStatus extends WindowStatus {
  /** Whether this operator leads it. */
  readonly leads: boolean;
}

/** The present state of a member of rfc12; its group is the hash of the wallet's key, hex. */
export interface Rfc12Status extends MemberStatus, Windows<Rfc12WindowStatus> {
  readonly profile: 'rfc12';
  readonly channel: string;
  /** 1: the blocks of RFC 12. */
  readonly practiceScale: number;
  readonly operator: string;
  readonly peerId: string | null;
  readonly seats: readonly number[];
}

/** The answer to `/status`. */
export type LiveStatus = (Status | Rfc12Status) & {
  readonly problems: readonly string[];
  /** Outcomes by result, or by reason if there is one. */
  readonly totals: Readonly<Record<string, number>>;
  /** For a page that links to that of this member. */
  readonly said: { readonly isWell: boolean; readonly sentence: string };
};

type Rows = readonly (readonly [name: string, text: string])[];

/** The state as rows for people, without the problems. */
export function statusRows(status: LiveStatus): Rows {
  const { height, heightAgeMs, executing, peers, totals } = status;
  const connected = peers.filter(({ isConnected }) => isConnected).map((peer) => peer.name);
  const missing = peers.filter(({ isConnected }) => !isConnected).map((peer) => peer.name);
  const age = heightAgeMs === null ? '' : `, ${(heightAgeMs / 1_000).toFixed(1)} s ago`;
  const isRfc12 = 'profile' in status;
  return [
    ...(isRfc12 ? rfc12Rows(status) : quorumRows(status)),
    ['chain', height === null ? 'no finalised height yet' : `finalised ${height}${age}`],
    ['window', isRfc12 ? rfc12Window(status.window) : windowText(status.window)],
    ...(executing === null ? [] : [['running', `the action of window ${executing}`] as const]),
    ['connected', connected.join(', ') || 'no member'],
    ...(missing.length === 0 ? [] : [['missing', missing.join(', ')] as const]),
    [
      'windows',
      Object.entries(totals)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ') || 'none yet',
    ],
  ];
}

function quorumRows({ group, member, members, name, quorum, seat }: Status): Rows {
  return [
    ['group', `${name} ${group}`],
    ['member', `${member}, seat ${seat}; ${quorum} of ${members} make a quorum`],
  ];
}

function rfc12Rows({ group, name, operator, peerId, practiceScale, seats }: Rfc12Status): Rows {
  const practice = `every count of blocks is divided by ${practiceScale}`;
  return [
    ['group', `${name}, wallet ${group}`],
    ['operator', `${operator}, seats ${seats.join(', ')}`],
    ['peer', peerId ?? 'the channel is not open'],
    ...(practiceScale === 1 ? [] : [['practice', practice] as const]),
  ];
}

function rfc12Window(window: Rfc12WindowStatus | null): string {
  if (window === null) return 'none is open';
  const { activeEnd, block, checklist, index, leader, leads } = window;
  const who = leads ? 'this operator leads' : `led by ${leader}`;
  return `${index} (${block} to ${activeEnd}), ${who}; due: ${checklist.join(', ')}, or a noop`;
}

function windowText(window: QuorumWindowStatus | null): string {
  if (window === null) return 'none is open';
  const { index, block, activeEnd, rank, leader, checklist, certified, abstains } = window;
  const due = checklist.length === 0 ? 'no action is due' : `due: ${checklist.join(', ')}`;
  const state = certified === null ? 'no certificate yet' : `certificate for ${certified}`;
  const sits = abstains === null ? '' : `; this member does not sign: ${abstains}`;
  return `${index} (${block} to ${activeEnd}), rank ${rank} led by ${leader}; ${due}; ${state}${sits}`;
}
