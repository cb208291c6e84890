import { z } from 'zod';
import type { Duty } from '../../rule/index.ts';
import { policyDocument } from '../policy/document.ts';
import { chainText, dutyText, keyText, nameText } from '../policy/shapes.ts';

const PARTS = ['enter', 'seal', 'propose', 'prevote', 'precommit', 'vote', 'heartbeat'] as const;
const OUTCOMES = ['granted', 'denied', 'unknown'] as const;
const ROLES = ['node', 'observer', 'operator', 'reader'] as const;

const decimal = z.string().regex(/^(0|[1-9][0-9]{0,19})$/);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const digestText = z.string().regex(/^0x([0-9a-f]{2}){1,64}$/);
// No control characters and no surrogates, so that the pattern means one thing with and without the unicode
// flag.
const reasonText = z.string().regex(/^[ -~\u00a0-\ud7ff\ue000-\uffff]{1,500}$/);
const unitText = z.string().regex(/^(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/);

/** Opaque to the claimant. */
const wordText = z.string().regex(/^[!-~]{1,512}$/);

export const head = z.strictObject({
  epoch: id,
  seq: decimal.describe('Sequence number of the last entry, in decimal.'),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Without examples, the page would generate texts from the patterns. */
const CLAIM_EXAMPLE = {
  claimId: 'claim-1',
  chain: `0x${'91'.repeat(32)}`,
  key: `0x${'d4'.repeat(32)}`,
  duty: 'babe',
  unit: '290000000',
  part: 'seal',
  digest: `0x${'5f'.repeat(32)}`,
  incarnation: '0123456789abcdef0123456789abcdef',
};

/**
 * A claim; which duties there are is a part of the schema. A member that is not of the schema says nothing: a
 * claim that has one is answered like any other.
 */
export function claimRequest(duties: readonly Duty[]) {
  return z
    .object({
      claimId: id.describe('Chosen at random by the claimant and echoed.'),
      ledger: id.nullish().describe('Ledger id from an earlier reply; null without one.'),
      epoch: id.nullish().describe('Epoch from an earlier reply; null without one.'),
      chain: chainText,
      key: keyText,
      duty: dutyText.describe(`One of ${duties.map((duty) => duty.name).join(', ')}.`),
      unit: unitText.describe(
        'The unit in canonical decimal form, fields joined by `/`: slot; set/round; set/block; session.',
      ),
      part: z.enum(PARTS).describe('The part of the unit, one that the duty has.'),
      digest: digestText.nullish().describe("Payload digest: 0x and hex of the duty's exact length."),
      incarnation: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .describe('Chosen at random by the signing process, once per start: 32 lower-case hex digits.'),
      term: decimal.nullish().describe('Watch term of an `enter`.'),
      word: wordText
        .nullish()
        .describe(
          'The `word` of the last reply for this mark, exactly as it was; null or absent without one.',
        ),
      timeoutMs: z
        .int()
        .min(1)
        .max(30_000)
        .optional()
        .describe(
          'How long the claimant waits, in milliseconds. An `enter` is answered after 3000 at most. Without it the duty decides.',
        ),
    })
    .meta({ examples: [CLAIM_EXAMPLE] });
}

export const claimReply = z.object({
  outcome: z.enum(OUTCOMES),
  reason: z.string().describe('Reason code.'),
  message: z.string(),
  claimId: z.string(),
  ledger: z.string(),
  chain: z.string(),
  key: z.string(),
  duty: z.string(),
  unit: z.string(),
  part: z.string(),
  digest: z.string().nullable(),
  incarnation: z.string(),
  head: head.nullable().describe('The position of the mark; keep the highest that you received.'),
  word: wordText
    .nullable()
    .describe(
      'Keep it with the head, and send it back with the next claim for this mark; null if there is none.',
    ),
  watch: z
    .object({ holder: z.string().nullable(), term: z.string() })
    .nullable()
    .describe('For duties that follow the watch.'),
});

export const observationReport = z.strictObject({
  chain: chainText,
  finalizedBlock: decimal.nullish().describe('Height of the finalised head, in decimal.'),
  setId: decimal.nullish().describe('GRANDPA authority set id, in decimal.'),
  beefySetId: decimal.nullish().describe('BEEFY validator set id, in decimal. It is not the GRANDPA set id.'),
  round: decimal.nullish().describe('GRANDPA round of that set, in decimal.'),
  session: decimal.nullish().describe('Session index, in decimal.'),
});

export const signaturesReport = z
  .strictObject({
    chain: chainText,
    signatures: z
      .array(
        z.strictObject({
          key: keyText,
          duty: dutyText.describe('A duty with blocks; the others are not compared.'),
          unit: unitText.describe(
            'Its fields, for example the slot `281234567`, or `281234567/1200/72623859790382856` for `aura-parachain`.',
          ),
          digest: z
            .string()
            .regex(/^0x[0-9a-f]{64}$/)
            .describe('Hash of the header without its seal.'),
          block: z.strictObject({
            number: decimal,
            hash: z.string().regex(/^0x[0-9a-f]{64}$/),
          }),
        }),
      )
      .min(1)
      .max(64),
  })
  .describe('Blocks that the node of the observer imported. Keys without a policy are ignored.');

const setRound = z.string().regex(/^(0|[1-9][0-9]{0,19})\/(0|[1-9][0-9]{0,19})$/);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const voteDigest = z.string().regex(/^0x[0-9a-f]{80}$/);
const voteSignature = z.string().regex(/^0x[0-9a-f]{128}$/);
const blockName = z.strictObject({ number: decimal, hash });

export const votesReport = z
  .strictObject({
    chain: chainText,
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
      .min(1)
      .max(64),
  })
  .describe(
    'GRANDPA votes in justifications. The service verifies each signature. Keys without a policy are ignored.',
  );

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

export const readinessReport = z.strictObject({
  chain: chainText,
  keys: z.array(keyText).min(1).max(64).describe('The keys that this node holds.'),
  syncing: z.boolean(),
  peers: z.int().min(0).max(1_000_000),
  finalityLagBlocks: z.int().min(0).max(4_294_967_295),
  clockOffsetMs: z.number().min(-1_000_000_000).max(1_000_000_000),
  version: z.string().max(64).optional().describe("Release of the node's program."),
  heldKeys: z.array(keyText).max(64).optional().describe('The members of `keys` that are in its keystore.'),
});

export const watchState = z.object({
  chain: z.string(),
  key: z.string(),
  holder: z.string().nullable(),
  live: z.boolean(),
  term: z.string(),
  ready: z.array(z.string()),
  unfit: z.array(z.object({ node: z.string(), why: z.string() })).optional(),
  movingTo: z.string().nullable().optional(),
});
export const watchStates = z.object({ watch: z.array(watchState) });

export const drillRequest = z.strictObject({ chain: chainText, key: keyText, to: nameText });
export const handoverRequest = drillRequest.extend({
  force: reasonText
    .optional()
    .describe('Why the hand-over must not wait for the open units of the old holder. Kept in the log.'),
});

const checkState = z.enum(['ok', 'fail', 'unknown']);
const shadowSummary = z.object({
  due: z.int(),
  granted: z.int(),
  asked: z.int(),
  recentDenied: z.int(),
  p99Ms: z.number().nullable(),
  why: z.string().nullable(),
});
export const drillView = z.object({
  chain: z.string(),
  key: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  state: checkState,
  checks: z.array(
    z.object({
      name: z.string(),
      state: checkState,
      needed: z.boolean(),
      detail: z.string(),
      remedy: z.string().nullable(),
      tookMs: z.number(),
    }),
  ),
  shadow: shadowSummary,
  tookMs: z.number(),
});
const lastDrill = z.object({
  atMs: z.number(),
  by: z.string(),
  state: checkState,
  due: z.int(),
  granted: z.int(),
});
const lastHandover = z.object({
  atMs: z.number(),
  by: z.string().nullable(),
  from: z.string().nullable(),
  term: z.string(),
  tookMs: z.number(),
  force: z.string().nullable(),
});
export const standbyViews = z.object({
  standbys: z.array(
    z.object({
      chain: z.string(),
      key: z.string(),
      node: z.string(),
      onWatch: z.boolean(),
      shadow: shadowSummary,
      lastDrill: lastDrill.nullable(),
      lastHandover: lastHandover.nullable(),
      seen: z.object({
        setId: z.string().nullable(),
        round: z.string().nullable(),
        finalizedBlock: z.string().nullable(),
      }),
    }),
  ),
});

const verdict = z.enum(['proven', 'unproven', 'violation']);

export const upkeepView = z.object({
  lastExport: z.object({ atMs: z.number(), by: z.string(), lines: z.int() }).nullable(),
  lastVerification: z.object({ atMs: z.number(), by: z.string(), verdict }).nullable(),
});

export const verificationReport = z.strictObject({
  ledger: id.describe('The ledger of the exports.'),
  verdict: verdict.describe('The verdict of `watchbill ledger verify`.'),
});

export const exportQuery = z.strictObject({
  marks: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true` adds the marks of the store, read after the ledger.'),
});

export const keyFilter = z.strictObject({ chain: chainText.optional(), key: keyText.optional() });

export const markViews = z.object({
  marks: z.array(
    z.object({
      chain: z.string(),
      key: z.string(),
      duty: z.string(),
      head: z.object({ epoch: z.string(), seq: z.string(), hash: z.string() }),
      floor: z.string().nullable(),
      recent: z.array(
        z.object({
          unit: z.string(),
          node: z.string(),
          incarnation: z.string(),
          parts: z.array(z.object({ part: z.string(), digest: z.string().nullable() })),
        }),
      ),
    }),
  ),
});

/** Query members are texts; the validator converts no values. */
export const decisionQuery = z.strictObject({
  chain: chainText.optional(),
  key: keyText.optional(),
  duty: dutyText.optional(),
  node: nameText.optional(),
  outcome: z.enum(OUTCOMES).optional(),
  unit: unitText.optional(),
  before: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/)
    .optional()
    .describe('Only decisions with a smaller id.'),
  limit: z
    .string()
    .regex(/^([1-9][0-9]{0,2}|1000)$/)
    .optional()
    .describe('1 to 1000; 100 without it.'),
});

export const decisionRecord = z.object({
  id: z.int(),
  atMs: z.number(),
  outcome: z.enum(OUTCOMES),
  reason: z.string(),
  detail: z.string(),
  chain: z.string(),
  key: z.string(),
  duty: z.string(),
  unit: z.string(),
  parts: z.array(z.string()),
  digest: z.string().nullable(),
  node: z.string(),
  incarnation: z.string(),
  claimId: z.string(),
  seq: z.string().nullable(),
  via: z.enum(['claims', 'original']),
  tookMs: z.number(),
});
export const decisionPage = z.object({
  decisions: z.array(decisionRecord),
  next: z.int().nullable().describe('Pass as `before` for the next page; null at the end.'),
});

export const adoptRequest = z.strictObject({
  chain: chainText,
  key: keyText,
  floors: z
    .record(dutyText, unitText.nullable())
    .describe('Floor per duty; null if the key never signed this duty. Name every enabled duty.'),
  policy: policyDocument
    .optional()
    .describe('A policy document for the same transaction: needed if it changes how units are counted.'),
  confirmation: reasonText.describe(
    'How you made sure that no other signer of this key runs. Kept in the ledger.',
  ),
});

export const tokenRequest = z.strictObject({
  role: z.enum(ROLES),
  name: nameText,
  original: z
    .strictObject({ chain: chainText, key: keyText })
    .optional()
    .describe('Makes a base URL of the original wire protocol for one key instead of a bearer token.'),
});
export const tokenView = z.object({
  id: z.string(),
  role: z.enum(ROLES),
  name: z.string(),
  original: z.object({ chain: z.string(), key: z.string() }).nullable(),
  createdMs: z.number(),
});
export const tokenViews = z.object({ tokens: z.array(tokenView) });
export const tokenCreated = z.object({
  token: tokenView,
  secret: z.string().describe('Shown once; only its hash is kept.'),
});

export const serviceViews = z.object({
  services: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      url: z.string().nullable(),
      state: z.enum(['serving', 'joining', 'removed']),
      live: z.boolean(),
      self: z.boolean(),
      vouchedBy: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
export const reasonRequest = z.strictObject({ reason: reasonText.describe('Why. Kept in the ledger.') });
export const idParams = z.strictObject({ id });

const pointView = z.object({
  epoch: z.string(),
  seq: z.string(),
  hash: z.string(),
  unit: z.string().nullable(),
  part: z.enum(PARTS).nullable(),
  nonce: z.string(),
  top: z.string().nullable(),
});

export const reportParams = z.strictObject({ id: z.string().regex(/^[0-9a-f]{32}$/) });
export const rollbackReportViews = z.object({
  reports: z.array(
    z.object({
      id: z.string(),
      service: z.string().describe('The service that heard the word.'),
      node: z.string(),
      incarnation: z.string(),
      chain: z.string(),
      key: z.string(),
      duty: z.string(),
      point: pointView.describe('The entry that the node remembers.'),
      why: z.string(),
      state: z.enum(['held', 'released']),
      freed: z.array(z.string()).describe('Keys that an adoption freed, as `chain key`.'),
      released: z
        .object({
          how: z.enum(['explained', 'adopted', 'operator']),
          by: z.string(),
          reason: z.string(),
        })
        .nullable(),
    }),
  ),
});

export const memoryView = z.object({
  service: z.string(),
  ledger: z.string(),
  points: z.record(z.string(), pointView),
  session: z.string().optional(),
  openedMs: z.number().nullable().optional(),
  reports: z.record(z.string(), z.string()).optional(),
});

export const healthView = z.object({
  ready: z.boolean(),
  state: z.enum(['starting', 'joining', 'checking', 'serving', 'behind', 'draining', 'stopped']),
  detail: z.string(),
  ledger: z.string().nullable(),
  epoch: z.string().nullable(),
  service: z.string(),
  store: z.object({
    ok: z.boolean(),
    detail: z.string(),
    members: z.array(z.object({ name: z.string(), ok: z.boolean(), leader: z.boolean() })),
    quorumMargin: z.int().nullable(),
    term: z.string().nullable().describe('Raft term in decimal.'),
  }),
  inFlight: z.int(),
});

export const readyView = z.object({ ready: z.literal(true), state: z.string(), detail: z.string() });
export const aliveView = z.object({ alive: z.literal(true) });

export const freezeRequest = z
  .strictObject({
    key: z
      .string()
      .regex(/^(all|0x([0-9a-f]{64}|[0-9a-f]{66}))$/)
      .describe('Public session key, or `all` for every key of the ledger.'),
    chain: chainText.optional().describe('Only keys of this chain. Default: every chain.'),
    reason: reasonText.describe('Why. Kept in the ledger.'),
  })
  .meta({ examples: [{ key: CLAIM_EXAMPLE.key, reason: 'a second machine may have the keys' }] });

const freezeView = z
  .object({
    before: z.enum(['idle', 'enforce']).describe('The mode that a lift restores.'),
    cause: z.enum(['operator', 'unknown-signature']),
    by: z.string().describe('The person, or the observer that reported the signature.'),
    reason: z.string(),
    atMs: z.number(),
    evidence: z
      .object({
        duty: z.string(),
        unit: z.string(),
        digest: z.string(),
        granted: z.string().nullable(),
        block: z.object({ number: z.string(), hash: z.string() }),
        part: z.string().optional().describe('The part that was signed; absent for the seal of a block.'),
        otherDigest: z.string().optional().describe('For an offence: the other payload that was signed.'),
        observer: z.string(),
        service: z.string(),
        head,
      })
      .nullable()
      .describe('The signature that no service granted; null if a person froze the key.'),
    lifted: z
      .object({
        by: z.string(),
        reason: z.string(),
        atMs: z.number(),
        round: z.string().optional().describe('Votes up to this set and round no longer freeze the key.'),
      })
      .nullable(),
  })
  .describe('The last freeze of the key; `lifted` is null while it is in force.');

/** A policy in answers: the document, and the fields that the ledger added. */
export const policyView = z.object({
  versionId: z.string(),
  version: z.int(),
  mode: z.enum(['idle', 'enforce', 'frozen']),
  freeze: freezeView.optional(),
  unknownSignature: z.enum(['alarm', 'freeze']).optional(),
  chain: z.string(),
  key: z.string(),
  roster: z.array(z.object({ name: z.string(), rank: z.int(), rpcUrl: z.string().optional() })),
  duties: z.record(
    z.string(),
    z.object({ enabled: z.boolean(), digestRequired: z.boolean(), window: z.int() }),
  ),
  standbyDelayMs: z.number(),
  watchTtlMs: z.number(),
  ceilings: z.object({
    genesisMs: z.number(),
    slotMs: z.number(),
    allowedSkewMs: z.number(),
    roundStep: z.int(),
    blockStep: z.int(),
    sessionStep: z.int(),
    roundsBack: z.int().optional(),
    observers: z.array(z.string()),
  }),
  return: z.enum(['deny', 'trust']).optional(),
  readiness: z.object({
    required: z.boolean(),
    maxAgeMs: z.number(),
    minPeers: z.int(),
    maxFinalityLagBlocks: z.int(),
    maxClockOffsetMs: z.number(),
  }),
  originalWire: z.object({
    enabled: z.boolean(),
    slotDuty: z.enum(['babe', 'aura']),
    roundScope: z.enum(['node-set', 'unscoped']),
  }),
});
export const policyViews = z.object({ policies: z.array(policyView) });
