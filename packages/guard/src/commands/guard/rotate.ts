import { resolve } from 'node:path';
import { finalizedHead, hexOf, type NodeRpc, splitSessionKeys } from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import { makeSessionKeys } from '@watchbill/chain/extrinsics';
import { causeText, counted, fault, until, usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { keyId } from '../../custody/key-name.ts';
import { type GuardStatus, type RuntimeFolder, runtimeFolder } from '../../run/runtime-folder.ts';
import type { Flags } from './flags.ts';
import { validatorOf } from './inputs.ts';
import { freshStatus, isFresh } from './status.ts';

/** Making keys takes a node some milliseconds each. */
const RPC_TIMEOUT_MS = 10_000;
/** The guard decides four times a second. */
const ANSWER_MS = 10_000;
const POLL_MS = 100;

/** Makes new session keys on the guarded node, and prints them once the guard has sealed each of them. */
export async function rotate(io: Io, options: Flags<'validator' | 'rpc' | 'runtime', 'json'>): Promise<void> {
  const { account } = validatorOf(options.validator);
  const runtime = runtimeFolder(resolve(io.cwd, options.runtime));
  if (freshStatus(io, runtime).keys.some(({ validator }) => validator !== undefined))
    throw usageFault('this machine is a spare', 'rotate the keys on the machine of the validator');
  const node = await openNode(options.rpc, RPC_TIMEOUT_MS, 'flag --rpc');
  try {
    runtime.announce();
    const isOpen = ({ rotation }: GuardStatus): boolean => rotation.state === 'open';
    await untilStatus(io, runtime, 'the guard did not take the announcement', isOpen);
    const { keys, proof } = await madeKeys(node, account);
    const single = await splitSessionKeys(node, keys, (await finalizedHead(node)).hash);
    if (single === null) throw failed('the runtime cannot decode the new keys');
    const wanted = single.map(({ type, key }) => `${type} ${hexOf(key)}`);
    await untilStatus(io, runtime, 'the guard did not seal each new key', (status) => {
      const { rotation } = status;
      if (rotation.state === 'failed') throw failed(`a new key could not be sealed: ${rotation.why}`);
      const held = new Set(status.keys.map(keyId));
      return wanted.every((key) => held.has(key));
    });
    const made = { keys: hexOf(keys), proof: hexOf(proof), kinds: single.map(({ type }) => type) };
    print(io, options.json, made, () =>
      lines([
        `keys    ${made.keys}`,
        ...(proof.length === 0 ? [] : [`proof   ${made.proof}`]),
        `The guard has sealed ${counted(wanted.length, 'key')}. Now send setKeys with them, and keep the old sealed keys until the new ones are active.`,
      ]),
    );
  } finally {
    node.close();
  }
}

async function madeKeys(node: NodeRpc, account: Uint8Array) {
  try {
    return await makeSessionKeys(node, account);
  } catch (error) {
    const remedy =
      'run the node with --rpc-methods unsafe on loopback for the rotation; a new process of it waits for its keys again';
    throw fault(
      'rotation-failed',
      'fault',
      { what: `the node made no keys: ${causeText(error)}`, remedy },
      error,
    );
  }
}

async function untilStatus(
  io: Io,
  runtime: RuntimeFolder,
  late: string,
  holds: (status: GuardStatus) => boolean,
): Promise<void> {
  const look = (): true | null => {
    const status = runtime.readStatus();
    return isFresh(io, status) && holds(status) ? true : null;
  };
  const limits = { clock: io.clock, pauseMs: POLL_MS, withinMs: ANSWER_MS };
  if ((await until(look, limits)) === null) throw failed(`${late} within ${ANSWER_MS / 1_000} s`);
}

function failed(what: string): Error {
  const remedy = 'do not send setKeys with these keys; look at the log of the guard, and rotate again';
  return fault('rotation-failed', 'fault', { what, remedy });
}
