import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { canonicalJson, messageOf } from '@watchbill/kit';
import type { Note } from '../../rules.ts';
import { agreedInput, majorityOf } from './majority.ts';

interface FixedCall {
  /** How many parameters name the block too. With fewer, the node answers for its best block. */
  readonly params: number;
  /** The part of the answer that is the same for honest nodes of all releases. */
  readonly shared: (answer: unknown) => unknown;
}

const part = (answer: unknown, name: string): unknown =>
  typeof answer === 'object' && answer !== null ? ((answer as Record<string, unknown>)[name] ?? null) : null;
const whole = (answer: unknown): unknown => answer;

/** Calls whose answer the named block fixes. */
const FIXED: Readonly<Record<string, FixedCall>> = {
  // Some nodes keep a justification of a block, others do not.
  chain_getBlock: { params: 1, shared: (answer) => part(answer, 'block') },
  chain_getBlockHash: { params: 1, shared: whole },
  chain_getHeader: { params: 1, shared: whole },
  state_call: { params: 3, shared: whole },
  // Releases of the node name further fields differently.
  state_getRuntimeVersion: {
    params: 1,
    shared: (answer) => ['specName', 'specVersion', 'transactionVersion'].map((name) => part(answer, name)),
  },
  state_getStorage: { params: 2, shared: whole },
  state_getStorageHash: { params: 2, shared: whole },
};

type Answer = { readonly text: string; readonly value: unknown } | { readonly fault: unknown };

/**
 * A node whose reads of a block are the answers of more than half of these nodes, for example 2 of 3. It
 * answers as soon as so many agree, so a node that hangs delays no one. All other calls, for example the
 * submission of an extrinsic, go to the first node alone. A single node is returned as it is.
 *
 * Throws as a node: the refusal that a majority gave, or `malformed` if no majority agrees.
 */
export function majorityNode(nodes: readonly [NodeRpc, ...NodeRpc[]], note: (note: Note) => void): NodeRpc {
  const [own, ...others] = nodes;
  if (others.length === 0) return own;
  const differing = new Set<number>();
  const told = (place: number, differs: boolean, method: string): void => {
    if (!differs) differing.delete(place);
    else if (!differing.has(place)) {
      differing.add(place);
      const text = `${nodes[place]?.address} answered ${method} differently from the majority`;
      note({ code: 'endpoint-differs', text: `${text}: it is faulty or on another fork` });
    }
  };
  const call: NodeRpc['call'] = async <T>(...[method, params = [], options]: Parameters<NodeRpc['call']>) => {
    const fixed = FIXED[method];
    if (fixed === undefined || fixed.params !== params.length) return own.call<T>(method, params, options);
    const ask = (node: NodeRpc): Promise<Answer> => answerOf(fixed, () => node.call(method, params, options));
    return agreedAnswer(nodes.map(ask), method, told) as Promise<T>;
  };
  return {
    // Not the address of one node: metadata is kept by address, and one node's counts for itself alone.
    address: `${own.address} and ${others.length} more`,
    call,
    subscribe: (...given) => own.subscribe(...given),
    close: () => {
      for (const node of nodes) node.close();
    },
  };
}

async function answerOf({ shared }: FixedCall, ask: () => Promise<unknown>): Promise<Answer> {
  try {
    const value = await ask();
    return { text: canonicalJson(shared(value)), value };
  } catch (fault) {
    return { fault };
  }
}

/** Resolves with the first answer that completes a majority; rejects once all answered without one. */
function agreedAnswer(
  asked: readonly Promise<Answer>[],
  method: string,
  told: (place: number, differs: boolean, method: string) => void,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const votes = new Map<string, number>();
  const needed = majorityOf(asked.length);
  for (const each of asked)
    void each.then((answer) => {
      if (!('text' in answer)) return;
      const count = (votes.get(answer.text) ?? 0) + 1;
      votes.set(answer.text, count);
      if (count === needed) resolve(answer.value);
    });
  void Promise.all(asked).then((answers) => {
    const agreed = agreedInput(
      answers.map((answer) => ('text' in answer ? Buffer.from(answer.text) : messageOf(answer.fault))),
    );
    const refusals = answers.filter((answer) => 'fault' in answer && isRefusal(answer.fault));
    const [first] = refusals;
    if (refusals.length >= needed && first !== undefined && 'fault' in first) reject(first.fault);
    else if (!agreed.ok) reject(new NodeFault('malformed', `${method}: ${agreed.why}`));
    else
      answers.forEach((answer, place) => {
        if ('text' in answer) told(place, agreed.differs.includes(place), method);
      });
  });
  return promise;
}

function isRefusal(fault: unknown): boolean {
  return fault instanceof NodeFault && fault.code === 'refused';
}
