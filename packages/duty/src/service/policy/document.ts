import { z } from 'zod';
import { DUTIES, type Duty, type DutyPolicy, LARGEST_STEPS } from '../../rule/index.ts';
import type { PolicyDocument } from '../contract.ts';
import { chainText, dutyText, keyText, nameText } from './shapes.ts';
import { type PolicyProblem, validatePolicy } from './validate.ts';

const HOUR_MS = 3_600_000;

/** A whole number from the least to the most value. */
const whole = (least: number, most: number, about: string) => z.int().min(least).max(most).describe(about);

const rosterNode = z.strictObject({
  name: nameText.describe('Name of the machine; its token or certificate carries the same name.'),
  rank: whole(0, 63, '0 is preferred; no two nodes have the same rank.'),
  rpcUrl: z
    .url({ protocol: /^https?$/ })
    .max(256)
    .optional()
    .describe(
      "HTTP address of the node's own RPC. Needed only by the original wire protocol, which reads `grandpa_roundState` there.",
    ),
});

const dutyPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether units of this duty are granted at all.'),
  digestRequired: z
    .boolean()
    .optional()
    .describe(
      'Whether a claim must bind its payload. Default: true if the duty has a digest. Must be false for duties that the original wire protocol claims.',
    ),
  window: whole(
    1,
    1_024,
    'How many units above the floor are remembered one by one. Default: from the table of duties (1; 64 for grandpa).',
  ).optional(),
  lastUnit: z
    .string()
    .max(64)
    .optional()
    .describe(
      'The last unit that this ledger grants, for example `12/3400`, when the key moves to another ledger. Raising or removing it needs an adoption.',
    ),
});

const ceilings = z
  .strictObject({
    genesisMs: z
      .int()
      .min(0)
      .default(0)
      .describe('Unix time in milliseconds at which slot 0 began. 0 for BABE and Aura.'),
    slotMs: whole(1, HOUR_MS, 'Length of a slot in milliseconds.'),
    allowedSkewMs: whole(
      0,
      600_000,
      'How far the clock of a claimant may run ahead of the clock of the service, in milliseconds.',
    ).default(500),
    roundStep: whole(
      1,
      LARGEST_STEPS.roundStep,
      'How many GRANDPA rounds above the highest observed one may be claimed.',
    ).default(16),
    blockStep: whole(
      1,
      LARGEST_STEPS.blockStep,
      'How many blocks above the highest observed finalised one may be claimed (beefy).',
    ).default(16),
    sessionStep: whole(
      1,
      LARGEST_STEPS.sessionStep,
      'How many sessions above the highest observed one may be claimed (im-online).',
    ).default(2),
    roundsBack: whole(
      2,
      256,
      'How many GRANDPA rounds below the highest observed one may still be entered. Default: 8. A voter catches up when it is two rounds late, so fewer than 2 are refused.',
    ).optional(),
    observers: z
      .array(nameText)
      .max(64)
      .default([])
      .describe('Names that may report observations of the chain, in addition to the listed nodes.'),
  })
  .describe('How time and observations bound how far ahead a new unit may lie.');

const readiness = z
  .strictObject({
    required: z.boolean().default(true).describe('Whether a node must have reported that it is fit.'),
    maxAgeMs: whole(100, HOUR_MS, 'Age in milliseconds beyond which a report no longer counts.').default(
      10_000,
    ),
    minPeers: whole(0, 10_000, 'Fewest peers of a fit node.').default(1),
    maxFinalityLagBlocks: whole(
      0,
      1_000_000,
      'Most blocks between best and finalised block of a fit node.',
    ).default(10),
    maxClockOffsetMs: whole(
      0,
      60_000,
      'Largest clock offset of a fit node, in milliseconds, either way.',
    ).default(200),
  })
  .describe("Limits that a node's report must meet before it may begin a new unit.");

const originalWire = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Whether base URLs of the original wire protocol work.'),
    slotDuty: z.enum(['babe', 'aura']).default('babe').describe('Which duty `/authorize/slot/{n}` claims.'),
    roundScope: z
      .enum(['node-set', 'unscoped'])
      .default('node-set')
      .describe(
        "`node-set`: the authority set of a round comes from the claimant's own node. `unscoped`: none, as the original did; after each set change no node votes until the old maximum is passed.",
      ),
  })
  .describe('The original wire protocol for this key.');

/** A policy as an operator writes it. Defaults that depend on the duty are filled by {@link parsePolicy}. */
export const policyDocument = z
  .strictObject({
    chain: chainText,
    key: keyText,
    name: nameText
      .optional()
      .describe(
        'Name of the key for people, for example `alpha`; each key of the ledger has its own. Not `all`.',
      ),
    roster: z.array(rosterNode).min(1).max(64).describe('The machines that may claim for this key.'),
    duties: z
      .record(dutyText, dutyPolicy)
      .describe('The duties of this key by name. A duty that is not named is off.'),
    standbyDelayMs: whole(
      0,
      60_000,
      'How long a standby waits for each rank below the active node, in milliseconds.',
    ).default(300),
    watchTtlMs: whole(
      100,
      HOUR_MS,
      'How long a node counts as present without a report, in milliseconds. Preference only.',
    ).default(3_000),
    ceilings,
    readiness: readiness.prefault({}),
    originalWire: originalWire.prefault({}),
    unknownSignature: z
      .enum(['alarm', 'freeze'])
      .optional()
      .describe(
        'The consequence of a block, a GRANDPA vote or an offence on chain that proves a signature of this key without a grant, for example of a second machine with a copy of the keys. Default: `alarm`, which logs `unknown-signature`. `freeze` also freezes the key at every service, until `watchbill freeze lift`.',
      ),
    return: z
      .enum(['deny', 'trust'])
      .optional()
      .describe(
        "The rule after a restart of a service, when its machine may have been rolled back. Default: `deny`, which refuses every unit up to the clock's slot, or the first report of another observer plus the step. `trust` grants them: only for a key with one service on a chain of three or fewer equal authorities, which cannot finalise without this key. With `trust` you must make sure that the machine is never restored from a backup or a snapshot.",
      ),
  })
  .describe('All safety settings of one key on one chain. Kept in the ledger.');

export type PolicyParse =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** Shape, defaults and rules in one step. No value is coerced; unknown fields are problems. */
export function parsePolicy(input: unknown, duties: readonly Duty[] = DUTIES): PolicyParse {
  const parsed = policyDocument.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => ({
      path: issue.path.map(String).join('.'),
      message: issue.message,
      remedy: 'Correct the field; `watchbill policy apply --help` shows a whole document.',
    }));
    return { ok: false, problems };
  }
  const document = withDutyDefaults(parsed.data, duties);
  const problems = validatePolicy(document, duties);
  return problems.length === 0 ? { ok: true, document } : { ok: false, problems };
}

function withDutyDefaults(data: z.output<typeof policyDocument>, duties: readonly Duty[]): PolicyDocument {
  const table = new Map(duties.map((duty) => [duty.name, duty]));
  const filled = Object.entries(data.duties).map(([name, duty]): [string, DutyPolicy] => {
    const known = table.get(name);
    return [
      name,
      {
        enabled: duty.enabled,
        digestRequired: duty.digestRequired ?? (known?.digestBytes ?? 0) > 0,
        window: duty.window ?? known?.window ?? 1,
        ...(duty.lastUnit === undefined ? {} : { lastUnit: duty.lastUnit }),
      },
    ];
  });
  return { ...data, duties: Object.fromEntries(filled) };
}
