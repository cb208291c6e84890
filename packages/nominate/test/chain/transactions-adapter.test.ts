// The adapter's answers about a real chain, compared with the chain.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode, hexOf, type NodeRpc } from '@watchbill/chain';
import { blockHashAt, encodeCall, jsonMember, readStorage, runtimeViews } from '@watchbill/chain/extrinsics';
import { systemClock } from '@watchbill/kit';
import { transactionChain, transactionCrypto } from '@watchbill/nominate/chain';
import type {
  Intent,
  NominationCall,
  PrepareRequest,
  TransactionChain,
} from '@watchbill/nominate/transactions';
import { type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import { UNIT, VALIDATORS } from './accounts.ts';
import { genesisOf, included, intentFor, makeNominator, type Nominator } from './programme.ts';

const signal = new AbortController().signal;
const LIMITS = { probeTimeoutMs: 60_000, callTimeoutMs: 60_000, readTimeoutMs: 120_000 };

async function adapter(chain: ChopsticksChain, nodes: readonly NodeRpc[]): Promise<TransactionChain> {
  return transactionChain({ nodes, clock: systemClock(), genesis: await genesisOf(chain), limits: LIMITS });
}

/** A node that says something else of one method. */
function lying(
  node: NodeRpc,
  method: string,
  lie: (honest: () => Promise<unknown>, params: readonly unknown[]) => Promise<unknown>,
): NodeRpc {
  return {
    ...node,
    call: async <T>(asked: string, params: readonly unknown[] = [], options = {}): Promise<T> => {
      const honest = (): Promise<T> => node.call<T>(asked, params, options);
      return asked === method ? ((await lie(honest, params)) as T) : honest();
    },
  };
}

async function balanceOf(
  { node }: ChopsticksChain,
  who: string,
): Promise<{ free: bigint; reserved: bigint }> {
  const head = await node.call<string>('chain_getFinalizedHead');
  const { metadata } = await runtimeViews().at(node, head);
  const stored = await readStorage(node, metadata, ['System', 'Account'], [who], head);
  const data = stored.result === 'value' ? jsonMember(stored.value, 'data') : undefined;
  const number = (name: string): bigint => BigInt(String(jsonMember(data, name) ?? 0));
  return { free: number('free'), reserved: number('reserved') };
}

/** One chain with a nominator, and the adapter to it. */
interface Ground {
  readonly chain: ChopsticksChain;
  readonly node: NodeRpc;
  readonly honest: TransactionChain;
  readonly nominator: Nominator;
  readonly intent: Intent;
}

test('the adapter tells what the chain does', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const nominator = await makeNominator(chain, 'adapter', { type: 'Staking', delay: 5 });
  const node = connectNode(chain.url, { timeoutMs: 60_000 });
  context.after(() => node.close());
  const honest = await adapter(chain, [node]);
  const ground = { chain, node, honest, nominator, intent: await intentFor(chain, nominator) };
  await context.test('the state of one block', () => firstFacts(ground));
  await context.test('bytes, fee and deposit', () => announces(ground));
  await context.test('what an account can spend', () => spendable(ground));
  await chain.newBlock(3);
  await context.test('what became of a nonce', () => searches(chain, node, nominator.signer.key));
  await context.test('calls that are not nominations', () =>
    callsThatAreNotOurs(chain, honest, nominator.stash.key),
  );
});

async function firstFacts({ node, honest, nominator, intent }: Ground): Promise<void> {
  const { block, relayHeight, proxies, nonce, announcements, nomination } = await honest.facts(
    intent,
    signal,
  );
  assert.equal(block.hash, await node.call('chain_getFinalizedHead'));
  assert.equal(relayHeight.known && relayHeight.value, block.height);
  const delegate = nominator.signer.key;
  assert.deepEqual(proxies.known && proxies.value, [{ delegate, type: 'Staking', delay: 5n }]);
  assert.deepEqual(
    [nonce, announcements, nomination].map((fact) => fact.known && fact.value),
    [0, [], null],
  );
}

/** The deposit of an announcement and its fee are what the chain takes; the bytes are what was asked for. */
async function announces({ chain, honest, nominator, intent }: Ground): Promise<void> {
  const { stash, signer } = nominator;
  const { block } = await honest.facts(intent, signal);
  const request: PrepareRequest = {
    leg: 'announce',
    signer: signer.key,
    real: stash.key,
    proxyType: null,
    wanted: { call: 'nominate', targets: VALIDATORS },
    announced: null,
    block,
    nonce: 0,
    period: 16,
    tip: 0n,
  };
  const building = await honest.build(request, signal);
  assert.ok(building.result === 'built');
  const { call, innerCall, payload, fee, deposit } = building.built;
  assert.ok(innerCall !== null && fee.known && deposit.known);
  const callHash = transactionCrypto.hash256(innerCall);
  const asked = { call: 'announce', real: stash.key, callHash };
  assert.deepEqual(await honest.readCall(call, block, signal), asked);
  const reading = await honest.readPayload(payload, block, signal);
  const parts = [reading?.call, reading?.nonce, reading?.period, reading?.birthHash];
  assert.deepEqual(parts, [call, 0, 16, block.hash]);

  const before = await balanceOf(chain, signer.key);
  await included(chain, signer, [['Proxy', 'announce', { real: stash.key, call_hash: callHash }]]);
  const after = await balanceOf(chain, signer.key);
  assert.equal(after.reserved - before.reserved, deposit.value);
  assert.equal(before.free - after.free - deposit.value, fee.value);
  const now = await honest.facts(intent, signal);
  assert.deepEqual(now.announcements.known && now.announcements.value, [
    { real: stash.key, callHash, relayHeight: now.block.height },
  ]);
  const more = await honest.build({ ...request, block: now.block, nonce: 1 }, signal);
  assert.ok(more.result === 'built' && more.built.deposit.known);
  const second = more.built.deposit.value;
  assert.ok(second > 0n && second < deposit.value, 'a second one costs less');
}

/** The bond is locked, and the existential deposit stays. */
async function spendable({ chain, honest, nominator, intent }: Ground): Promise<void> {
  const { stash, signer } = nominator;
  const own = await honest.facts({ ...intent, signer: stash.key, way: 'direct' }, signal);
  const { free } = await balanceOf(chain, stash.key);
  assert.equal(own.spendable.known && own.spendable.value, free - 1_000n * UNIT);
  const { free: left } = await balanceOf(chain, signer.key);
  const now = await honest.facts(intent, signal);
  assert.ok(now.spendable.known && now.spendable.value < left, 'the existential deposit is kept');
}

/** Nonce 0 of the account was used by an announcement, nonce 1 is free. */
async function searches(chain: ChopsticksChain, node: NodeRpc, who: string): Promise<void> {
  const honest = await adapter(chain, [node]);
  const hash = await node.call<string>('chain_getFinalizedHead');
  const height = BigInt((await node.call<{ number: string }>('chain_getHeader', [hash])).number);
  const to = { height, hash };
  const found = await honest.search({ account: who, nonce: 0, from: 1n, to }, signal);
  assert.ok(found.result === 'found' && found.dispatch?.result === 'ok');
  assert.equal(await blockHashAt(node, found.height), found.block);
  const free = await honest.search({ account: who, nonce: 1, from: 1n, to }, signal);
  assert.deepEqual(free, { result: 'not-found', until: height, inBlock: null });
  // It was used before the first block that is looked at.
  const unseen = await honest.search({ account: who, nonce: 0, from: found.height + 1n, to }, signal);
  assert.deepEqual(unseen, { result: 'unseen' });
  // Of two endpoints, the one that knows what became of it is heard.
  const blind = lying(node, 'state_getStorage', async () => null);
  assert.deepEqual(
    await (await adapter(chain, [blind, node])).search({ account: who, nonce: 0, from: 1n, to }, signal),
    found,
  );
  const alone = await (await adapter(chain, [blind])).search(
    { account: who, nonce: 0, from: 1n, to },
    signal,
  );
  assert.deepEqual(alone, { ...found, dispatch: null });
}

/** Calls that do more, or less, than nominate are not read as nominations. */
async function callsThatAreNotOurs(
  chain: ChopsticksChain,
  honest: TransactionChain,
  real: string,
): Promise<void> {
  const { node } = chain;
  const hash = await node.call<string>('chain_getFinalizedHead');
  const block = {
    height: BigInt((await node.call<{ number: string }>('chain_getHeader', [hash])).number),
    hash,
  };
  const { metadata } = await runtimeViews().at(node, hash);
  const read = (
    pallet: string,
    call: string,
    args: Parameters<typeof encodeCall>[3],
  ): Promise<NominationCall | null> => {
    const written = encodeCall(metadata, pallet, call, args);
    assert.ok(written.result === 'bytes');
    return honest.readCall(hexOf(written.bytes), block, signal);
  };
  const nominate = { type: 'Staking', value: { type: 'nominate', value: { targets: VALIDATORS } } };
  const chill = { type: 'Staking', value: { type: 'chill' } };
  const withdrawal = {
    type: 'Staking',
    value: { type: 'withdraw_unbonded', value: { num_slashing_spans: 0 } },
  };
  const forced = { type: 'Staking' };
  const nested = {
    type: 'Proxy',
    value: { type: 'proxy', value: { real, force_proxy_type: forced, call: nominate } },
  };
  const targets = VALIDATORS;
  assert.deepEqual(await read('Proxy', 'proxy', { real, force_proxy_type: forced, call: nominate }), {
    call: 'proxy',
    real,
    proxyType: 'Staking',
    inner: { call: 'nominate', targets },
  });
  assert.deepEqual(await read('Proxy', 'proxy', { real, force_proxy_type: forced, call: chill }), {
    call: 'proxy',
    real,
    proxyType: 'Staking',
    inner: { call: 'chill' },
  });
  assert.deepEqual(await read('Staking', 'chill', null), { call: 'chill' });
  assert.deepEqual(await read('Staking', 'nominate', { targets }), { call: 'nominate', targets });
  for (const [pallet, call, args] of [
    ['Proxy', 'proxy', { real, force_proxy_type: null, call: nominate }],
    ['Proxy', 'proxy', { real, force_proxy_type: forced, call: withdrawal }],
    ['Proxy', 'proxy', { real, force_proxy_type: forced, call: nested }],
    ['Utility', 'batch', { calls: [nominate] }],
    ['Staking', 'withdraw_unbonded', { num_slashing_spans: 0 }],
    ['Staking', 'nominate', { targets: [{ type: 'Raw', value: VALIDATORS[0] ?? '' }] }],
  ] as const)
    assert.equal(await read(pallet, call, args), null, `${pallet}.${call}`);
  assert.equal(await honest.readCall('0x0605', block, signal), null);
}
