import { z } from 'zod';
import {
  chainText,
  changeLink,
  dutyText,
  keyText,
  nameText,
  PARTS,
  policyDocument,
  policyShape,
} from '../../rule/index.ts';
import { CLAIM_EXAMPLE } from './claims.ts';
import { decimal, id, type Of, ofKey, ofMark, ROLES, reasonText, unitText } from './texts.ts';

const verdict = z.enum(['proven', 'unproven', 'violation']);

export const upkeepView = z.object({
  lastExport: z.object({ atMs: z.number(), by: z.string(), lines: z.int() }).nullable(),
  lastVerification: z.object({ atMs: z.number(), by: z.string(), verdict }).nullable(),
});
/** Work that an operator repeats: decision 0035. Null for work that was not reported to this service. */
export type Upkeep = Of<typeof upkeepView>;

export const verificationReport = z.strictObject({
  ledger: id.describe('The ledger of the exports.'),
  verdict: verdict.describe('The verdict of `watchbill ledger verify`.'),
});
/** A proof that an operator made from exports, and reported: `watchbill ledger verify --report`. */
export type VerificationReport = Of<typeof verificationReport>;

export const exportQuery = z.strictObject({
  marks: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true` adds the marks of the store, read after the ledger.'),
});

const trimPlace = z
  .strictObject({
    list: z.enum(['entries', 'decisions']),
    after: z.int().min(0).describe('A place within the list; 0 is its beginning.'),
  })
  .describe('Where to go on. A trim begins at `{"list": "entries", "after": 0}`.');
export type TrimPlace = Of<typeof trimPlace>;

export const trimRequest = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('The `sha256` in the last line of the last export of this service.'),
  beforeMs: z
    .int()
    .min(0)
    .describe('Rows from before this time leave, in Unix milliseconds. At least 31 days ago.'),
  from: trimPlace,
});
export type TrimRequest = Of<typeof trimRequest>;

export const trimView = z.object({
  entries: z.int().describe('Entries that left by this request.'),
  decisions: z.int().describe('Answers that left by this request.'),
  next: trimPlace.nullable().describe('Send it as `from`; null if no row is left to remove.'),
});
export type TrimView = Of<typeof trimView>;

export const adoptRequest = z.strictObject({
  chain: chainText,
  key: keyText,
  floors: z
    .record(dutyText, unitText.nullable())
    .describe('Floor per duty; null if the key never signed this duty. Name every enabled duty.'),
  policy: policyDocument
    .optional()
    .describe('A policy document for the same transaction: needed if it changes how units are counted.'),
  quietMs: z
    .int()
    .min(60_000)
    .max(86_400_000)
    .optional()
    .describe(
      'Refuse unless observers reported no other signature of the key for so long. Without `policy`.',
    ),
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
export type TokenRequest = Of<typeof tokenRequest>;

export const tokenView = z.object({
  id: z.string(),
  role: z.enum(ROLES),
  name: z.string(),
  original: z.object(ofKey).nullable(),
  createdMs: z.number(),
});
/** `id`: the first 16 hex digits of the hash of the secret. */
export type TokenView = Of<typeof tokenView>;

export const tokenViews = z.object({ tokens: z.array(tokenView) });

export const tokenCreated = z.object({
  token: tokenView,
  secret: z.string().describe('Shown once; only its hash is kept.'),
});
export type TokenCreated = Of<typeof tokenCreated>;

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
export type ServiceView = Of<typeof serviceViews>['services'][number];

export const reasonRequest = z.strictObject({ reason: reasonText.describe('Why. Kept in the ledger.') });

export const idParams = z.strictObject({ id });

export const pointShape = z.strictObject({
  epoch: z.string().min(1),
  seq: decimal,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  unit: unitText.nullable(),
  part: z.enum(PARTS).nullable(),
  nonce: z.string().min(1),
  top: unitText.nullable(),
});
/** A ledger point as text: unit and top as decimal fields joined by `/`. */
export type PointView = Of<typeof pointShape>;

export const reportParams = z.strictObject({ id: z.string().regex(/^[0-9a-f]{32}$/) });

export const rollbackReportViews = z.object({
  reports: z.array(
    z.object({
      id: z.string(),
      service: z.string().describe('The service that heard the word.'),
      node: z.string(),
      incarnation: z.string(),
      ...ofMark,
      point: z.object(pointShape.shape).describe('The entry that the node remembers.'),
      why: z.string(),
      state: z.enum(['held', 'released']),
      freed: z.array(z.string()).describe('Keys that an adoption freed, as `chain key`.'),
      released: z
        .object({ how: z.enum(['explained', 'adopted', 'operator']), by: z.string(), reason: z.string() })
        .nullable(),
    }),
  ),
});
/** A word that the store does not explain, and how it ended. */
export type RollbackReportView = Of<typeof rollbackReportViews>['reports'][number];

export const memoryView = z.object({
  service: z.string().min(1),
  ledger: z.string().min(1),
  points: z.record(z.string(), pointShape),
  session: z.string().optional(),
  openedMs: z.number().nullable().optional(),
  reports: z.record(z.string(), z.string()).optional(),
  observers: z.record(z.string(), z.array(z.string())).optional(),
});
/**
 * The memory of one service: the last entry of each mark, by `chain/key/duty`. `session`: its record in the
 * store. `openedMs`: when its base began, by its clock. `reports`: by chain and observer, the first report
 * after the opening. `observers`: by `chain/key/`, the names in `reports` that its base counts.
 */
export type MemoryView = Of<typeof memoryView>;

export const healthView = z.object({
  ready: z.boolean(),
  state: z.enum(['starting', 'joining', 'checking', 'serving', 'behind', 'draining', 'stopped']),
  detail: z.string(),
  certificate: z
    .string()
    .optional()
    .describe('The trouble with the TLS certificate of the service: it ends soon, or has ended.'),
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
export type PermitHealth = Of<typeof healthView>;
/** `serving` grants; in every other state the service denies or answers `unknown`. */
export type SessionState = PermitHealth['state'];

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
/** The keys to freeze, or whose freeze to lift. */
export type FreezeRequest = Of<typeof freezeRequest>;
/** With `frozenAtMs` only the freeze that began then is meant: a page shows one, and a newer may exist. */
export type LiftRequest = FreezeRequest & { readonly frozenAtMs?: number };

export const changeViews = z.object({ changes: z.array(changeLink) });

export const policyViews = z.object({ policies: z.array(policyShape) });
