import {
  addressOfAccount,
  type Json,
  jsonMember,
  numberConstant,
  readStorage,
} from '@watchbill/chain/extrinsics';
import { asked } from '../asked.ts';
import type { Ground } from '../ground.ts';
import { RotationFault } from '../keys-fault.ts';
import type { SubmissionWay } from '../submission-way.ts';

/**
 * Whether an account may have session keys on the chain: one that validates on Asset Hub. Throws a
 * RotationFault.
 */
export async function checkOwner(ground: Ground, stash: Uint8Array): Promise<void> {
  if (ground.chain.to !== 'asset-hub') return;
  if ((await stored(ground, ['Staking', 'Validators'], stash)) !== null) return;
  throw new RotationFault(
    'preflight',
    'the account is not a validator on Asset Hub, which accepts keys from validators only',
    'bond and validate first; name the stash, not a proxy',
  );
}

/**
 * Whether the account that signs is a proxy of the stash, of that type and without a delay. Throws a
 * RotationFault.
 */
export async function checkProxy(ground: Ground, stash: Uint8Array, way: SubmissionWay): Promise<void> {
  const { proxyType } = way;
  if (proxyType === null) return;
  const delegate = addressOfAccount(way.account, ground.view.metadata.ss58Prefix);
  const value = await stored(ground, ['Proxy', 'Proxies'], stash);
  const [list] = Array.isArray(value) ? (value as readonly Json[]) : [];
  const own = (Array.isArray(list) ? (list as readonly Json[]) : []).filter(
    (each) => jsonMember(each, 'delegate') === delegate,
  );
  const fitting = own.find((each) => jsonMember(jsonMember(each, 'proxy_type'), 'type') === proxyType);
  if (fitting === undefined)
    throw new RotationFault(
      'preflight',
      `${delegate} is not a ${proxyType} proxy of the stash${own.length > 0 ? ', only one of another type' : ''}`,
      'add it with proxy.addProxy for the stash, or name another with --proxy and --proxy-type',
    );
  if (jsonMember(fitting, 'delay') !== 0)
    throw new RotationFault(
      'preflight',
      `${delegate} may act for the stash only after an announcement`,
      'name a proxy without delay: delayed keys may come too late to be used',
    );
}

/**
 * The funds that an account can spend, in planck: above the existential deposit, and not frozen. Throws a
 * RotationFault.
 */
export async function spendable(ground: Ground, account: Uint8Array): Promise<bigint> {
  const data = jsonMember((await stored(ground, ['System', 'Account'], account)) ?? undefined, 'data');
  const [free, reserved, frozen] = ['free', 'reserved', 'frozen'].map((name) =>
    planck(jsonMember(data, name)),
  );
  const deposit = numberConstant(ground.view.metadata, 'Balances', 'ExistentialDeposit') ?? 0n;
  const locked = (frozen ?? 0n) - (reserved ?? 0n);
  const left = (free ?? 0n) - (locked > deposit ? locked : deposit);
  return left > 0n ? left : 0n;
}

/**
 * The deposit that the chain will hold of the stash for its keys, in planck; zero if it holds it already.
 * Throws a RotationFault.
 */
export async function keyDeposit(ground: Ground, stash: Uint8Array): Promise<bigint> {
  const pallet = ground.chain.to === 'asset-hub' ? 'StakingRcClient' : 'Session';
  const deposit = numberConstant(ground.view.metadata, pallet, 'KeyDeposit') ?? 0n;
  if (deposit === 0n) return 0n;
  const holds = await stored(ground, ['Balances', 'Holds'], stash);
  const held = (Array.isArray(holds) ? (holds as readonly Json[]) : []).find(
    (each) => jsonMember(jsonMember(each, 'id'), 'type') === pallet,
  );
  const amount = planck(jsonMember(held, 'amount'));
  return amount >= deposit ? 0n : deposit - amount;
}

function planck(value: Json | undefined): bigint {
  return typeof value === 'string' || typeof value === 'number' ? BigInt(value) : 0n;
}

async function stored(
  { chain, view, hash }: Ground,
  item: readonly [pallet: string, item: string],
  account: Uint8Array,
): Promise<Json | null> {
  const address = addressOfAccount(account, view.metadata.ss58Prefix);
  const reading = await asked(() => readStorage(chain.node, view.metadata, item, [address], hash));
  return reading.result === 'value' ? reading.value : null;
}
