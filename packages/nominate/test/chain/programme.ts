import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connectNode, type NodeRpc } from '@watchbill/chain';
import { accountNonce, blockBody, findExtrinsic, runtimeViews } from '@watchbill/chain/extrinsics';
import { systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import {
  makeKey,
  type TransactionChainOptions,
  transactionChain,
  transactionCrypto,
} from '@watchbill/nominate/chain';
import { openProgrammeStore, type ProgrammeStore } from '@watchbill/nominate/storage';
import {
  admitIntent,
  type Intent,
  type IntentState,
  MACHINE_RULES,
  type MachineRules,
  makeIntent,
  type RunnerParts,
  secretSigner,
  type TransactionEvent,
  type TransactionSigner,
  transactionRunner,
} from '@watchbill/nominate/transactions';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';
import { type Account, account, type Call, fund, signed, UNIT, VALIDATORS } from './accounts.ts';

/** Short pauses, for chains whose blocks are made when they are wanted. */
export const RULES: MachineRules = {
  ...MACHINE_RULES,
  period: 16,
  pauseBlocks: 1n,
  longestPauseBlocks: 2n,
  resendBlocks: 2n,
};

export interface Nominator {
  readonly stash: Account;
  /** The signer; the stash itself if it nominates directly. */
  readonly signer: Account;
}

export interface ProxySetting {
  readonly type: string;
  readonly delay: number;
  /** Default true. */
  readonly bonded?: boolean;
}

function bondOf(chain: ChopsticksChain, stash: Account, units: bigint): Call {
  const bond = { value: String(units * UNIT), payee: { type: 'Staked' } };
  // Until 2023 a stash named another account that acts for it.
  return ['Staking', 'bond', chain.name === 'westend-9320' ? { controller: stash.key, ...bond } : bond];
}

/** A bonded stash, and its proxy where one is wanted; in one block. */
export async function makeNominator(
  chain: ChopsticksChain,
  name: string,
  proxy: ProxySetting | null,
  units = 1_000n,
): Promise<Nominator> {
  const stash = account(`${chain.name} ${name}`);
  const signer = proxy === null ? stash : account(`${chain.name} proxy of ${name}`);
  await fund(chain, proxy === null ? [stash] : [stash, signer]);
  const calls: Call[] = [
    ...(proxy?.bonded === false ? [] : [bondOf(chain, stash, units)]),
    ...(proxy === null
      ? []
      : [
          [
            'Proxy',
            'add_proxy',
            { delegate: signer.key, proxy_type: proxy.type, delay: proxy.delay },
          ] as Call,
        ]),
  ];
  await included(chain, stash, calls);
  return { stash, signer };
}

/** Puts calls of one account into the next block; fails the test where one of them fails. */
export async function included(chain: ChopsticksChain, who: Account, calls: readonly Call[]): Promise<void> {
  const results = await tried(chain, who, calls);
  assert.deepEqual(
    results.filter((each) => each !== 'ok'),
    [],
    `${calls.map(([pallet, call]) => `${pallet}.${call}`)} succeed`,
  );
}

/** The same; what became of each. */
export async function tried(
  chain: ChopsticksChain,
  who: Account,
  calls: readonly Call[],
): Promise<readonly string[]> {
  const { node } = chain;
  const head = await node.call<string>('chain_getFinalizedHead');
  const first = await accountNonce(node, who.signer.publicKey, head);
  const bytes = await Promise.all(
    calls.map((call, index) => signed(chain, who, call, { nonce: first + index })),
  );
  const block = await chain.newBlock(1, bytes);
  const height = (await blockBody(node, block)).height;
  const ground = { node, views };
  return Promise.all(
    calls.map(async (_call, index) => {
      const wanted = { account: who.signer.publicKey, nonce: first + index };
      const dispatch = (await findExtrinsic(ground, wanted, height, height))?.dispatch ?? null;
      if (dispatch === null) return 'not in the block';
      return dispatch.result === 'ok' ? 'ok' : `${dispatch.inner ? 'inner ' : ''}${dispatch.error}`;
    }),
  );
}

const views = runtimeViews();

export function folder(context: TestContext): string {
  const path = temporaryFolder(context);
  return path;
}

/** The transactions of a programme whose database is a file. */
export type TransactionFile = ProgrammeStore['intents'] & Pick<ProgrammeStore, 'close'>;

export async function openTransactions(file: string): Promise<TransactionFile> {
  const { intents, close } = await openProgrammeStore({ file }, Date.now);
  return { ...intents, close };
}

export interface ProgrammeSetting {
  readonly signers: readonly Account[];
  /** Signers beside those of the accounts. */
  readonly others?: readonly TransactionSigner[];
  /** Default: the chain itself. */
  readonly nodes?: readonly NodeRpc[];
  readonly file?: string;
  readonly rules?: Partial<MachineRules>;
  /** Of the reading of endpoints. */
  readonly limits?: NonNullable<TransactionChainOptions['limits']>;
}

/** A programme that carries out on one chain, with the real machine and a file of SQLite. */
export async function programme(context: TestContext, chain: ChopsticksChain, setting: ProgrammeSetting) {
  const nodes = setting.nodes ?? [connectNode(chain.url, { timeoutMs: 60_000 })];
  const store = await openTransactions(setting.file ?? join(folder(context), 'programme.db'));
  const told: TransactionEvent[] = [];
  context.after(async () => {
    for (const node of nodes) node.close();
    await store.close();
  });
  const parts = runnerParts(store, nodes, await genesisOf(chain), setting, (event) => told.push(event));
  const runner = transactionRunner(parts);
  const state = async (intent: Intent): Promise<IntentState> => {
    const stored = await store.load(intent.id);
    assert.ok(stored !== null, 'the intent is stored');
    return stored.state;
  };
  const turn = (): Promise<void> => runner.turn(new AbortController().signal);
  return {
    store,
    parts,
    told,
    /** One turn on the chain as it is. */
    turn,
    state,
    admit: async (intent: Intent): Promise<void> => {
      assert.deepEqual(await admitIntent(store, parts.rules, intent), { ok: true });
    },
    /** A block and a turn, until the intent has ended or so many blocks have passed. */
    until: async (
      intent: Intent,
      blocks: number,
      stop: (state: IntentState) => boolean = () => false,
    ): Promise<IntentState> => {
      for (let block = 0; block < blocks; block += 1) {
        await turn();
        const now = await state(intent);
        if (now.stage === 'ended' || stop(now)) return now;
        await chain.newBlock();
      }
      return state(intent);
    },
  };
}

/** Test machines may be very busy; tests of deadlines set their own limits. */
const PATIENT = { probeTimeoutMs: 60_000, callTimeoutMs: 60_000, readTimeoutMs: 120_000 };

/** Everything that a runner needs; the judge keeps all targets of nominations, and none of chills. */
export function runnerParts(
  store: TransactionFile,
  nodes: readonly NodeRpc[],
  genesis: string,
  {
    signers,
    others = [],
    rules = {},
    limits = PATIENT,
  }: Pick<ProgrammeSetting, 'signers' | 'others' | 'rules' | 'limits'>,
  tell: (event: TransactionEvent) => void,
): RunnerParts {
  return {
    store,
    chain: transactionChain({ nodes, clock: systemClock(), genesis, limits }),
    crypto: transactionCrypto,
    genesis,
    signers: new Map([
      ...signers.map(({ key, secret }): [string, TransactionSigner] => [
        key,
        secretSigner({ scheme: 'sr25519', account: key, secret: Uint8Array.from(secret) }, makeKey),
      ]),
      ...others.map((signer): [string, TransactionSigner] => [signer.account, signer]),
    ]),
    judge: async ({ call }, all) => ({ result: 'judged', keep: call === 'chill' ? [] : all, dropped: [] }),
    clock: systemClock(),
    limits: { answerTimeoutMs: 180_000, signTimeoutMs: 180_000, signWaitMs: 2_000 },
    rules: { ...RULES, ...rules },
    tell,
  };
}

export function genesisOf({ node }: ChopsticksChain): Promise<string> {
  return node.call<string>('chain_getBlockHash', [0]);
}

/** A nomination of the validators from the newest block on. */
export async function intentFor(
  chain: ChopsticksChain,
  { stash, signer }: Nominator,
  parts: Partial<Omit<Intent, 'id'>> = {},
): Promise<Intent> {
  const header = await chain.node.call<{ number: string }>('chain_getHeader');
  return makeIntent({
    nominator: stash.key,
    real: stash.key,
    signer: signer.key,
    way: stash === signer ? 'direct' : 'proxy',
    call: 'nominate',
    era: 1,
    round: 'round 1',
    targets: VALIDATORS,
    fromHeight: BigInt(header.number),
    deadlineRelay: 1_000_000n,
    sinceEra: null,
    forEra: 2,
    ...parts,
  });
}
