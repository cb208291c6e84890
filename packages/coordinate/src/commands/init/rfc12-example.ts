import type { Io } from '@watchbill/kit/command/io';
import type { PlannedFile } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { stringify } from 'yaml';
import type { Runtime } from '../../index.ts';
import { hex } from '../group-document.ts';
import { nextSteps, planExample, writeExample } from './example-folder.ts';
import type { InitFlags } from './key.ts';

/** A window every 45 blocks: with blocks of a second, one every 45 seconds. */
const PRACTICE_SCALE = 20;

/** Four operators of one wallet in four folders, their group file, and a dev chain unless a node is named. */
export async function initRfc12Example(
  io: Io,
  runtime: Runtime,
  options: InitFlags,
  folder: string,
): Promise<void> {
  const example = await planExample(io, runtime, options, folder);
  const operators = example.operators.map(({ keyFile, listen }) => ({
    listen,
    ...newOperator(runtime, keyFile),
  }));
  const document = runtime.rfc12GroupSchema.parse({
    format: runtime.RFC12_GROUP_FORMAT,
    name: 'demo',
    genesis: example.chain.genesis,
    // An empty wallet: only its public half is kept.
    wallet: hex(runtime.newOperatorKey('secp256k1').publicKey),
    operators: operators.map(({ operator }) => operator),
    addresses: Object.fromEntries(operators.map(({ listen, operator }) => [operator, [listen]])),
    practiceScale: PRACTICE_SCALE,
    // Sweeps are due in each window, so that a short run shows some.
    era: '2026',
  });
  writeExample(
    example,
    stringify(document),
    operators.map(({ key }) => key),
  );
  const { commands, how, made } = nextSteps(io, example, 'run --profile rfc12');
  const json = {
    folder: example.dir,
    operators: operators.map(({ operator }) => operator),
    practiceScale: PRACTICE_SCALE,
    commands,
  };
  print(
    io,
    options.json,
    json,
    () =>
      `made the wallet group demo ${made}its blocks are those of RFC 12 divided by ${PRACTICE_SCALE}: for practice only\n${how}`,
  );
}

function newOperator(
  runtime: Runtime,
  path: string,
): { readonly operator: string; readonly key: PlannedFile } {
  const { secret } = runtime.newOperatorSecret('secp256k1');
  const operator = runtime.operatorOf(secret);
  const text = `secp256k1 0x${Buffer.from(secret).toString('hex')}\n`;
  secret.fill(0);
  return { operator, key: { path, text, mode: 0o600 } };
}
