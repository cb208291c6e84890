import { NodeFault, type NodeRpc, storageKey } from '@watchbill/chain';
import { writeAddress } from '@watchbill/chain/address';
import type { Clock } from '@watchbill/kit';

export const GENESIS = `0x${'91'.repeat(32)}`;
const SLOT_MS = 1_000;

/** How fast the chain finalises. */
export interface Pace {
  readonly roundMs: number;
  /** The age of the finalised head. */
  readonly finalityMs: number;
}

/** The chain of most tests: its session keys are one `gran` key. */
const USUAL = { roundMs: 2_000, finalityMs: 3_000, kind: 'gran', peer: 0, validator: `0x${'05'.repeat(32)}` };

/** Answers about the node itself. */
const IDENTITY = {
  system_version: () => '1.2.3',
  system_nodeRoles: () => ['Authority'],
  system_localListenAddresses: () => [],
} as const;

export type FakeRpc = ReturnType<typeof fakeRpc>;

/**
 * The RPC of a node of a chain that finalises a block each second, in the time of a clock. Seven Aura
 * authorities; the round and the block follow the time since 1,700,000,000,000. `kind`: of the one session
 * key of its runtime; `validator`: the second account of the set. From now on: `silent`, calls fail; `down`,
 * no connection is made, as to a process that ended; `rounds`, the round of its voter by that of the chain;
 * `registers`, the key that the chain keeps for every validator, if any; `owns`, the account that owns a
 * key; `disables`, which of the two validators of the set the chain has disabled; `hearsVotes`, it sees votes
 * of the watched key in all rounds while the test asks for it.
 */
export function fakeRpc(clock: Clock, voter: string, of: Partial<typeof USUAL> = {}) {
  const { roundMs, finalityMs, kind, peer, validator } = { ...USUAL, ...of };
  let fault: NodeFault | null = null;
  let chain = { genesis: GENESIS, name: 'Development' };
  let isVoting = (): boolean => false;
  let isSyncing = false;
  let roundBy = (usual: number): number => usual;
  const session: Session = { registered: voter, owner: null, disabled: null, validator };
  const sinceStart = (): number => clock.nowMs() - 1_700_000_000_000;
  const head = (): number => 100 + Math.floor(sinceStart() / SLOT_MS);
  const round = (at: number) => {
    const votes = {
      currentWeight: 5,
      missing: isVoting() ? [] : [writeAddress({ prefix: 42, publicKey: voter })],
    };
    return { round: at, totalWeight: 7, thresholdWeight: 5, prevotes: votes, precommits: votes };
  };
  const answers: Record<string, (params: readonly unknown[]) => unknown> = {
    chain_getBlockHash: ([number]) => (number === undefined ? hashOf(head()) : chain.genesis),
    system_chain: () => chain.name,
    ...IDENTITY,
    system_localPeerId: () => `12D3KooW${peer}`,
    chain_getFinalizedHead: () => hashOf(head()),
    chain_getHeader: ([hash]) => headerOf(Number(BigInt(String(hash))), clock.nowMs() - finalityMs),
    system_health: () => ({ peers: 3, isSyncing, shouldHavePeers: true }),
    state_getStorage: ([key]) => stored(String(key), session),
    state_call: ([api, argument]) => runtimeCall(String(api), String(argument), { voter, kind }),
    grandpa_roundState: () => {
      const best = roundBy(100 + Math.floor(sinceStart() / roundMs));
      return { setId: 0, best: round(best), background: [] };
    },
  };
  return {
    answers,
    rpc: fakeClient(async (method, params) => {
      if (fault !== null) throw fault;
      return (answers[method] ?? missing(method))(params);
    }),
    silent: (value: boolean) => {
      fault = value ? new NodeFault('timeout', 'no answer') : null;
    },
    down: (value: boolean) => {
      fault = value ? new NodeFault('unreachable', 'no connection') : null;
    },
    follows: (genesis: string, name: string) => {
      chain = { genesis, name };
    },
    rounds: (of: (usual: number) => number) => {
      roundBy = of;
    },
    syncing: (value: boolean) => {
      isSyncing = value;
    },
    registers: (key: string | null) => void Object.assign(session, { registered: key }),
    disables: (disabled: 0 | 1 | null) => void Object.assign(session, { disabled }),
    owns: (owner: string) => {
      session.owner = owner;
    },
    hearsVotes: (voting = () => true) => {
      isVoting = voting;
    },
  };
}

const missing = (method: string) => (): never => {
  throw new NodeFault('refused', `no ${method}`, { rpcCode: -32_601 });
};

type Answer = (method: string, params: readonly unknown[]) => Promise<unknown>;

function fakeClient(answer: Answer): NodeRpc {
  return {
    address: 'ws://fake',
    call: async <Result>(method: string, params: readonly unknown[] = []) =>
      (await answer(method, params)) as Result,
    subscribe: () => Promise.reject(new NodeFault('unsupported', 'a fake has no subscriptions')),
    close: () => undefined,
  };
}

/** A number as 32 bytes, big endian. */
export const hashOf = (number: number): string => `0x${number.toString(16).padStart(64, '0')}`;

function headerOf(number: number, authoredMs: number) {
  const slot = le(Math.floor(authoredMs / SLOT_MS));
  return {
    number: `0x${number.toString(16)}`,
    parentHash: hashOf(number - 1),
    stateRoot: GENESIS,
    extrinsicsRoot: GENESIS,
    // Pre-runtime item of `aura` with eight bytes.
    digest: { logs: [`0x066175726120${slot}`] },
  };
}

interface Session {
  registered: string | null;
  owner: string | null;
  disabled: 0 | 1 | null;
  readonly validator: string;
}

/** One place in the set, and the severity of the offence. */
const disabledAt = (place: 0 | 1): string => `0x040${place}00000000ca9a3b`;

/** Storage of the session pallet. */
function stored(key: string, { registered, owner, disabled, validator }: Session): string | null {
  if (key === storageKey('Session', 'DisabledValidators'))
    return disabled === null ? '0x00' : disabledAt(disabled);
  if (key === storageKey('Session', 'Validators')) return `0x08${'07'.repeat(32)}${validator.slice(2)}`;
  if (key.startsWith(storageKey('Session', 'NextKeys'))) return registered;
  return key.startsWith(storageKey('Session', 'KeyOwner')) ? owner : null;
}

function runtimeCall(api: string, argument: string, { voter, kind }: Record<'voter' | 'kind', string>) {
  // Some, one item, 32 bytes, the key without its length, and its type.
  if (api === 'SessionKeys_decode_session_keys')
    return `0x010480${argument.slice(4)}${Buffer.from(kind).toString('hex')}`;
  if (api === 'AuraApi_slot_duration') return `0x${le(SLOT_MS)}`;
  if (api === 'GrandpaApi_current_set_id') return `0x${le(0)}`;
  if (api === 'GrandpaApi_grandpa_authorities') return `0x${authorities([voter, ...OTHERS])}`;
  throw new NodeFault('refused', `the runtime has no ${api}`);
}

const OTHERS = Array.from({ length: 6 }, (_, index) => `0x${String(index + 10).repeat(32)}`);

/** SCALE of a list of keys with a weight of one each. A compact length below 64 is the number times four. */
export const authorities = (keys: readonly (string | undefined)[]): string =>
  `${le(keys.length * 4, 1)}${keys.map((key) => `${key?.slice(2)}${le(1)}`).join('')}`;

/** SCALE of a number, little endian. */
export function le(value: number, bytes = 8): string {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, bytes).toString('hex');
}
