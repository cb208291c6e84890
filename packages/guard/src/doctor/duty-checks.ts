import { counted } from '@watchbill/base';
import type { BlockFacts, VoteFacts } from './facts.ts';
import { type Check, found, GOOD, keyText, missing, type Outcome, on } from './finding.ts';

/** Checks of the duties: an active validator that does nothing. */
export const DUTY_CHECKS: readonly Check[] = [
  {
    id: 'duties-blocks',
    group: 'duties',
    title: 'an active validator makes blocks',
    look: ({ blocks }) => on(blocks, blocksMade),
  },
  {
    id: 'duties-votes',
    group: 'duties',
    title: 'an active validator votes for finality',
    look: ({ votes }) => on(votes, votesCast),
  },
];

/** A healthy validator is without a block this rarely in the blocks that were read. */
const BY_CHANCE = 0.001;

/** How many blocks show an absence: with n authorities of one weight, (1 - 1/n) ^ blocks is by chance. */
export function blocksNeeded(authorities: number): number {
  return authorities < 2 ? 1 : Math.ceil(Math.log(BY_CHANCE) / Math.log(1 - 1 / authorities));
}

function blocksMade({ engine, own, authorities, blocks, authored }: BlockFacts): Outcome {
  // Not in the set: it has no block to make. The finding about its session keys says why, if it should be.
  if (own === null || authored > 0) return GOOD;
  const needed = blocksNeeded(authorities);
  if (blocks < needed) {
    return missing(
      `${counted(blocks, 'block')} of this set, none of this key: with ${authorities} authorities it takes ${needed} to be sure; give --blocks ${needed}`,
      false,
    );
  }
  return found({
    letter: 'D',
    subject: `${engine} ${own}`,
    what: `${keyText({ kind: engine, publicKey: own })} is in the set and made no block`,
    evidence: [`none of the last ${blocks} finalised blocks, with ${authorities} authorities`],
    cost: 'the validator earns nothing for blocks, and the chain is slower',
    mend: 'watchbill doctor with --node, --keystore and --unit: look for a stopped node, a missing key, or a node that syncs',
  });
}

/** One late vote is no absence. */
const LEAST_ROUNDS = 2;

function votesCast({ own, authorities, rounds, voted, listenedMs }: VoteFacts): Outcome {
  if (own === null || voted > 0) return GOOD;
  if (rounds < LEAST_ROUNDS) {
    return missing(
      `${counted(rounds, 'round')} ended in ${Math.round(listenedMs / 1_000)} s, and it takes ${LEAST_ROUNDS}; give a longer --listen`,
      false,
    );
  }
  return found({
    letter: 'D',
    subject: `gran ${own}`,
    what: `${keyText({ kind: 'gran', publicKey: own })} is in the set and does not vote`,
    evidence: [`no vote in ${counted(rounds, 'round')} that ended, with ${authorities} authorities`],
    cost: 'finality has one vote less; if a third of the votes are missing, it stands still',
    mend: 'watchbill doctor with --node, --keystore and --unit: look for a stopped node, a missing key, or a node that syncs',
  });
}
