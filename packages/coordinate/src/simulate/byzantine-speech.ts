import { hexOf } from '../quorum/digest.ts';
import type { EvidenceKind } from '../quorum/evidence.ts';
import type { Attachment, Statement, Value } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { justificationDigest } from '../quorum/proof-codec.ts';
import { valueDigest } from '../quorum/value.ts';
import { sign } from './byzantine-message.ts';
import type { ByzantineSelf } from './byzantine-parts.ts';
import type { Chance } from './message-pool.ts';
import { BLOCK_MS } from './simulated-chain.ts';

/** The statements of a Byzantine member in its own name, which bypass the simulated network. */
export interface Speech {
  /** To all honest members, unless `to` names some of them. */
  tell(
    rank: number,
    statement: Statement,
    attached?: Partial<Attachment>,
    to?: readonly number[],
    misdeeds?: readonly EvidenceKind[],
  ): void;
  /** Signs a prepare and a commit for the digest, unless it did before. */
  vote(rank: number, digest: Uint8Array): void;
  /** Proposes the value to some members, and votes for it. */
  propose(
    rank: number,
    chance: Chance,
    value: Value,
    to: readonly number[],
    misdeeds: readonly EvidenceKind[],
  ): void;
}

export function speechOf({ parts, seat, traits }: ByzantineSelf): Speech {
  const { setup, plan, pool, later, prng } = parts;
  const said = new Set<string>();

  const tell: Speech['tell'] = (rank, statement, attached = {}, to = setup.honest, misdeeds = []) => {
    const sent = sign(parts, { seat, rank }, statement, attached, misdeeds);
    pool.note(sent.message);
    parts.slip(to, sent);
  };

  const vote: Speech['vote'] = (rank, digest) => {
    for (const kind of ['prepare', 'commit'] as const) {
      const key = `${kind}/${rank}/${traits.votesForAll ? hexOf(digest) : ''}`;
      if (said.has(key)) continue;
      said.add(key);
      const isHeld = traits.holdsBack && (rank === 0 || kind === 'commit');
      const favourite = isHeld ? parts.favourite() : null;
      if (favourite === null) {
        tell(rank, { kind, digest });
        continue;
      }
      tell(rank, { kind, digest }, {}, [favourite]);
      const others = setup.honest.filter((other) => other !== favourite);
      const lateBlocks = kind === 'prepare' ? prng.between(3, 5) : prng.between(6, 9);
      later.after(lateBlocks * BLOCK_MS, () => tell(rank, { kind, digest }, {}, others));
    }
  };

  return {
    tell,
    vote,
    propose: (rank, chance, value, to, misdeeds) => {
      const { justification } = chance;
      tell(rank, proposalOf(plan, chance, value), { value, justification }, to, misdeeds);
      vote(rank, valueDigest(value));
    },
  };
}

function proposalOf(plan: QuorumPlan, { justification }: Chance, value: Value): Statement {
  const { seedInput, referenceHash } = plan;
  const why = justification === null ? null : justificationDigest(justification);
  const digest = valueDigest(value);
  return { kind: 'propose', seedInput, referenceHash, digest, action: value.action, justification: why };
}
