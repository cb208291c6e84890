import { z } from 'zod';
import { label } from '../../file/network/index.ts';

/** The first line of a simulation file. */
export const SIMULATION_FORMAT = 'watchbill/simulation/1';

const seconds = z.number().positive().max(86_400);
const text = z.string().min(1);
const json: z.ZodType<unknown> = z.unknown();
const flag = z.string().regex(/^--[a-z0-9][a-z0-9-]*(=\S*)?$/, { error: 'expected --name or --name=value' });
const keyScheme = z.enum(['sr25519', 'ed25519', 'ecdsa']);
export type KeyScheme = z.infer<typeof keyScheme>;
const keyTypes = z.record(z.string().regex(/^[a-z]{4}$/), keyScheme);
const resources = z.strictObject({
  cpu: z.number().min(0.05).max(512).optional(),
  memoryGiB: z.number().min(0.25).max(4096).optional(),
});

/** Settings of every node, of the relay chain or of a parachain. */
const node = z.strictObject({
  name: label(20).describe('Its keys are those of the well-known seed: alice has //Alice.'),
  validator: z.boolean().default(false).describe('It gets session keys and takes part in consensus.'),
  bootnode: z
    .boolean()
    .default(false)
    .describe('A boot node of the others. If no node sets it, the first two nodes are boot nodes.'),
  invulnerable: z.boolean().default(false),
  balance: z
    .union([z.int().nonnegative(), z.string().regex(/^\d+$/)])
    .optional()
    .describe('Planck of its account at genesis.'),
  args: z.array(flag).default([]).describe('Flags of this node alone, as --name or --name=value.'),
  resources: resources.optional(),
  keyTypes: keyTypes.optional(),
  env: z.record(z.string(), z.string()).optional(),
  ports: z.record(z.string(), z.int()).optional(),
  dbSnapshot: text.optional(),
  keystorePath: text.optional(),
});
export type SimulatedNode = z.infer<typeof node>;

const chainShape = {
  chain: text.optional().describe('Name of a chain that the program knows.'),
  specFile: text.optional().describe('Or a specification: plain, so that a genesis can be changed, or raw.'),
  specCommand: z.array(text).min(1).optional().describe('Or a program with its arguments that prints one.'),
  genesis: z
    .record(z.string(), json)
    .optional()
    .describe('Merged into the genesis of the specification; null takes a key away.'),
  genesisFile: text.optional(),
};

const relay = z.strictObject({
  ...chainShape,
  command: text.describe('Path of the node, from the folder of this file.'),
  sdk: text.default('stable2606').describe('Release of polkadot-sdk from which the node is built.'),
  args: z.array(flag).default([]).describe('Flags of every node.'),
  keyTypes: keyTypes
    .default({ babe: 'sr25519', gran: 'ed25519', imon: 'sr25519', audi: 'sr25519' })
    .describe('Session keys of validators.'),
  resources: resources.optional(),
  dbSnapshot: text.optional(),
  wasmOverride: text.optional(),
  rawOverride: json.optional(),
  randomNominators: z.int().min(0).default(0),
  maxNominations: z.int().min(0).optional(),
  absentValidators: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'How many validators of the genesis are absent on purpose, because they are not nodes of this file.',
    ),
  nodes: z.array(node).min(1).max(50),
});

const parachain = z.strictObject({
  ...chainShape,
  id: z.int().min(1).max(4_294_967_295),
  command: text.optional().describe('Path of the collator.'),
  cumulusBased: z.boolean().default(true),
  evmBased: z.boolean().default(false),
  onboarding: z.enum(['in-genesis', 'register', 'none']).default('in-genesis'),
  balance: z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).optional(),
  genesisWasm: text.optional(),
  genesisState: text.optional(),
  args: z.array(flag).default([]),
  relayArgs: z.array(flag).default([]),
  collators: z.array(node).default([]),
  collatorGroups: z.array(z.strictObject({ name: label(18), count: z.int().min(1).max(20) })).default([]),
});
export type SimulatedParachain = z.infer<typeof parachain>;

const channel = z.strictObject({
  sender: z.int().min(1),
  recipient: z.int().min(1),
  maxCapacity: z.int().min(1).max(1_000),
  maxMessageSize: z.int().min(1).max(1_048_576),
});

const process = z.strictObject({
  name: label(20),
  command: text.describe('Path from the folder of this file, or a name on the PATH.'),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
});
export type SimulatedProcess = z.infer<typeof process>;

const at = z
  .strictObject({
    height: z.int().min(0).optional().describe('Once any node has a best block this high.'),
    seconds: z.number().min(0).max(86_400).optional().describe('This many seconds after the step before.'),
  })
  .refine(({ height, seconds: wait }) => (height === undefined) !== (wait === undefined), {
    error: 'expected height or seconds, one of them',
  });
/** An action on a node; only `wait` has no node, and its node is empty. */
export interface Deed {
  readonly do: (typeof DEEDS)[number];
  readonly node: string;
  readonly at?: z.infer<typeof at> | undefined;
}

/** A condition, and the time until it must be met. */
export interface Expectation {
  readonly expect: (typeof FACTS)[number];
  /** Undefined: every node that runs and is not paused. */
  readonly node?: string | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly pattern?: string | undefined;
  readonly metric?: string | undefined;
  readonly withinSeconds: number;
}
export type Step = Deed | Expectation;

const DEEDS = ['pause', 'resume', 'restart', 'kill', 'stop', 'start', 'wait'] as const;
const FACTS = ['height', 'finalised', 'finality-lag', 'peers', 'log', 'metric'] as const;
const DEFAULT_WITHIN_SECONDS = 60;
const OF_DEEDS = ['at'] as const;
const OF_FACTS = ['atLeast', 'atMost', 'pattern', 'metric', 'withinSeconds'] as const;

const writtenStep = z.strictObject({
  do: z.enum(DEEDS).optional().describe('An action on a node; wait: no action, until the time of `at`.'),
  expect: z.enum(FACTS).optional().describe('Or an expectation: a value that is checked.'),
  node: text
    .optional()
    .describe('If left out, the expectation is about every node that runs and is not paused.'),
  at: at.optional().describe('Left out: at once.'),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  pattern: text.optional().describe('Regular expression; counts the lines of the log that match.'),
  metric: text
    .optional()
    .describe('Name of a metric, with labels if needed, for example substrate_block_height{status="best"}.'),
  withinSeconds: seconds.optional().describe('How many seconds it may take until it is met; 60 if left out.'),
});
type WrittenStep = z.infer<typeof writtenStep>;

const step = writtenStep
  .superRefine((written, context) => {
    for (const { path, message } of complaints(written))
      context.addIssue({ code: 'custom', message, path: [...path] });
  })
  .transform((written): Step => {
    const { do: deed, expect, node: name } = written;
    if (deed !== undefined) return { do: deed, node: name ?? '', at: written.at };
    const { atLeast, atMost, pattern, metric, withinSeconds = DEFAULT_WITHIN_SECONDS } = written;
    return { expect: expect ?? 'height', node: name, atLeast, atMost, pattern, metric, withinSeconds };
  });

interface Complaint {
  readonly path: readonly string[];
  readonly message: string;
}

/** Why a step is neither an action nor an expectation. */
function complaints(written: WrittenStep): readonly Complaint[] {
  const { do: deed, expect, node: name, atLeast, atMost, pattern, metric } = written;
  if ((deed === undefined) === (expect === undefined))
    return [{ path: [], message: 'expected `do` or `expect`, one of them' }];
  const foreign = (deed === undefined ? OF_DEEDS : OF_FACTS).filter((key) => written[key] !== undefined);
  const wrong: Complaint[] = foreign.map((key) => ({
    path: [key],
    message: `belongs to a step with ${deed === undefined ? 'do' : 'expect'}`,
  }));
  if (deed === 'wait') return [...wrong, ...waitComplaints(written)];
  if (deed !== undefined)
    return name === undefined
      ? [...wrong, { path: [], message: 'expected `node`: the node of this action' }]
      : wrong;
  if (atLeast === undefined && atMost === undefined)
    wrong.push({ path: [], message: 'expected atLeast, atMost or both' });
  if ((expect === 'log') !== (pattern !== undefined))
    wrong.push({
      path: pattern === undefined ? [] : ['pattern'],
      message: 'expect: log needs a pattern, and only log takes one',
    });
  if ((expect === 'metric') !== (metric !== undefined))
    wrong.push({
      path: metric === undefined ? [] : ['metric'],
      message: 'expect: metric needs the name in `metric`, and only metric takes one',
    });
  return wrong;
}

function waitComplaints({ node: name, at: when }: WrittenStep): readonly Complaint[] {
  return [
    ...(when === undefined
      ? [{ path: [], message: 'expected at: how long to wait, or for which block' }]
      : []),
    ...(name === undefined ? [] : [{ path: ['node'], message: '`wait` takes no node' }]),
  ];
}

/** A simulation file: a network of throw-away nodes, its steps, and its expectations. */
export const simulationSchema = z.strictObject({
  format: z.literal(SIMULATION_FORMAT),
  name: label(20),
  settings: z
    .strictObject({
      timeoutSeconds: seconds.default(600).describe('The whole run.'),
      startSeconds: seconds.default(60).describe('Until every node answers.'),
      tearDownOnFailure: z
        .boolean()
        .default(true)
        .describe('False: after a failure, the nodes keep running until Ctrl-C.'),
    })
    .prefault({}),
  relay,
  parachains: z.array(parachain).default([]),
  hrmp: z.array(channel).default([]).describe('Channels between parachains that are open at genesis.'),
  processes: z.array(process).max(20).default([]).describe('Programs that run beside the nodes.'),
  observability: z
    .strictObject({
      prometheus: z.boolean().default(false).describe('Write a configuration that reads every node.'),
    })
    .prefault({}),
  run: z.array(step).max(500).default([]).describe('Steps and expectations, in this order.'),
});
export type Simulation = z.infer<typeof simulationSchema>;
