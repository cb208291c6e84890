import { fields, listOf, orNull, pairOf, shaped, text } from '../reads/shape.ts';
import { isNodeFault, NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { KEYS_PAGED, QUERY } from './count.ts';

/** The limits of one call. Nodes refuse requests and answers above 15 MiB by default. */
export interface BatchLimits {
  readonly requestBytes: number;
  /** By the sizes that readers expect. */
  readonly answerBytes: number;
  /** Nodes give 1,000 at most. */
  readonly keysPerPage: number;
}

export const BATCH_LIMITS: BatchLimits = {
  requestBytes: 6 * 1024 * 1024,
  answerBytes: 10 * 1024 * 1024,
  keysPerPage: 1_000,
};

/** A key, and how many bytes its value may have, roughly. */
export interface WantedKey {
  readonly key: string;
  readonly valueBytes: number;
}

/** Many keys of one block's state in as few calls as the limits allow. Throws a NodeFault. */
export async function queryKeys(
  node: NodeRpc,
  wanted: readonly WantedKey[],
  block: string,
  limits: BatchLimits,
): Promise<ReadonlyMap<string, string | null>> {
  const values = new Map<string, string | null>();
  for (const part of partsOf(wanted, limits)) {
    for (const [key, value] of await queryPart(node, part, block)) values.set(key, value);
  }
  return values;
}

/** As many keys in each part as fit; every key once. */
function partsOf(wanted: readonly WantedKey[], limits: BatchLimits): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let [request, answer] = [limits.requestBytes, limits.answerBytes];
  for (const { key, valueBytes } of new Map(wanted.map((each) => [each.key, each])).values()) {
    const [keyText, valueText] = [key.length + 3, 2 * valueBytes + 8];
    request += keyText;
    answer += keyText + valueText;
    if (request > limits.requestBytes || answer > limits.answerBytes) {
      parts.push([]);
      request = keyText;
      answer = keyText + valueText;
    }
    parts.at(-1)?.push(key);
  }
  return parts;
}

/** An answer that would be too large is requested in halves. */
async function queryPart(
  node: NodeRpc,
  keys: readonly string[],
  block: string,
): Promise<ReadonlyMap<string, string | null>> {
  try {
    return readChanges(await node.call(QUERY, [keys, block]), keys, block);
  } catch (error) {
    if (!isTooLarge(error) || keys.length < 2) throw error;
    const middle = Math.ceil(keys.length / 2);
    const first = await queryPart(node, keys.slice(0, middle), block);
    return new Map([...first, ...(await queryPart(node, keys.slice(middle), block))]);
  }
}

/** Codes of the server in Substrate for a request and an answer beyond its limit. */
const TOO_LARGE = [-32_007, -32_008];

function isTooLarge(error: unknown): boolean {
  if (!isNodeFault(error, 'refused')) return false;
  return (
    (error.rpcCode !== null && TOO_LARGE.includes(error.rpcCode)) || /too (big|large)/i.test(error.message)
  );
}

const changesShape = listOf(fields({ block: text, changes: listOf(pairOf(text, orNull(text))) }));

/** A key that is missing in the answer does not mean an empty value: then the whole answer is rejected. */
function readChanges(
  answer: unknown,
  keys: readonly string[],
  block: string,
): ReadonlyMap<string, string | null> {
  const [set] = shaped(changesShape, answer, `an answer to ${QUERY}`);
  const malformed = (why: string): NodeFault =>
    new NodeFault('malformed', `the answer to ${QUERY} cannot be used: ${why}`);
  if (set?.block !== block) throw malformed('it is about another block');
  const values = new Map(set.changes);
  for (const key of keys)
    if (!values.has(key)) throw malformed(`${keys.length - values.size} keys are left out`);
  return values;
}

/** All keys below a prefix, page by page, `most` of them at the most. Throws a NodeFault. */
export async function pagedKeys(
  node: NodeRpc,
  prefix: string,
  block: string,
  { keysPerPage, most }: { readonly keysPerPage: number; readonly most: number },
): Promise<readonly string[]> {
  const keys: string[] = [];
  let last = prefix;
  while (keys.length < most) {
    const asked = Math.min(keysPerPage, most - keys.length);
    const page = readPage(
      await node.call(KEYS_PAGED, [prefix, asked, last === prefix ? null : last, block]),
      {
        prefix,
        last,
      },
    );
    keys.push(...page);
    last = page.at(-1) ?? last;
    if (page.length < asked) break;
  }
  return keys;
}

/** Keys come in their order; without this check a node that repeats a page would cause an endless loop. */
function readPage(
  answer: unknown,
  { prefix, last }: { readonly prefix: string; readonly last: string },
): readonly string[] {
  if (!Array.isArray(answer)) throw new NodeFault('malformed', `the answer to ${KEYS_PAGED} is not a list`);
  let before = last;
  return answer.map((key: unknown) => {
    if (typeof key !== 'string' || !key.startsWith(prefix) || key <= before)
      throw new NodeFault('malformed', `the answer to ${KEYS_PAGED} holds keys out of order`);
    bytesOfHex(key, 'a key');
    before = key;
    return key;
  });
}
