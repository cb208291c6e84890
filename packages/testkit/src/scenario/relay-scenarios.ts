import { type NodeRpc, roundState, storageKey } from '@watchbill/chain';
import { accountNonce } from '@watchbill/chain/extrinsics';
import type { MarkView, WatchState } from '@watchbill/duty/service';
import { accountOfSecret, signed } from '../chopsticks/accounts.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { waitFor } from '../nodes/wait.ts';
import { beefyHead } from './beefy.ts';
import { keyOf, type ScenarioSetup } from './scenario-setup.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

/** Mini-secret of `//Alice`, as `key inspect` of a node prints it; she is the root of the chain. */
const ALICE = Buffer.from('e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a', 'hex');
/** BEEFY votes on every eighth block at the latest, which is 48 s, and finality trails. */
const BEEFY_TIMEOUT_MS = 300_000;
/** A session is 20 slots of six seconds, and a change waits for the end of one. */
const SET_TIMEOUT_MS = 400_000;
const VOTE_TIMEOUT_MS = 120_000;
/** The clock of a node is judged by its last eight blocks of others. */
const READY_TIMEOUT_MS = 120_000;
const EVERY_MS = 500;

/** The scenarios of the development chain that a relay-chain network runs too, in their order. */
const SHARED = ['calm', 'killed', 'restarted', 'cut-from-service', 'cut-from-peers', 'cut-from-both'];
/**
 * A restarted service grants no vote for a while, and the sync of a node that was frozen may stand, so these
 * come last.
 */
const LAST = ['service-killed', 'paused'];

const named = (names: readonly string[]): readonly Scenario[] =>
  SCENARIOS.filter(({ name }) => names.includes(name));

export const RELAY_SCENARIOS: readonly Scenario[] = [
  ...named(SHARED),
  {
    name: 'handed-over',
    what: 'an operator hands all keys over to the standby, which votes',
    takeover: false,
    begin: async (setup) => {
      const { standby } = await setup.roles();
      for (const { chain, key } of await watchesOf(setup))
        await handOver(setup, { chain, key }, standby.name);
      return () => untilVoting(setup, standby.name, () => true);
    },
  },
  {
    name: 'beefy-needed',
    what: 'another validator is killed, so that no vote of GRANDPA or BEEFY has a majority without the identity, until BEEFY has finalised a later block',
    takeover: false,
    begin: async (setup) => {
      const other = lastOther(setup);
      await other.kill();
      const best = await setup.network.node('watcher').bestNumber();
      return async () => {
        const what = `BEEFY finalises a block above ${best}`;
        const isLater = async (): Promise<boolean> => (await beefyHead(setup)) > best;
        await waitFor(what, isLater, { timeoutMs: BEEFY_TIMEOUT_MS, everyMs: EVERY_MS });
        await other.start();
      };
    },
  },
  {
    name: 'set-changed',
    what: 'root makes the chain begin a new authority set with the next session, and the identity votes in it',
    takeover: false,
    begin: async (setup) => {
      const { rpc } = firstOther(setup);
      const before = (await roundState(rpc)).setId;
      await changeSet(rpc);
      return async () => {
        const isNew = async (): Promise<boolean> => (await roundState(rpc)).setId > before;
        const options = { timeoutMs: SET_TIMEOUT_MS, everyMs: EVERY_MS };
        await waitFor(`an authority set after ${before}`, isNew, options);
        await untilVoting(setup, null, (set) => set > before);
      };
    },
  },
  ...named(LAST),
];

function firstOther({ network, kind }: ScenarioSetup): RunningNode {
  return network.node((kind.others[0] ?? '').toLowerCase());
}

function lastOther({ network, kind }: ScenarioSetup): RunningNode {
  return network.node((kind.others.at(-1) ?? '').toLowerCase());
}

async function watchesOf({ services }: ScenarioSetup): Promise<readonly WatchState[]> {
  return ((await services.alive().admin('GET', '/v1/watch')) as { watch: readonly WatchState[] }).watch;
}

async function handOver(
  { services }: ScenarioSetup,
  key: { readonly chain: string; readonly key: string },
  to: string,
): Promise<void> {
  // A node that was cut off believes for some blocks that its clock is ahead, and is not ready.
  const send = async () =>
    (await services.alive().admin('POST', '/v1/watch/handover', { ...key, to })) as WatchState;
  const options = { timeoutMs: READY_TIMEOUT_MS, everyMs: EVERY_MS };
  const made = await waitFor(`a handover of ${key.key} to ${to}`, send, options);
  if (made.holder !== to)
    throw new Error(`the handover of ${key.key} to ${to} ended with ${made.holder} active`);
}

/** A machine, or any if null, was granted a GRANDPA round of such a set as the last one. */
async function untilVoting(
  { services, kind }: ScenarioSetup,
  machine: string | null,
  isSet: (set: bigint) => boolean,
): Promise<void> {
  const path = `/v1/marks?key=${keyOf(kind, 'gran')}`;
  const votes = async (): Promise<boolean> => {
    const { marks } = (await services.alive().admin('GET', path)) as { marks: readonly MarkView[] };
    const last = marks[0]?.recent.at(-1);
    if (last === undefined || (machine !== null && last.node !== machine)) return false;
    return isSet(BigInt(last.unit.split('/')[0] ?? '-1'));
  };
  await waitFor(`${machine ?? 'the identity'} votes`, votes, {
    timeoutMs: VOTE_TIMEOUT_MS,
    everyMs: EVERY_MS,
  });
}

/**
 * The session pallet is made to believe that the next keys differ from the present ones: it announces the
 * same validators as a new set, as it does after a change of keys.
 */
async function changeSet(rpc: NodeRpc): Promise<void> {
  const root = accountOfSecret(ALICE);
  const item: readonly [string, string] = [storageKey('Session', 'QueuedChanged'), '0x01'];
  const call = { type: 'System', value: { type: 'set_storage', value: { items: [item] } } };
  const head = await rpc.call<string>('chain_getFinalizedHead');
  const nonce = await accountNonce(rpc, root.signer.publicKey, head);
  const bytes = await signed({ node: rpc }, root, ['Sudo', 'sudo', { call }], { nonce });
  await rpc.call('author_submitExtrinsic', [bytes]);
}
