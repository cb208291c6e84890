import { z } from 'zod';

/** The first line of a group file. */
export const GROUP_FORMAT = 'watchbill/group/1';

const blocks = z
  .union([z.int().min(0), z.string().regex(/^(0|[1-9][0-9]{0,19})$/)], {
    error: 'expected a whole number, 0 or more',
  })
  .transform((value) => BigInt(value));

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, { error: 'expected 0x and 64 hexadecimal digits in lower case' });

const windows = z
  .strictObject({
    frequencyBlocks: blocks.describe('A window begins at every multiple of this.'),
    rankBlocks: blocks.default(20n).describe('How many blocks a leader has before the next may lead.'),
    rankCount: z.int().default(4).describe('How many leaders a window has, one after another.'),
    certificateBlocks: blocks
      .default(20n)
      .describe('After the last rank, how long certificates still count.'),
  })
  .describe('The parts of a window, in blocks. All but the first have the defaults of the protocol.');

const member = z.strictObject({
  name: z.string().describe('The name of this member in logs and records.'),
  key: z.string().describe('Its public key: ed25519:0x…, sr25519:0x… or secp256k1:0x….'),
  addresses: z
    .array(z.string())
    .default([])
    .describe(
      'The multiaddrs at which others reach it. Not part of the id, so they may change. Empty: it only dials.',
    ),
});

const item = z.strictObject({
  action: z.string().describe('The plug-in: heartbeat, upgrade, call, rotate, …'),
  every: blocks.optional().describe('Due in every n-th window …'),
  offset: blocks.default(0n).describe('… whose index, divided by `every`, leaves this remainder.'),
  drawnPerMillion: z
    .int()
    .optional()
    .describe('Or: due by a draw in each window, with this probability in millionths.'),
  validityBlocks: blocks.describe('How long the agreed action may run, from the end of the window.'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Parameters of the plug-in; see its page.'),
});

const version = z.strictObject({
  version: z.int().min(1),
  fromHeight: blocks.describe('In force in windows that begin here or later.'),
  seedSource: z
    .enum(['block-hash', 'epoch-randomness'])
    .default('block-hash')
    .describe('The source of the seed of a span of windows.'),
  stageBlocks: blocks.default(5n).describe('How long a submitter waits for the one before it.'),
  agenda: z.array(item).default([]).describe('The actions, most urgent first.'),
});

/** A group file: the members, their windows, and their actions. The same for all members. */
export const groupFileSchema = z.strictObject({
  format: z.literal(GROUP_FORMAT),
  id: hash
    .optional()
    .describe('SHA-256 over name, genesis, resource, windows, names, keys and predecessor. Checked.'),
  predecessor: hash
    .optional()
    .describe('Id of the group that has to hand over the resource first. Part of the id.'),
  name: z.string(),
  genesis: hash.describe('Hash of block 0 of the chain.'),
  resource: z.string().describe('The resource that the actions of this group use; one action at a time.'),
  windows,
  members: z.array(member),
  schedule: z.array(version).describe('Versions by height; the first from height 0.'),
});

export type GroupDocument = z.infer<typeof groupFileSchema>;
