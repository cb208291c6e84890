import { z } from 'zod';
import { SHOWN_STATES } from '../../transactions/state.ts';
import { eraNumber, key, momentMs, planck } from './parts.ts';
import { targetView } from './round.ts';

export const intentRow = z.object({
  id: z.string(),
  nominator: key,
  signer: key,
  era: eraNumber,
  round: z.string(),
  state: z.enum(SHOWN_STATES),
  reason: z.string().nullable().describe('Why it ended; null while it is open.'),
  madeMs: momentMs,
  changedMs: momentMs,
  held: z.string().nullable().describe('Why it waits for a person.'),
  waiting: z.string().nullable().describe('The event that it waits for.'),
});

export const intentList = z.object({ rows: z.array(intentRow) });

export const intentView = intentRow.extend({
  call: z.enum(['nominate', 'chill']).describe('`chill`: the stash stops backing the targets.'),
  way: z.enum(['direct', 'proxy']),
  real: key,
  targets: z.array(key),
  deadlineRelay: z.string().describe('The relay block at which it is too late, as decimal text.'),
  announcement: z
    .object({ callHash: z.string(), relayHeight: z.string() })
    .nullable()
    .describe('Ours, as the chain has it.'),
  detail: z.string().nullable().describe('The meaning of the reason for this end.'),
  flights: z
    .array(
      z.object({
        number: z.int(),
        leg: z.string(),
        account: key,
        nonce: z.int(),
        hash: z.string().nullable(),
        outcome: z.string(),
      }),
    )
    .describe('Its extrinsics.'),
  journal: z
    .array(
      z.object({
        from: z.enum(SHOWN_STATES),
        to: z.enum(SHOWN_STATES),
        height: z.string(),
        reason: z.string(),
        detail: z.string(),
        extrinsic: z.string().nullable(),
        block: z.string().nullable(),
        atMs: momentMs,
      }),
    )
    .describe('The newest 500 lines, in their order.'),
  journalCount: z.int(),
});

export const nominatorView = z.object({
  name: z.string(),
  stashKey: key,
  stash: z.string(),
  bonded: planck
    .nullable()
    .describe('The active part of its ledger, in planck; null for not bonded or not known.'),
  nominatedInEra: eraNumber
    .nullable()
    .describe('The era of its nomination on chain; null for none or not known.'),
  targets: z
    .array(z.object({ stashKey: key, name: z.string().nullable() }))
    .nullable()
    .describe('Its targets on chain; null if they are not known.'),
  round: z
    .object({
      id: z.string(),
      era: eraNumber,
      state: z.string(),
      detail: z.string(),
      targets: z.array(targetView),
    })
    .nullable()
    .describe('The decision of the newest round for it.'),
  intents: z.array(intentRow).describe('Its newest intents.'),
});

export const nominatorList = z.object({ rows: z.array(nominatorView) });
