// What an account can spend for a fee, compared with what real runtimes take: at the boundary, and one planck
// below it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfHex, connectNode } from '@watchbill/chain';
import { accountNonce, extrinsicFee, findExtrinsic, runtimeViews } from '@watchbill/chain/extrinsics';
import { systemClock } from '@watchbill/kit';
import { transactionChain } from '@watchbill/nominate/chain';
import { type ChainName, type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import { type Account, account, signed, UNIT } from './accounts.ts';
import { genesisOf, intentFor, type Nominator } from './programme.ts';

const signal = new AbortController().signal;
const LIMITS = { probeTimeoutMs: 60_000, callTimeoutMs: 60_000, readTimeoutMs: 120_000 };
const STAKE = 1_000n * UNIT;
const views = runtimeViews();
const REMARK = ['System', 'remark', { remark: '0x00' }] as const;

/** Locked money: one number, or until 2023 two, for fees and for the rest. */
type Frozen = { readonly frozen: bigint } | { readonly fee_frozen: bigint; readonly misc_frozen: bigint };

type Case = {
  readonly spec: ChainName;
  readonly isHeld: boolean;
  readonly reserved: bigint;
  readonly locks: Frozen;
  /** The runtime also takes more than the bound. */
  readonly isStrict?: boolean;
};

type Money = Frozen & { readonly free: bigint; readonly reserved: bigint };

/** Sets the balance of an account in the newest block; with `isHeld` its reserve is the hold of its stake. */
async function set(chain: ChopsticksChain, { key }: Account, money: Money, isHeld: boolean): Promise<void> {
  const data = Object.fromEntries(Object.entries(money).map(([name, amount]) => [name, String(amount)]));
  await chain.setStorage({
    System: { Account: [[[key], { providers: 1, consumers: 1, data }]] },
    ...(isHeld
      ? { Balances: { Holds: [[[key], [{ id: { Staking: 'Staking' }, amount: String(money.reserved) }]]] } }
      : {}),
  });
}

/** Whether a block takes an extrinsic of the account. */
async function pays(chain: ChopsticksChain, who: Account): Promise<boolean> {
  const { node } = chain;
  const head = await node.call<string>('chain_getFinalizedHead');
  const from = BigInt((await node.call<{ number: string }>('chain_getHeader', [head])).number);
  const nonce = await accountNonce(node, who.signer.publicKey, head);
  const bytes = await signed(chain, who, REMARK, { nonce });
  await node.call('author_submitExtrinsic', [bytes]).catch(() => undefined);
  await chain.newBlock();
  const wanted = { account: who.signer.publicKey, nonce };
  return (await findExtrinsic({ node, views }, wanted, from, from + 1n)) !== null;
}

async function feeOf({ node, ...chain }: ChopsticksChain, who: Account): Promise<bigint> {
  const head = await node.call<string>('chain_getFinalizedHead');
  const bytes = await signed({ ...chain, node }, who, REMARK, { nonce: 0 });
  return extrinsicFee(node, bytesOfHex(bytes, 'an extrinsic'), head);
}

/** The parts of a case, for its name. */
function shown(parts: Readonly<Record<string, boolean | bigint>>): string {
  return Object.entries(parts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** A stake that is held (2026) or locked, and votes that lock as much. */
const CASES: readonly Case[] = [
  { spec: 'asset-hub-2026', isHeld: true, reserved: STAKE, locks: { frozen: STAKE } },
  { spec: 'asset-hub-2026', isHeld: false, reserved: 0n, locks: { frozen: STAKE } },
  { spec: 'kusama-1000000', isHeld: false, reserved: STAKE, locks: { frozen: STAKE } },
  { spec: 'westend-9320', isHeld: false, reserved: 0n, locks: { fee_frozen: STAKE, misc_frozen: STAKE } },
  // A vote locked transfers, but fees only together with a tip. The bound has room for a tip.
  {
    ...{ spec: 'westend-9320', isHeld: false, reserved: 0n, isStrict: true },
    locks: { fee_frozen: 0n, misc_frozen: STAKE },
  },
];

for (const { spec, isHeld, reserved, locks, isStrict = false } of CASES)
  test(`${spec}, ${shown({ isHeld, ...locks })}: a fee is taken up to the bound${isStrict ? '' : ', and no planck more'}`, async (context) => {
    const chain = await chainOf(context, spec);
    const node = connectNode(chain.url, { timeoutMs: 60_000 });
    context.after(() => node.close());
    const adapter = transactionChain({
      ...{ nodes: [node], clock: systemClock(), genesis: await genesisOf(chain), limits: LIMITS },
    });
    const who = account('money');
    const intent = await intentFor(chain, { stash: who, signer: who } as unknown as Nominator);
    const spendable = async (): Promise<bigint> => {
      const facts = await adapter.facts({ ...intent, signer: who.key, way: 'direct' }, signal);
      return facts.spendable.known ? facts.spendable.value : assert.fail(facts.spendable.reason);
    };
    // The stake is outside of `free` if it is held or reserved, and inside if it is locked.
    const rich = { free: STAKE + 10n * UNIT, reserved, ...locks };
    await set(chain, who, rich, isHeld);
    const kept = rich.free - (await spendable());
    for (const [short, isTaken] of [
      [1n, isStrict],
      [0n, true],
    ] as const) {
      // Of the newest block: the fee falls a little with every empty one.
      const fee = await feeOf(chain, who);
      await set(chain, who, { ...rich, free: kept + fee - short }, isHeld);
      assert.equal(await spendable(), fee - short);
      assert.equal(await pays(chain, who), isTaken, `${short} planck short`);
    }
  });
