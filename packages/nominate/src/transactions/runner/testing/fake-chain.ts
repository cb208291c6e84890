import { known, unknown } from '../../../facts/fact.ts';
import type { Announcement, BlockRef, ChainFacts, ProxyDefinition } from '../../facts.ts';
import type { Intent, NominationCall } from '../../intent.ts';
import type { Dispatch } from '../../machine/events.ts';
import { callBytes, fakeHash, readPayloadBytes, readSigned } from './fake-bytes.ts';
import { dispatchFake, emptyState, type FakeBreaks, type FakeState } from './fake-state.ts';

export const FAKE_GENESIS = fakeHash('genesis');
export const FAKE_FEE = 10n;
export const FAKE_DEPOSIT = 100n;

export interface FakeLanding {
  readonly account: string;
  readonly nonce: number;
  readonly hash: string;
  /** Hex of the call. */
  readonly bytes: string;
  readonly call: NominationCall | null;
  readonly dispatch: Dispatch;
}

export interface FakeBlock extends BlockRef {
  readonly relay: bigint;
  /** Of the runtime in its state. */
  readonly version: number;
  readonly landings: readonly FakeLanding[];
  readonly state: FakeState;
}

/** A chain in memory, with a pool, a best chain and finality, whose faults tests control. */
export interface FakeChain {
  readonly breaks: FakeBreaks;
  /** Of the runtime. */
  version: number;
  /** One more block on the best chain; all but the newest `unfinal` blocks are final then. */
  grow(unfinal?: number): void;
  /** Drops the unfinalised best blocks with their transactions. */
  fork(): void;
  /** Puts bytes into the pool; false if they can never be included. */
  submit(bytes: string): boolean;
  /** Another user of the account takes its next nonce, in the next block. */
  stealNonce(account: string): void;
  forgetPool(): void;
  /** Changes the state from the next block on. */
  change(how: (state: FakeState) => void): void;
  finalised(): FakeBlock;
  best(): FakeBlock;
  blocks(): readonly FakeBlock[];
  factsOf(intent: Intent, block: FakeBlock): ChainFacts;
}

const FIRST = { height: 100n, hash: fakeHash('first'), relay: 1_000_000n, version: 1, landings: [] };

export function fakeChain(): FakeChain {
  const breaks: FakeBreaks = { nominateError: null, filtered: new Set() };
  let blocks: FakeBlock[] = [{ ...FIRST, state: emptyState() }];
  let final = 0;
  let forks = 0;
  const pool = new Map<string, string>();
  let changes: ((state: FakeState) => void)[] = [];
  const thieves: string[] = [];
  const best = (): FakeBlock => blockAt(blocks, blocks.length - 1);
  const hashAt = (height: bigint): string | null => blocks[Number(height - FIRST.height)]?.hash ?? null;

  const chain: FakeChain = {
    breaks,
    version: 1,
    grow: (unfinal = 0) => {
      const parent = best();
      const state = structuredClone(parent.state);
      for (const change of changes) change(state);
      changes = [];
      const relay = parent.relay + 1n;
      const landings: FakeLanding[] = [];
      for (const account of thieves.splice(0))
        landings.push(take(chain, state, relay, stolen(state, account)));
      for (const landing of readyIn(pool, parent, state, hashAt))
        landings.push(take(chain, state, relay, landing));
      const height = parent.height + 1n;
      blocks.push({
        height,
        hash: fakeHash(`${height} ${forks} ${parent.hash}`),
        relay,
        version: chain.version,
        landings,
        state,
      });
      final = Math.max(final, blocks.length - 1 - unfinal);
    },
    fork: () => {
      forks += 1;
      blocks = blocks.slice(0, final + 1);
    },
    submit: (bytes) => {
      const hash = fakeHash(bytes);
      const landing = readLanding(bytes, hash, best().height + 1n, best().version, hashAt);
      if (landing === null || landing.nonce < (best().state.nonces.get(landing.account) ?? 0)) return false;
      pool.set(hash, bytes);
      return true;
    },
    stealNonce: (account) => void thieves.push(account),
    forgetPool: () => pool.clear(),
    change: (how) => void changes.push(how),
    finalised: () => blockAt(blocks, final),
    best,
    blocks: () => blocks,
    factsOf: (intent, block) => factsOf(intent, block),
  };
  return chain;
}

function blockAt(blocks: readonly FakeBlock[], index: number): FakeBlock {
  const block = blocks[index];
  if (block === undefined) throw new Error(`there is no block ${index}`);
  return block;
}

type Landing = Omit<FakeLanding, 'dispatch'>;

function take(chain: FakeChain, state: FakeState, relay: bigint, landing: Landing): FakeLanding {
  const { account, nonce, call } = landing;
  state.nonces.set(account, nonce + 1);
  state.spendable.set(account, (state.spendable.get(account) ?? 0n) - FAKE_FEE);
  const hashOf = (inner: NominationCall) => fakeHash(callBytes(inner, chain.version));
  const context = { relay, era: 7, breaks: chain.breaks, hashOf };
  return { ...landing, dispatch: dispatchFake(state, { account, nonce, call }, context) };
}

function stolen(state: FakeState, account: string): Landing {
  const nonce = state.nonces.get(account) ?? 0;
  const bytes = callBytes(null, 1);
  return { account, nonce, hash: fakeHash(`stolen ${account} ${nonce}`), bytes, call: null };
}

/** The hash of a block at a height; null if there is none. */
type HashAt = (height: bigint) => string | null;

/**
 * Takes the transactions for the block after `parent` out of the pool, in its order. The nonces of `state`
 * must be up to date before each next one. Those that can never be included leave the pool too.
 */
function* readyIn(
  pool: Map<string, string>,
  parent: FakeBlock,
  state: FakeState,
  hashAt: HashAt,
): Generator<Landing> {
  for (const [hash, bytes] of pool) {
    const landing = readLanding(bytes, hash, parent.height + 1n, parent.version, hashAt);
    const next = state.nonces.get(landing?.account ?? '') ?? 0;
    if (landing !== null && landing.nonce > next) continue;
    pool.delete(hash);
    if (landing !== null && landing.nonce === next) yield landing;
  }
}

/** Null for bytes that can never be included at that height. */
function readLanding(
  bytes: string,
  hash: string,
  height: bigint,
  version: number,
  hashAt: HashAt,
): Landing | null {
  const signed = readSigned(bytes);
  const payload = signed === null ? null : readPayloadBytes(signed.payload);
  if (signed === null || payload === null || payload.genesis !== FAKE_GENESIS) return null;
  if (payload.specVersion !== version) return null;
  const period = BigInt(payload.period);
  const phase = BigInt(payload.phase);
  // The first block of the era that contains `height`, as in `Era::birth`. Its hash is part of the signed
  // payload.
  const birth = ((height - phase) / period) * period + phase;
  if (hashAt(birth) !== payload.birthHash) return null;
  const inner = JSON.parse(Buffer.from(payload.call.slice(2), 'hex').toString('utf8')) as {
    call: NominationCall;
  };
  return { account: signed.account, nonce: payload.nonce, hash, bytes: payload.call, call: inner.call };
}

function factsOf({ signer, real, nominator }: Intent, { height, hash, relay, state }: FakeBlock): ChainFacts {
  const from = 'fake';
  const spendable = state.spendable.get(signer);
  const money =
    spendable === undefined ? unknown('the account does not exist', from) : known(spendable, from);
  return {
    block: { height, hash },
    relayHeight: known(relay, from),
    announcements: known<readonly Announcement[]>(state.announcements.get(signer) ?? [], from),
    proxies: known<readonly ProxyDefinition[]>(state.proxies.get(real) ?? [], from),
    nomination: known(state.nominations.get(nominator) ?? null, from),
    nonce: known(state.nonces.get(signer) ?? 0, from),
    spendable: money,
    reservable: lessOf(money, state.mostDeposit),
  };
}

/** Locks can leave less for deposits than for fees. */
function lessOf(money: ChainFacts['spendable'], most: bigint | null): ChainFacts['spendable'] {
  return money.known && most !== null && most < money.value ? { ...money, value: most } : money;
}
