import { z } from 'zod';
import { chainText, dutyText, keyText } from '../../rule/index.ts';
import { decimal, digestText, hash, type Of, unitText } from './texts.ts';

export const observationReport = z.strictObject({
  chain: chainText,
  finalizedBlock: decimal.nullish().describe('Height of the finalised head, in decimal.'),
  setId: decimal.nullish().describe('GRANDPA authority set id, in decimal.'),
  beefySetId: decimal.nullish().describe('BEEFY validator set id, in decimal. It is not the GRANDPA set id.'),
  round: decimal.nullish().describe('GRANDPA round of that set, in decimal.'),
  session: decimal.nullish().describe('Session index, in decimal.'),
  bestSlot: decimal
    .nullish()
    .describe('Slot of the best block, only in the first report after the observer saw that block arrive.'),
});
/** BEEFY has its own validator set id, which rises with every session. */
export type ObservationReport = Of<typeof observationReport>;

const blockName = z.strictObject({ number: decimal, hash });

const number = z
  .int()
  .min(0)
  .optional()
  .describe('One above the last report of this kind, and more if the observer may have missed a signature.');

export const signaturesReport = z
  .strictObject({
    chain: chainText,
    number,
    signatures: z
      .array(
        z.strictObject({
          key: keyText,
          duty: dutyText.describe('A duty with blocks; the others are not compared.'),
          unit: unitText.describe(
            'Its fields, for example the slot `281234567`, or `281234567/1200/72623859790382856` for `aura-parachain`.',
          ),
          digest: hash.describe('Hash of the header without its seal.'),
          block: blockName,
        }),
      )
      .min(1)
      .max(64),
  })
  .describe('Blocks that the node of the observer imported. Keys without a policy are ignored.');
/** Signatures of blocks that a node imported. The node has checked each seal. */
export type SignaturesReport = Of<typeof signaturesReport>;
export type SeenSignature = SignaturesReport['signatures'][number];

const setRound = z.string().regex(/^(0|[1-9][0-9]{0,19})\/(0|[1-9][0-9]{0,19})$/);

const voteDigest = z.string().regex(/^0x[0-9a-f]{80}$/);

const voteSignature = z.string().regex(/^0x[0-9a-f]{128}$/);

export const votesReport = z
  .strictObject({
    chain: chainText,
    number,
    votes: z
      .array(
        z.strictObject({
          key: keyText,
          unit: setRound.describe('Set and round, in decimal: `12/340`.'),
          part: z.enum(['prevote', 'precommit']),
          digest: voteDigest.describe('Hash of the target, then its number as 8 bytes big-endian.'),
          signature: voteSignature.describe('Ed25519, over SCALE of the vote, the round and the set.'),
          block: blockName.describe('The block that the justification finalised.'),
        }),
      )
      .max(64),
  })
  .describe(
    'GRANDPA votes in justifications, none if they have no vote of a key. The service verifies each signature. Keys without a policy are ignored.',
  );
/** Votes of GRANDPA with their signatures, which the service verifies. */
export type VotesReport = Of<typeof votesReport>;
export type SeenVote = VotesReport['votes'][number];

const pairOf = (text: z.ZodString) =>
  z.array(text).length(2) as unknown as z.ZodType<[string, string], [string, string]>;

export const offencesReport = z
  .strictObject({
    chain: chainText,
    offences: z
      .array(
        z.strictObject({
          key: keyText,
          duty: dutyText.describe('`babe` or `grandpa`; others are not compared.'),
          unit: unitText.describe('The slot, or set and round.'),
          part: z.enum(['seal', 'prevote', 'precommit']),
          digests: pairOf(digestText).describe('The two payloads that the key signed, as claims name them.'),
          signatures: pairOf(voteSignature).optional().describe('The signatures of the two votes.'),
          block: blockName.describe('The block that recorded the offence.'),
        }),
      )
      .min(1)
      .max(16),
  })
  .describe('Equivocations by events of finalised blocks. Keys without a policy are ignored.');
/** Equivocations, from events of finalised blocks. */
export type OffencesReport = Of<typeof offencesReport>;
export type SeenOffence = OffencesReport['offences'][number];

const leaseId = z.string().regex(/^[0-9a-f]{32}$/);

export const readinessReport = z.strictObject({
  chain: chainText,
  keys: z.array(keyText).min(1).max(64).describe('The keys that this node holds.'),
  syncing: z.boolean(),
  peers: z.int().min(0).max(1_000_000),
  finalityLagBlocks: z.int().min(0).max(4_294_967_295),
  clockOffsetMs: z.number().min(-1_000_000_000).max(1_000_000_000),
  version: z.string().max(64).optional().describe("Release of the node's program."),
  heldKeys: z.array(keyText).max(64).optional().describe('The members of `keys` that are in its keystore.'),
  unknownKinds: z
    .array(z.string().regex(/^[ -~]{1,8}$/))
    .max(16)
    .optional()
    .describe(
      'Kinds of keys that its gate does not know, so that it signs nothing with them, such as `nimb`.',
    ),
  leases: z
    .array(
      z.strictObject({
        name: keyText.describe('The public key whose secret one machine alone may have.'),
        key: keyText.describe('The member of `keys` whose active node may have it.'),
        holds: leaseId
          .nullable()
          .describe('The lease by which the secret is, or may soon be, on this machine.'),
        returned: leaseId
          .nullable()
          .describe('The last lease, once the secret is not on this machine any more.'),
      }),
    )
    .max(8)
    .optional(),
});
export type ReadinessReport = Of<typeof readinessReport>;
