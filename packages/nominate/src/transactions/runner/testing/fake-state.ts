import type { Announcement, Nomination, ProxyDefinition } from '../../facts.ts';
import type { NominationCall, StakingCall } from '../../intent.ts';
import type { Dispatch } from '../../machine/events.ts';

/** The state of a chain with nominations and proxies only. */
export interface FakeState {
  readonly nonces: Map<string, number>;
  readonly spendable: Map<string, bigint>;
  /** The most that a deposit can take from an account; null for all that it can spend. */
  mostDeposit: bigint | null;
  readonly nominations: Map<string, Nomination>;
  readonly proxies: Map<string, readonly ProxyDefinition[]>;
  readonly announcements: Map<string, readonly Announcement[]>;
}

export interface FakeExtrinsic {
  readonly account: string;
  readonly nonce: number;
  /** Null for a call that is not a nomination. */
  readonly call: NominationCall | null;
}

/** Faults that tests inject. */
export interface FakeBreaks {
  /** `Pallet.Error` of nominating, from any caller. */
  nominateError: string | null;
  /** Calls that the runtime filters, by name. */
  readonly filtered: Set<string>;
}

export interface FakeContext {
  readonly relay: bigint;
  readonly era: number;
  readonly breaks: FakeBreaks;
  readonly hashOf: (call: NominationCall) => string;
}

export function emptyState(): FakeState {
  return {
    nonces: new Map(),
    spendable: new Map(),
    mostDeposit: null,
    nominations: new Map(),
    proxies: new Map(),
    announcements: new Map(),
  };
}

/** Dispatches a call as pallet-proxy and pallet-staking do; changes the state. */
export function dispatchFake(
  state: FakeState,
  { account, call }: FakeExtrinsic,
  context: FakeContext,
): Dispatch {
  if (call === null) return { result: 'ok' };
  if (context.breaks.filtered.has(call.call)) return failed('System.CallFiltered');
  switch (call.call) {
    case 'nominate':
    case 'chill':
      return dispatchStaking(state, account, call, context, false);
    case 'proxy': {
      const definition = definitionOf(state, account, call.real, call.proxyType);
      if (definition === null) return failed('Proxy.NotProxy');
      if (definition.delay > 0n) return failed('Proxy.Unproxyable');
      return dispatchStaking(state, call.real, call.inner, context, true);
    }
    case 'announce': {
      if (definitionOf(state, account, call.real, null) === null) return failed('Proxy.NotProxy');
      const { real, callHash } = call;
      const others = state.announcements.get(account) ?? [];
      state.announcements.set(account, [...others, { real, callHash, relayHeight: context.relay }]);
      return { result: 'ok' };
    }
    case 'withdraw':
      return remove(state, account, call.real, call.callHash, () => true)
        ? { result: 'ok' }
        : failed('Proxy.NotFound');
    case 'execute':
      return execute(state, call, context);
  }
}

function execute(
  state: FakeState,
  call: Extract<NominationCall, { readonly call: 'execute' }>,
  context: FakeContext,
): Dispatch {
  const definition = definitionOf(state, call.delegate, call.real, call.proxyType);
  if (definition === null) return failed('Proxy.NotProxy');
  const hash = context.hashOf(call.inner);
  const isOld = ({ relayHeight }: Announcement) => context.relay - relayHeight >= definition.delay;
  if (!remove(state, call.delegate, call.real, hash, isOld)) return failed('Proxy.Unannounced');
  return dispatchStaking(state, call.real, call.inner, context, true);
}

function dispatchStaking(
  state: FakeState,
  stash: string,
  call: StakingCall,
  { era, breaks }: FakeContext,
  inner: boolean,
): Dispatch {
  if (breaks.nominateError !== null) return failed(breaks.nominateError, inner);
  if (call.call === 'chill') state.nominations.delete(stash);
  else state.nominations.set(stash, { targets: call.targets, submittedIn: era });
  return { result: 'ok' };
}

function definitionOf(
  state: FakeState,
  delegate: string,
  real: string,
  type: string | null,
): ProxyDefinition | null {
  const all = state.proxies.get(real) ?? [];
  return all.find((one) => one.delegate === delegate && (type === null || one.type === type)) ?? null;
}

/** False if there was no such entry. */
function remove(
  state: FakeState,
  delegate: string,
  real: string,
  callHash: string,
  isMeant: (one: Announcement) => boolean,
): boolean {
  const all = state.announcements.get(delegate) ?? [];
  const kept = all.filter((one) => one.real !== real || one.callHash !== callHash || !isMeant(one));
  state.announcements.set(delegate, kept);
  return kept.length < all.length;
}

function failed(error: string, inner = false): Dispatch {
  return { result: 'failed', error, inner };
}
