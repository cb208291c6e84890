import { columns, table } from '@watchbill/kit';
import type { CoordinateStatus, Rfc12Status, Runtime } from '../index.ts';

export type WindowRow = ReturnType<ReturnType<Runtime['readStateFolder']>['windows']>[number];

interface Summary {
  readonly problems: readonly string[];
  readonly totals: Readonly<Record<string, number>>;
}

/** The answer of a running member. */
export type LiveStatus = (CoordinateStatus | Rfc12Status) & Summary;

export function statusText(status: LiveStatus): string {
  const { height, heightAgeMs, executing, totals } = status;
  const connected = status.peers.filter(({ isConnected }) => isConnected).map((peer) => peer.name);
  const missing = status.peers.filter(({ isConnected }) => !isConnected).map((peer) => peer.name);
  const age = heightAgeMs === null ? '' : `, ${(heightAgeMs / 1_000).toFixed(1)} s ago`;
  const isRfc12 = 'profile' in status;
  const rows: readonly (readonly [string, string])[] = [
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
    ...status.problems.map((problem) => ['problem', problem] as const),
  ];
  return columns(rows);
}

type Rows = readonly (readonly [string, string])[];

function quorumRows({ group, member, members, name, quorum, seat }: CoordinateStatus): Rows {
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

function rfc12Window(window: Rfc12Status['window']): string {
  if (window === null) return 'none is open';
  const { activeEnd, block, checklist, index, leader, leads } = window;
  const who = leads ? 'this operator leads' : `led by ${leader}`;
  return `${index} (${block} to ${activeEnd}), ${who}; due: ${checklist.join(', ')}, or a noop`;
}

function windowText(window: CoordinateStatus['window']): string {
  if (window === null) return 'none is open';
  const { index, block, activeEnd, rank, leader, checklist, certified, abstains } = window;
  const due = checklist.length === 0 ? 'no action is due' : `due: ${checklist.join(', ')}`;
  const state = certified === null ? 'no certificate yet' : `certificate for ${certified}`;
  const sits = abstains === null ? '' : `; this member does not sign: ${abstains}`;
  return `${index} (${block} to ${activeEnd}), rank ${rank} led by ${leader}; ${due}; ${state}${sits}`;
}

export function windowsText(rows: readonly WindowRow[]): string {
  if (rows.length === 0) return 'no window has ended yet\n';
  const cells = rows.map((row) => [
    row.from === row.to ? row.from : `${row.from}-${row.to}`,
    row.reason === null ? row.result : `${row.result}: ${row.reason}`,
    row.action ?? '',
    row.leader ?? '',
    row.startBlock === null ? '' : `${row.startBlock}-${row.expiryBlock}`,
    row.faults.map(({ culprit, kind }) => `${culprit} ${kind}`).join(', '),
    row.receipts.at(-1)?.text ?? row.detail,
  ]);
  return table(['window', 'result', 'action', 'first leader', 'blocks', 'faults', 'detail'], cells);
}
