import { z } from 'zod';

const count = (least: number, most: number) => z.int().min(least).max(most);

/** A number of nodes, for example `1`, or a share of them, for example `50%`. */
const STAGE = 'expected a number of nodes, or a part such as 50%';
const stage = z.union([count(1, 1000), z.string().regex(/^([1-9][0-9]?|100)%$/, { error: STAGE })], {
  error: STAGE,
});
export type StageSize = z.infer<typeof stage>;

const gates = z.strictObject({
  inSync: z
    .strictObject({ mostBlocksBehind: count(1, 100_000) })
    .describe('Blocks that a changed node may be behind the nodes that were not changed.'),
  finalityLag: z
    .strictObject({ mostBlocks: count(1, 100_000) })
    .describe('Blocks between the best and the finalised one.'),
  peers: z.strictObject({ least: count(0, 1000) }).describe('Fewest peers of a changed node.'),
  rpcErrors: z
    .strictObject({ mostPercent: z.number().min(0).max(100), leastCalls: count(1, 1_000_000) })
    .nullable()
    .describe(
      'Calls that end with an error; fewer calls than leastCalls are not judged. null: no such gate.',
    ),
  authorship: z
    .strictObject({ least: count(1, 1000) })
    .nullable()
    .describe(
      'Blocks or votes that a signer in the set has made since the change. null: only that it holds its keys.',
    ),
});
export type RolloutGates = z.infer<typeof gates>;

const settings = z.strictObject({
  stages: z
    .array(stage)
    .min(1)
    .max(20)
    .describe(
      'How many nodes of a pool that does not sign have the change after each stage; all in the end.',
    ),
  soakSeconds: count(0, 86_400).describe('How long all gates must hold after each stage.'),
  gateSeconds: count(1, 604_800).describe(
    'Longest wait for the gates of one stage, before it is rolled back.',
  ),
  maxUnavailable: z
    .literal(1)
    .describe('Nodes that are down at once. For signers, and for every roll-out here: one.'),
  gates,
});
export type RolloutSettings = z.infer<typeof settings>;

export const ROLLOUT_DEFAULTS: RolloutSettings = {
  stages: [1, '50%', '100%'],
  soakSeconds: 60,
  gateSeconds: 900,
  maxUnavailable: 1,
  gates: {
    inSync: { mostBlocksBehind: 5 },
    finalityLag: { mostBlocks: 20 },
    peers: { least: 1 },
    rpcErrors: { mostPercent: 5, leastCalls: 20 },
    authorship: { least: 1 },
  },
};

/** The form in a network file, in which every setting is optional. */
export const rolloutShape = settings.extend({ gates: gates.partial() }).partial();
export type RolloutFile = z.infer<typeof rolloutShape>;

const condition = {
  block: count(1, Number.MAX_SAFE_INTEGER).optional().describe('Height that is finalised.'),
  spec: count(1, 0xffff_ffff).optional().describe('Version of the runtime that the chain has.'),
  time: z.iso.datetime({ offset: true }).optional().describe('Such as 2026-12-01T09:00:00Z.'),
};

export const upgradeAtShape = z
  .strictObject(condition)
  .refine((value) => Object.keys(value).length === 1, { error: 'expected one of block, spec and time' });
export type UpgradeAtFile = z.infer<typeof upgradeAtShape>;

/** The settings of a file, with defaults for missing ones. */
export function rolloutSettings(file: RolloutFile | undefined): RolloutSettings {
  const written = { ...file, gates: { ...ROLLOUT_DEFAULTS.gates, ...file?.gates } };
  return settings.parse({ ...ROLLOUT_DEFAULTS, ...written });
}
