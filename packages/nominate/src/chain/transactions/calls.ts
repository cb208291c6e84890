import { hexOf } from '@watchbill/chain';
import {
  accountOfText,
  type CallWriting,
  type ChainMetadata,
  callValue,
  decodeCall,
  encodeCall,
  type Json,
  jsonMember,
} from '@watchbill/chain/extrinsics';
import type { NominationCall, StakingCall } from '../../transactions/index.ts';

/** The bytes of a call by the metadata of a runtime; the same names on a relay chain and on Asset Hub. */
export function encodeNomination(metadata: ChainMetadata, call: NominationCall): CallWriting {
  switch (call.call) {
    case 'nominate':
    case 'chill':
      return encodeCall(metadata, 'Staking', call.call, argumentsOf(call));
    case 'proxy': {
      const { real, proxyType } = call;
      const args = { real, force_proxy_type: { type: proxyType }, call: innerValue(call.inner) };
      return encodeCall(metadata, 'Proxy', 'proxy', args);
    }
    case 'announce':
      return encodeCall(metadata, 'Proxy', 'announce', { real: call.real, call_hash: call.callHash });
    case 'execute': {
      const { delegate, real, proxyType } = call;
      const args = {
        delegate,
        real,
        force_proxy_type: { type: proxyType },
        call: innerValue(call.inner),
      };
      return encodeCall(metadata, 'Proxy', 'proxy_announced', args);
    }
    case 'withdraw':
      return encodeCall(metadata, 'Proxy', 'remove_announcement', {
        real: call.real,
        call_hash: call.callHash,
      });
  }
}

function argumentsOf(call: StakingCall): Json {
  return call.call === 'chill' ? null : { targets: call.targets };
}

function innerValue(call: StakingCall): Json {
  return callValue('Staking', call.call, argumentsOf(call));
}

/** The meaning of a call; null for any other call, and for a call with additional content. */
export function decodeNomination(metadata: ChainMetadata, bytes: Uint8Array): NominationCall | null {
  const reading = decodeCall(metadata, bytes);
  if (reading.result === 'refused') return null;
  const { pallet, call, arguments: args } = reading.call;
  return nominationOf(pallet, call, args);
}

function nominationOf(pallet: string, call: string, args: Json): NominationCall | null {
  const read = READERS[`${pallet}.${call}`];
  return read === undefined ? null : read(args);
}

const READERS: Readonly<Record<string, (args: Json) => NominationCall | null>> = {
  'Staking.nominate': nominate,
  'Staking.chill': () => ({ call: 'chill' }),
  'Proxy.proxy': (args) => {
    const real = accountIn(args, 'real');
    const proxyType = typeIn(args);
    const inner = innerOf(args);
    return real === null || proxyType === null || inner === null
      ? null
      : { call: 'proxy', real, proxyType, inner };
  },
  'Proxy.announce': (args) => announcement('announce', args),
  'Proxy.remove_announcement': (args) => announcement('withdraw', args),
  'Proxy.proxy_announced': (args) => {
    const delegate = accountIn(args, 'delegate');
    const real = accountIn(args, 'real');
    const proxyType = typeIn(args);
    const inner = innerOf(args);
    return delegate === null || real === null || proxyType === null || inner === null
      ? null
      : { call: 'execute', delegate, real, proxyType, inner };
  },
};

function nominate(args: Json): Extract<NominationCall, { readonly call: 'nominate' }> | null {
  const list = jsonMember(args, 'targets');
  if (!Array.isArray(list)) return null;
  const targets = list.map((each: Json) => accountOf(each));
  return targets.every((target) => target !== null) ? { call: 'nominate', targets } : null;
}

function announcement(call: 'announce' | 'withdraw', args: Json): NominationCall | null {
  const real = accountIn(args, 'real');
  const callHash = jsonMember(args, 'call_hash');
  return real === null || typeof callHash !== 'string' ? null : { call, real, callHash };
}

/** The inner call if it is one in the name of the stash and has no other content. */
function innerOf(args: Json): StakingCall | null {
  const pallet = jsonMember(args, 'call');
  const call = jsonMember(pallet, 'value');
  const names = [jsonMember(pallet, 'type'), jsonMember(call, 'type')].map(String);
  const inner = nominationOf(names[0] ?? '', names[1] ?? '', jsonMember(call, 'value') ?? null);
  return inner?.call === 'nominate' || inner?.call === 'chill' ? inner : null;
}

/**
 * Null if no type is forced: then the chain takes the first definition that fits, possibly another one than
 * ours.
 */
function typeIn(args: Json): string | null {
  const type = jsonMember(jsonMember(args, 'force_proxy_type'), 'type');
  return typeof type === 'string' ? type : null;
}

function accountIn(args: Json, name: string): string | null {
  const value = jsonMember(args, name);
  return value === undefined ? null : accountOf(value);
}

/** A public key, plain or in an address of the kind `Id`. Other kinds of addresses have no key. */
function accountOf(value: Json): string | null {
  const isId = jsonMember(value, 'type') === 'Id';
  const text = isId ? jsonMember(value, 'value') : value;
  const account = typeof text === 'string' ? accountOfText(text) : null;
  return account === null ? null : hexOf(account);
}
