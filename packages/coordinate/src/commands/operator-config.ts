import { dirname, resolve } from 'node:path';
import { Fault, isLoopback, type Problem } from '@watchbill/kit';
import { type Document, readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import { ADDRESS_RULE, isListenAddress } from './member-addresses.ts';

const file = z.string().min(1);
const program = z.array(z.string().min(1)).min(1);
const port = z.int().min(1).max(65_535);

/** Configuration of one operator's process. Relative file names are read from the folder of the file. */
export const operatorConfigSchema = z.strictObject({
  group: file.default('group.yaml').describe('The group file; the same for all members.'),
  keyFile: file
    .default('operator.key')
    .describe(
      'The operator key, in hex or encrypted; its owner alone may read it. Never a stash or session key.',
    ),
  passphraseFile: file
    .optional()
    .describe(
      'File whose first line is the passphrase of an encrypted key file; chmod 600. Without it, `run` asks at the terminal.',
    ),
  signer: z
    .strictObject({
      key: z.string().describe('Public key that the program signs with: ed25519:0x…'),
      command: z
        .tuple([z.string().min(1)], z.string())
        .describe('The program and its arguments, without a shell.'),
      timeoutMs: z.int().min(100).max(10_000).default(2_000).describe('How long one signature may take.'),
    })
    .optional()
    .describe('A program that signs, in place of keyFile: `watchbill docs coordinate`.'),
  stateDir: file
    .default('state')
    .describe(
      'Folder of the messages that this member signed. One folder for one member, never a copy of another.',
    ),
  transport: z
    .strictObject({
      kind: z.literal('libp2p').default('libp2p').describe('How members reach each other; the same for all.'),
      listen: z.string().optional().describe('A multiaddr such as /ip4/0.0.0.0/tcp/7400. None: only dial.'),
    })
    .prefault({}),
  chain: z.strictObject({
    url: z.string().describe('RPC of your own node: ws, wss, http or https.'),
    confirm: z
      .array(z.string())
      .default([])
      .describe('Further nodes. With them a height or seed counts if a majority of all nodes returns it.'),
    pollMs: z
      .int()
      .min(50)
      .max(600_000)
      .default(2_000)
      .describe('Silence after which the member asks the node for its height, in milliseconds.'),
    timeoutMs: z.int().min(100).max(600_000).default(10_000).describe('How long one call may take.'),
    stallMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(120_000)
      .describe('How long finality may stand still before the member reports it.'),
  }),
  http: z
    .strictObject({
      serve: z.boolean().default(true).describe('Serve metrics, health and status.'),
      host: z
        .string()
        .refine(isLoopback, { error: 'expected an address of this machine alone' })
        .default('127.0.0.1')
        .describe('A loopback address such as 127.0.0.1, because there is no authentication.'),
      port: port.default(8460).describe('TCP port.'),
    })
    .prefault({}),
  actions: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('Settings of this operator by action: heartbeat, upgrade, call, rotate.'),
  rfc12: z
    .strictObject({
      retransmission: z
        .enum(['backoff', 'standard'])
        .default('backoff')
        .describe(
          'When a leader repeats its message: after 1, 3, 6, 11 … blocks as keep-core, or at every block.',
        ),
      generate: program
        .optional()
        .describe('Program with its arguments that looks for work. Without it: heartbeats and noops.'),
      execute: program
        .optional()
        .describe('Program with its arguments that carries an agreed action out. Without it: a record.'),
    })
    .prefault({})
    .describe('Settings of `run --profile rfc12`.'),
  drainTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(5_000)
    .describe('How long work in progress may take after a stop, in milliseconds.'),
  keepWindows: z.int().min(10).max(10_000_000).default(10_000).describe('How many windows are remembered.'),
});

export type OperatorConfig = z.infer<typeof operatorConfigSchema>;

/** The configuration with absolute file names. */
export type OperatorDocument = Document<OperatorConfig>;

export const DEFAULT_CONFIG = 'coordinate.yaml';

/** Reads `coordinate.yaml`. Throws a usage fault that lists everything that is wrong. */
export function readOperatorConfig(io: Io, path: string): OperatorDocument {
  const document = readDocument(io, path, operatorConfigSchema, {
    missing: 'name the file with --config, or make one with `watchbill coordinate init`',
    page: 'coordinate',
  });
  const problem = listenProblem(document);
  if (problem !== null) throw new Fault('config', 'usage', [problem]);
  const beside = (name: string): string => resolve(dirname(document.file), name);
  const { group, keyFile, passphraseFile, stateDir } = document.value;
  return {
    ...document,
    value: {
      ...document.value,
      group: beside(group),
      keyFile: beside(keyFile),
      ...(passphraseFile === undefined ? {} : { passphraseFile: beside(passphraseFile) }),
      stateDir: beside(stateDir),
    },
  };
}

function listenProblem({ value, whereIs }: OperatorDocument): Problem | null {
  const { listen } = value.transport;
  if (listen === undefined || isListenAddress(listen)) return null;
  return {
    what: 'transport.listen is not a multiaddr',
    where: whereIs(['transport', 'listen']),
    remedy: ADDRESS_RULE,
  };
}
