import { dirname, resolve } from 'node:path';
import { Fault, type Problem, usageFault } from '@watchbill/kit';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import type { Runtime } from '../../index.ts';
import { ADDRESS_RULE, isListenAddress } from '../member-addresses.ts';
import { type OperatorDocument, readOperatorConfig } from '../operator-config.ts';

type Rfc12GroupFile = Parameters<Runtime['runRfc12Member']>[0]['file'];

/** One operator of a wallet. The caller clears the secret. */
export interface Rfc12Setup {
  readonly document: OperatorDocument;
  readonly file: Rfc12GroupFile;
  readonly secret: Uint8Array;
  readonly operator: string;
  readonly generate: readonly string[] | null;
  readonly execute: readonly string[] | null;
}

/** Reads configuration, group and key. Every mistake is a usage fault. */
export function rfc12Setup(io: Io, runtime: Runtime, path: string): Rfc12Setup {
  const document = readOperatorConfig(io, path);
  const { value, whereIs } = document;
  const file = readGroup(io, runtime, value.group);
  const secret = readSecret(runtime, document);
  const operator = runtime.operatorOf(secret);
  if (!file.operators.includes(operator)) {
    secret.fill(0);
    throw usageFault(
      `the operator ${operator} of this key has no seat in the group ${file.name}`,
      'use the key of an operator of the group, or the group file of its wallet',
      whereIs(['keyFile']),
    );
  }
  const { generate, execute } = value.rfc12;
  const placed = (program: readonly string[] | undefined) => programOf(document, program);
  return { document, file, secret, operator, generate: placed(generate), execute: placed(execute) };
}

function readGroup(io: Io, runtime: Runtime, path: string): Rfc12GroupFile {
  const page = 'coordinate-rfc12';
  const missing =
    'get the group file from another operator, or make an example with `watchbill coordinate init --profile rfc12 --example FOLDER`';
  const document = readDocument(io, path, runtime.rfc12GroupSchema, { missing, page });
  const read = runtime.readRfc12Group(document.value);
  const problems: Problem[] = read.ok
    ? addressProblems(document.value.addresses, document.whereIs)
    : read.problems.map(({ path: at, remedy, what }) => ({ what, where: document.whereIs(at), remedy }));
  if (!read.ok || problems.length > 0) throw new Fault('group', 'usage', problems);
  return read.file;
}

function addressProblems(
  addresses: Readonly<Record<string, readonly string[]>>,
  whereIs: OperatorDocument['whereIs'],
): Problem[] {
  return Object.entries(addresses).flatMap(([operator, list]) =>
    list.flatMap((address, place) =>
      isListenAddress(address)
        ? []
        : [
            {
              what: `${address} is not a multiaddr`,
              where: whereIs(['addresses', operator, place]),
              remedy: ADDRESS_RULE,
            },
          ],
    ),
  );
}

function readSecret(runtime: Runtime, { value, whereIs }: OperatorDocument): Uint8Array {
  const remedy = 'correct the file, or make a key with `watchbill coordinate init --scheme secp256k1`';
  try {
    const { key, secret } = runtime.readOperatorSecret(value.keyFile);
    if (key.scheme === 'secp256k1') return secret;
    secret.fill(0);
    const what = `${value.keyFile} has a key of ${key.scheme}; operators of rfc12 have one of secp256k1`;
    throw usageFault(what, remedy, whereIs(['keyFile']));
  } catch (error) {
    if (!(error instanceof runtime.KeyFileError)) throw error;
    throw usageFault(error.message, remedy, whereIs(['keyFile']));
  }
}

/** A program with a slash in its name is relative to the folder of the configuration, as other files are. */
function programOf(
  { file }: OperatorDocument,
  program: readonly string[] | undefined,
): readonly string[] | null {
  const [name, ...args] = program ?? [];
  if (name === undefined) return null;
  return [name.includes('/') ? resolve(dirname(file), name) : name, ...args];
}
