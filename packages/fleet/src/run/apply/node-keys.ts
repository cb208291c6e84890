import { connectNode } from '@watchbill/chain';
import { holdsKey } from '@watchbill/chain/extrinsics';
import { messageOf } from '@watchbill/kit';
import type { Forward } from '../../file/net/index.ts';
import type { TypedKey } from '../../file/signers/index.ts';
import type { KeysHeld } from './identity.ts';

const ANSWER_MS = 10_000;
/** Questions on their way to one node at once. */
const MOST_ASKED = 16;

/**
 * Which of these keys the keystore of a node has, over a way to its loopback that this opens and closes. A
 * node answers there with `--rpc-methods auto` or `unsafe` only. Keys that it named before it failed count.
 * Never throws.
 */
export async function keysOfNode(
  open: () => Promise<Forward>,
  keys: readonly TypedKey[],
  signal: AbortSignal,
): Promise<KeysHeld> {
  const held: TypedKey[] = [];
  let way: Forward | null = null;
  try {
    way = await open();
    const node = connectNode(`http://127.0.0.1:${way.port}`, { timeoutMs: ANSWER_MS });
    try {
      for (let at = 0; at < keys.length; at += MOST_ASKED) {
        signal.throwIfAborted();
        const some = keys.slice(at, at + MOST_ASKED);
        const has = await Promise.all(some.map(({ type, key }) => holdsKey(node, type, key)));
        held.push(...some.filter((_, index) => has[index]));
      }
    } finally {
      node.close();
    }
    return { ok: true, held };
  } catch (error) {
    if (held.length > 0) return { ok: true, held };
    return {
      ok: false,
      detail: way?.failure?.() ?? messageOf(error),
    };
  } finally {
    way?.close();
  }
}
