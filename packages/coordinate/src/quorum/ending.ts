import type { OutcomeReason } from '../outcome.ts';
import type { Decision } from '../rules.ts';
import { encodeCertificate } from './certificate.ts';
import type { Certificate, Message } from './messages.ts';
import { placed, placesOf, tallies } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import { proposalRefusal } from './proposals.ts';
import type { Divergence, QuorumRound } from './round.ts';
import { NOOP } from './self.ts';
import { type QuorumTurn, someHonest } from './turn.ts';

/** The result of a window that is over. */
export function decisionAtEnd(turn: QuorumTurn): Decision {
  const { certificate } = turn.round;
  if (certificate === null) return { result: 'failed', reason: reasonOf(turn), detail: detailOf(turn) };
  const { leaders, group } = turn.plan;
  const leader = group.members[leaders[certificate.rank] ?? -1]?.name;
  return certified(certificate, leader === undefined ? '' : `, led by ${leader}`);
}

/** The result of a certificate. */
export function certified(certificate: Certificate, ledBy = ''): Decision {
  const { rank, commits, value } = certificate;
  const { action, validityBlocks } = value;
  const detail = `certified in rank ${rank}${ledBy}, with ${commits.length} commits`;
  if (action === NOOP) return { result: 'noop', action, detail };
  return { result: 'execute', action, payload: encodeCertificate(certificate), validityBlocks, detail };
}

/** If f + 1 members differ from this one, there may be no quorum on either side. */
function reasonOf(turn: QuorumTurn): OutcomeReason {
  if (turn.round.abstains !== null) return 'interrupted';
  const enough = someHonest(turn);
  if (seatsThatDiffer(turn, 'version').length >= enough) return 'version-differs';
  const inputs = [...seatsThatDiffer(turn, 'seed'), ...seatsThatDiffer(turn, 'reference')];
  return inputs.length >= enough ? 'seed-differs' : 'no-certificate';
}

function seatsThatDiffer({ round }: QuorumTurn, what: Divergence): readonly number[] {
  return [...round.divergent].flatMap(([seat, divergence]) => (divergence === what ? [seat] : []));
}

/** How far the window came, rank by rank, with the members that differ, and whether this node took part. */
function detailOf(turn: QuorumTurn): string {
  const { plan, round } = turn;
  const parts = round.abstains === null ? [] : [`this node did not sign in this window: ${round.abstains}`];
  for (const what of ['version', 'reference', 'seed'] as const) {
    const names = seatsThatDiffer(turn, what).map((seat) => plan.group.members[seat]?.name ?? `${seat}`);
    if (names.length > 0) parts.push(`another ${what}: ${names.join(', ')}`);
  }
  for (let rank = 0; rank <= round.rank; rank++) parts.push(`rank ${rank}: ${progressOf(turn, rank)}`);
  return parts.join('; ');
}

function progressOf({ plan, round, self }: QuorumTurn, rank: number): string {
  const leader = plan.leaders[rank] ?? 0;
  const proposal = placed(round.places, 'propose', rank, leader);
  const votes = (['prepare', 'commit'] as const).map((kind) => {
    const most = Math.max(0, ...tallies(round.places, kind, [rank]).map((tally) => tally.votes.length));
    return `${most} ${kind}${most === 1 ? '' : 's'}`;
  });
  const changes = rank === 0 ? [] : [`${placesOf(round.places, 'rank-change', rank).size} rank-changes`];
  const own = leader === self.seat && round.leading?.rank === rank ? round.leading.errors : [];
  const errors = own.length === 0 ? [] : [`this node could not make a proposal: ${own.join(', ')}`];
  return [...changes, heard(plan, proposal), ...votes, ...refusalsOf(round, rank), ...errors].join(', ');
}

function heard(plan: QuorumPlan, proposal: Message | null): string {
  if (proposal === null) return 'no proposal heard';
  const refusal = proposalRefusal(plan, proposal);
  return refusal === null ? 'proposal heard' : `proposal not taken (${refusal})`;
}

/** The signed reasons, with the number of members that signed each. */
function refusalsOf({ places }: QuorumRound, rank: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { statement } of placesOf(places, 'refusal', rank).values()) {
    if (statement.kind === 'refusal') counts.set(statement.code, (counts.get(statement.code) ?? 0) + 1);
  }
  return [...counts].map(([code, count]) => `refused ${code} by ${count}`);
}
