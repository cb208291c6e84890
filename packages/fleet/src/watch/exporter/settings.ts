import { accountOfText } from '@watchbill/chain/extrinsics';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits, dashes');
const wsUrl = z.url({ protocol: /^wss?$/, error: 'an address such as ws://127.0.0.1:9944' });
const stash = z.string().refine((text) => accountOfText(text) !== null, {
  error: 'expected the address of an account, or its 32 bytes as 0x…',
});

const nodeShape = z.strictObject({
  name,
  url: wsUrl
    .optional()
    .describe(
      'Address of its RPC. Left out: the node is not asked, and its stash is looked up through the others.',
    ),
  pool: name.optional(),
  role: z.enum(['validator', 'collator', 'boot', 'rpc', 'archive', 'backup']).optional(),
  place: name.optional(),
  stash: stash.optional().describe('The account whose session keys the node has.'),
  waits: z
    .boolean()
    .default(false)
    .describe(
      'true: the stash is not expected in the set, for example a candidate that waits to be elected.',
    ),
  duty: name
    .optional()
    .describe(
      'Stands for the permission services that it asks before each signature: nodes that have the same value may have the same keys. With a network file, the value comes from that file.',
    ),
  diskPath: z.string().startsWith('/').optional().describe('A folder of its volume on this machine.'),
});

const certificateShape = z.strictObject({
  name,
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(443),
});

/** The file of an exporter. Unknown keys are refused. */
export const exporterShape = z
  .strictObject({
    network: name,
    place: name.default('here').describe('Where the exporter runs.'),
    listen: z
      .strictObject({
        host: z
          .enum(['127.0.0.1', '::1'])
          .default('127.0.0.1')
          .describe('Loopback: the Prometheus of this place runs beside it.'),
        port: z.int().min(0).max(65_535).default(9_960),
      })
      .prefault({}),
    everySeconds: z.int().min(1).max(600).default(15),
    clusters: z
      .array(name)
      .max(100)
      .default([])
      .describe(
        'Clusters of the network file whose nodes are asked, signers too, each through the API server by a port forward.',
      ),
    nodes: z.array(nodeShape).max(1_000).default([]),
    certificates: z.array(certificateShape).max(100).default([]),
    backups: z.strictObject({ folder: z.string().min(1) }).optional(),
    limits: z
      .strictObject({
        nodesAtOnce: z.int().min(1).max(64).default(8),
        callSeconds: z.int().min(1).max(60).default(8),
        /** A look that takes longer than this stops following blocks; the next one continues. */
        lookSeconds: z.int().min(1).max(600).default(60),
        /** If it is further behind, blocks are skipped and counted as skipped. */
        mostBlocks: z.int().min(1).max(100_000).default(1_000),
      })
      .prefault({}),
  })
  .superRefine(({ nodes, certificates }, context) => {
    for (const [list, names] of [
      ['nodes', nodes.map((one) => one.name)],
      ['certificates', certificates.map((one) => one.name)],
    ] as const)
      for (const [at, one] of names.entries())
        if (names.indexOf(one) < at)
          context.addIssue({ code: 'custom', path: [list, at, 'name'], message: `${one} stands twice` });
  });

export type ExporterSettings = Readonly<z.output<typeof exporterShape>>;
export type NodeSettings = ExporterSettings['nodes'][number];
