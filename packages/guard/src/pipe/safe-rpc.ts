import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { GuardFault } from '../fault.ts';

const FLAG = '--rpc-methods';
const ENDPOINT = '--experimental-rpc-endpoint';
const REMEDY = `add ${FLAG} safe to the command of the node; without --key-pipe the guard needs no such flag`;

/**
 * Throws a {@link GuardFault} unless the node's command has `--rpc-methods safe` and no endpoint with other
 * methods: calls such as `author_hasKey` open key files, and `author_insertKey` replaces them.
 */
export function refuseUnsafeCommand(command: readonly string[]): void {
  const values = valuesOf(command, FLAG);
  if (values.length !== 1 || values[0]?.toLowerCase() !== 'safe') {
    const found = values.length === 0 ? `does not have ${FLAG}` : `has ${FLAG} ${values.join(' and ')}`;
    throw unsafe(`with --key-pipe the RPC of the node has to be safe, and its command ${found}`);
  }
  const open = valuesOf(command, ENDPOINT).find((value) => !/(^|,)methods=safe(,|$)/i.test(value));
  if (open === undefined) return;
  throw unsafe(`${ENDPOINT} ${open} opens an RPC whose methods are not safe`);
}

/** Both forms: `--flag value` and `--flag=value`. */
function valuesOf(command: readonly string[], flag: string): readonly string[] {
  return command.flatMap((word, index) => {
    if (word === flag) return command[index + 1] ?? '';
    return word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : [];
  });
}

/** JSON-RPC: the method does not exist, or may not be called from outside. */
const METHOD_NOT_FOUND = -32_601;
/** No node has this key, so the call opens no file. */
const NO_KEY = `0x${'00'.repeat(32)}`;

/**
 * Asks the node for an unsafe call, before any key is placed. Rejects with a {@link GuardFault} if the node
 * allows the call, and with a NodeFault if it does not answer.
 */
export async function refuseUnsafeRpc(own: NodeRpc): Promise<void> {
  try {
    await own.call('author_hasKey', [NO_KEY, 'babe']);
  } catch (error) {
    const isRefused = error instanceof NodeFault && error.code === 'refused';
    if (isRefused && error.rpcCode === METHOD_NOT_FOUND) return;
    if (!isRefused) throw error;
  }
  throw unsafe(`${own.address} (--rpc) answers author_hasKey: its RPC is not safe`);
}

const unsafe = (what: string): GuardFault => new GuardFault('rpc', what, REMEDY, undefined, 'denied');
