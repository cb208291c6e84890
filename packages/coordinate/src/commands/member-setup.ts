import { dirname, join, resolve } from 'node:path';
import type { NodeRpc } from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import { passphraseFrom } from '@watchbill/chain/command/secret-flags';
import { Fault, type Problem, usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Runtime } from '../index.ts';
import { type GroupFile, readGroupFile } from './group-document.ts';
import { ADDRESS_RULE, isListenAddress } from './member-addresses.ts';
import { type OperatorDocument, readOperatorConfig } from './operator-config.ts';
import { readTakeOver } from './take-over.ts';

type OperatorFile = ReturnType<Runtime['readOperatorFile']>;
type OperatorKey = ReturnType<OperatorFile['open']>;

/** One operator and its place in its group. */
export interface MemberSetup {
  readonly document: OperatorDocument;
  readonly file: GroupFile;
  readonly key: OperatorKey;
  readonly seat: number;
  /** Settings by action, as canonical JSON text. */
  readonly settings: ReadonlyMap<string, string>;
  /** Null while the group has no hand-over of its predecessor here, or needs none. */
  readonly heldFrom: bigint | null;
}

/** Reads configuration, key and group, and finds the seat. Every mistake is a usage fault. */
export async function memberSetup(io: Io, runtime: Runtime, path: string): Promise<MemberSetup> {
  const document = readOperatorConfig(io, path);
  const { value, whereIs } = document;
  const file = readGroupFile(io, runtime, value.group);
  refuseWrongAddresses(file, value.group);
  const keyFile = operatorFile(runtime, document);
  const { identity } = keyFile;
  const seat = file.group.members.findIndex((member) => runtime.sameIdentity(member, identity));
  if (seat < 0) {
    throw usageFault(
      `the key ${runtime.publicKeyText(identity)} is not a member of the group ${file.group.name}`,
      'use the key of a member, or ask to be added: that makes a new group, with a new file for all members',
      whereIs(['keyFile']),
    );
  }
  const taken = readTakeOver(io, runtime, value.stateDir, file);
  const key = keyFile.key ?? (await openedKey(io, runtime, document, keyFile));
  const settings = actionSettings(runtime, document);
  return { document, file, key, seat, settings, heldFrom: taken?.heldFrom ?? null };
}

function refuseWrongAddresses({ addresses }: GroupFile, path: string): void {
  const wrong = addresses.flat().find((address) => !isListenAddress(address));
  if (wrong !== undefined) throw usageFault(`${wrong} is not a multiaddr`, ADDRESS_RULE, path);
}

/** The key file, or the signing program, of a configuration. One that cannot be used is a usage fault. */
export function operatorFile(runtime: Runtime, { value, whereIs }: OperatorDocument): OperatorFile {
  const { signer } = value;
  if (signer === undefined)
    return used(runtime, whereIs(['keyFile']), () => runtime.readOperatorFile(value.keyFile));
  const identity = runtime.publicKeyFromText(signer.key);
  if (identity === null)
    throw usageFault(
      'the value is not a public key',
      'write it as it stands in the group file: ed25519:0x…',
      whereIs(['signer', 'key']),
    );
  const key = runtime.commandKey({ ...identity, command: signer.command, timeoutMs: signer.timeoutMs });
  return { identity, key, open: () => key };
}

/** The key of an encrypted file, with the passphrase of the configuration or of a person at the terminal. */
async function openedKey(
  io: Io,
  runtime: Runtime,
  { value, whereIs }: OperatorDocument,
  file: OperatorFile,
): Promise<OperatorKey> {
  const { passphraseFile } = value;
  if (passphraseFile === undefined && io.askHidden === null)
    throw usageFault(
      `${value.keyFile} is encrypted, and standard input is not a terminal`,
      'name the file with its passphrase as passphraseFile',
      whereIs(['keyFile']),
    );
  const passphrase = await passphraseFrom(io, passphraseFile === undefined ? {} : { passphraseFile }, false);
  return used(runtime, whereIs(['keyFile']), () => file.open(passphrase));
}

function used<Value>(runtime: Runtime, where: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof runtime.KeyFileError)) throw error;
    const remedy =
      error.problem === 'wrong-passphrase'
        ? 'check the passphrase and the key file'
        : 'correct the file, or make a key with `watchbill coordinate init`';
    throw usageFault(error.message, remedy, where);
  }
}

/** Where an action keeps its records if the operator names no place. */
const DEFAULT_PLACES: readonly (readonly [action: string, setting: string, place: string])[] = [
  ['heartbeat', 'absencesFile', 'absences.json'],
  ['call', 'approvals', 'approvals'],
  ['hand-over', 'successor', 'successor.json'],
];

/** Settings by action, as canonical JSON text. Throws a usage fault that lists every mistake. */
export function actionSettings(
  runtime: Runtime,
  { value, file, whereIs }: OperatorDocument,
): ReadonlyMap<string, string> {
  const plugins = runtime.operatorPlugins();
  const problems: Problem[] = [];
  const settings = new Map<string, Readonly<Record<string, unknown>>>(
    DEFAULT_PLACES.map(([action, setting, place]) => [action, { [setting]: join(value.stateDir, place) }]),
  );
  for (const [action, given] of Object.entries(value.actions)) {
    const plugin = plugins.get(action);
    const placed = withPaths(given, plugin?.pathSettings ?? [], dirname(file));
    const known = [...plugins.keys()].join(', ');
    const wrong =
      plugin === undefined
        ? `is not an action of this release (${known})`
        : plugin.settingsProblem(runtime.canonicalJson(placed));
    settings.set(action, { ...settings.get(action), ...placed });
    if (wrong !== null)
      problems.push({
        what: `actions.${action}: ${wrong}`,
        where: whereIs(['actions', action]),
        remedy: 'correct the settings of this action; `watchbill docs coordinate-actions` lists them',
      });
  }
  if (problems.length > 0) throw new Fault('config', 'usage', problems);
  return new Map([...settings].map(([action, each]) => [action, runtime.canonicalJson(each)]));
}

/** The settings with the paths among them taken from the folder of the configuration. */
function withPaths(
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
  folder: string,
): Readonly<Record<string, unknown>> {
  const placed = names.flatMap((name) => {
    const path = given[name];
    return typeof path === 'string' && path !== '' ? [[name, resolve(folder, path)] as const] : [];
  });
  return { ...given, ...Object.fromEntries(placed) };
}

/** Clients of all nodes of a configuration, the own one first. */
export async function openNodes({
  value,
  whereIs,
}: OperatorDocument): Promise<readonly [NodeRpc, ...NodeRpc[]]> {
  const { url, confirm, timeoutMs } = value.chain;
  const open = (address: string, path: readonly PropertyKey[]): Promise<NodeRpc> =>
    openNode(address, timeoutMs, whereIs(path));
  return Promise.all([
    open(url, ['chain', 'url']),
    ...confirm.map((other, place) => open(other, ['chain', 'confirm', place])),
  ]);
}
