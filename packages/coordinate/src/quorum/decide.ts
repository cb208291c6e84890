import { certificateOf } from './certificate.ts';
import { encodeMessage } from './codec.ts';
import { hexOf } from './digest.ts';
import { holdLease, ranksCounted } from './lock.ts';
import type { Certificate } from './messages.ts';
import { placed, tallies } from './places.ts';
import { valueNamed } from './proposals.ts';
import { rankAt } from './rank.ts';
import { QUORUM_FRAME } from './self.ts';
import { domainOf } from './signing.ts';
import { change, type QuorumTurn, quorumIn, send, someHonest, speak, tell } from './turn.ts';
import { valueDigest } from './value.ts';

/**
 * A quorum of commits of one rank, the own or another, decides the window (Moniz, arXiv:2002.03613, algorithm
 * 2). Returns whether it did so now.
 */
export function decide(turn: QuorumTurn): boolean {
  const { plan, round } = turn;
  const { rankCount } = plan.group.windows;
  if (round.certificate !== null || rankAt(plan, round.height) === null) return false;
  for (let rank = 0; rank < rankCount; rank++) {
    for (const { digest, votes } of tallies(round.places, 'commit', ranksCounted(turn, rank))) {
      if (votes.length < quorumIn(turn)) continue;
      const value = valueNamed(round, rankCount, digest);
      if (value === null) continue;
      adopt(turn, certificateOf(plan, rank, value, votes));
      return true;
    }
  }
  return false;
}

/** Keeps a valid certificate, and sends it on once. A member that has it needs no other message. */
export function adopt(turn: QuorumTurn, certificate: Certificate): void {
  const { rank, value, commits } = certificate;
  const digest = valueDigest(value);
  change(turn, { certificate });
  holdLease(turn, value, 'certified');
  turn.mustRemember = true;
  sayCertificate(turn);
  const of = `${commits.length} of ${turn.plan.group.members.length}`;
  const text = `certificate of rank ${rank} for ${value.action} ${hexOf(digest).slice(0, 16)} with ${of} commits`;
  tell(turn, 'certificate', text);
}

/** Sends the certificate on, once. Returns whether it signed; without a signature it is tried again. */
export function sayCertificate(turn: QuorumTurn): boolean {
  const { certificate } = turn.round;
  if (certificate === null) return false;
  const { rank, value, commits } = certificate;
  return speak(turn, rank, { kind: 'certificate', digest: valueDigest(value) }, { value, votes: commits });
}

/**
 * In the last part of the window: sends the certificate once more, for members that could not hear it before.
 * The first f + 1 submitters do so, and one of them is honest.
 */
export function certifyAgain(turn: QuorumTurn): void {
  const { self, plan, round } = turn;
  const { certificate, certifiedAgain, height } = round;
  if (certificate === null || certifiedAgain || rankAt(plan, height) !== null) return;
  if (plan.submitters.indexOf(self.seat) >= someHonest(turn)) return;
  const own = placed(round.places, 'certificate', certificate.rank, self.seat);
  if (own === null) return;
  change(turn, { certifiedAgain: true });
  turn.mustRemember = true;
  send(turn, own);
}

/** After the window, until the lease is over: sends the certificate to members that missed it. */
export function handOut({ self, plan, round, asks }: QuorumTurn): void {
  const { certificate } = round;
  if (certificate === null || certificate.value.validityBlocks === 0n) return;
  const own = placed(round.places, 'certificate', certificate.rank, self.seat);
  if (own === null) return;
  const untilHeight = plan.window.end + certificate.value.validityBlocks;
  const payload = encodeMessage(domainOf(plan), own);
  asks.push({ kind: 'broadcast', type: QUORUM_FRAME, payload, untilHeight });
}
