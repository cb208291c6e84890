import { dirname, resolve } from 'node:path';
import { storeShape } from '@watchbill/duty/store/shape';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import { MACHINE_NAME } from '../../../pair/record.ts';

const machine = z.string().regex(MACHINE_NAME, 'lower-case letters, digits and dashes, at most 63');

const store = storeShape.unwrap().extend({
  kind: z.enum(['etcd', 'tikv']).describe('A store that both machines reach.'),
  endpoints: storeShape.unwrap().shape.endpoints.unwrap().min(1).describe('Members of the cluster.'),
  prefix: z
    .string()
    .regex(/^\/.+\/$/, 'expected /NAME/')
    .describe('Prefix of this pair, for example /watchbill-guard/my-validator/: one for each validator.'),
});

const fence = z
  .strictObject({
    command: z
      .tuple([z.string().min(1)], z.string())
      .describe('Program and arguments. It ends with status 0 only if the machine is certainly off.'),
    afterMs: z
      .int()
      .min(45_000)
      .max(86_400_000)
      .default(60_000)
      .describe('Silence of the active machine first.'),
    timeoutMs: z
      .int()
      .min(1_000)
      .max(600_000)
      .default(60_000)
      .describe('The command is killed after this time.'),
  })
  .describe('Lets this machine take over by itself, once the other one is confirmed to be off.');

const shape = z.strictObject({
  name: machine.describe('Name of this machine in the pair, for example alpha.'),
  store,
  fence: fence.optional(),
});

export type PairFile = z.output<typeof shape>;

/** Reads the file of a pair. Throws a usage fault that lists everything that is wrong, with lines. */
export function readPairFile(io: Io, path: string): PairFile {
  const page = {
    missing: 'write one; `watchbill docs guard-pair` shows a whole file',
    page: 'guard-pair',
  };
  const { value, file } = readDocument(io, path, shape, page);
  return { ...value, store: besideFile(value.store, dirname(file)) };
}

/** Names of files in it are relative to the file itself. */
function besideFile(store: PairFile['store'], folder: string): PairFile['store'] {
  const resolved = <Files extends object>(files: Files): Files => {
    const at = ([name, value]: readonly [string, unknown]) =>
      [name, name.endsWith('File') && typeof value === 'string' ? resolve(folder, value) : value] as const;
    return Object.fromEntries(Object.entries(files).map(at)) as Files;
  };
  return { ...store, tls: resolved(store.tls), auth: resolved(store.auth) };
}
