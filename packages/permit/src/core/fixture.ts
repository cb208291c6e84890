import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type Clock,
  createMemoryStore,
  type MemoryStore,
  type Store,
  systemClock,
  systemRandom,
  type Transaction,
  type TransactionResult,
} from '@watchbill/store';
import type { ClaimReply, ClaimRequest, Permit, PolicyDocument } from '../contract.ts';
import { openLedger } from '../ledger/open.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Peers } from '../ports.ts';
import type { PermitOptions, PermitParts } from './options.ts';
import { createPermit } from './permit.ts';

/** What the tests of the core share: a whole service over a memory store and a real ledger directory. */
export const CHAIN = `0x${'c1'.repeat(32)}`;
export const KEY = `0x${'ab'.repeat(32)}`;
export const INCARNATION = '11'.repeat(16);
export const OTHER_INCARNATION = '22'.repeat(16);

export const seal = (byte: string) => `0x${byte.repeat(32)}`;
export const vote = (byte: string) => `0x${byte.repeat(40)}`;

const silent = () => undefined;
export const silentLog = { info: silent, warn: silent, error: silent };
export const silentMeter = { decision: silent, storeCall: silent, ledgerAppend: silent, batch: silent };

const duty = (window: number, digestRequired = true) => ({ enabled: true, digestRequired, window });

/** Slots of one second since an hour ago, two nodes, every duty on, no readiness asked. */
export function policyDocument(change: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    chain: CHAIN,
    key: KEY,
    roster: [
      { name: 'a', rank: 0 },
      { name: 'b', rank: 1 },
    ],
    duties: {
      babe: duty(1),
      grandpa: duty(64),
      beefy: duty(1),
      'im-online': duty(1, false),
    },
    standbyDelayMs: 50,
    // Whoever waits for a presence to lapse gives a time of its own; else none lapses while a disk stands still.
    watchTtlMs: 60_000,
    ceilings: {
      genesisMs: Date.now() - 3_600_000,
      slotMs: 1_000,
      allowedSkewMs: 500,
      roundStep: 16,
      blockStep: 600,
      sessionStep: 2,
      observers: ['watcher'],
    },
    readiness: {
      required: false,
      maxAgeMs: 10_000,
      minPeers: 1,
      maxFinalityLagBlocks: 10,
      maxClockOffsetMs: 200,
    },
    originalWire: { enabled: false, slotDuty: 'babe', roundScope: 'node-set' },
    ...change,
  };
}

export const NEVER_SIGNED = { babe: null, grandpa: null, beefy: null, 'im-online': null };

export interface Service {
  readonly permit: Permit;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly dir: string;
  stop(): Promise<void>;
}

export interface ServiceSetup {
  readonly store?: Store;
  readonly dir?: string;
  readonly clock?: Clock;
  readonly parts?: Partial<PermitParts>;
  readonly options?: Partial<PermitOptions>;
}

/** A session that outlives a machine that stands still for seconds. */
const SESSION_TTL_MS = 30_003;
const RENEW_MS = 200;

/** Sessions are renewed often all the same: nothing but a serving session sleeps for just a third of its life. */
function renewing(clock: Clock): Clock {
  const sleep: Clock['sleep'] = (ms, signal) =>
    clock.sleep(ms === SESSION_TTL_MS / 3 ? RENEW_MS : ms, signal);
  return { ...clock, sleep };
}

/**
 * The clock of the machine at a fifth of its pace. Questions of the original protocol have fixed budgets of two seconds
 * and more; a disk that stands still for a moment must not use them up.
 */
export function slowClock(): Clock {
  const real = systemClock();
  return {
    nowMs: real.nowMs,
    monotonicMs: () => real.monotonicMs() / 5,
    sleep: (ms, signal) => real.sleep(ms * 5, signal),
  };
}

export function memoryStore(): MemoryStore {
  return createMemoryStore({ clock: systemClock({ unref: true }) });
}

/** Start a service; it is stopped, and a directory made for it removed, when the test ends. */
export async function startService(context: TestContext, setup: ServiceSetup = {}): Promise<Service> {
  const clock = renewing(setup.clock ?? systemClock());
  const store = setup.store ?? memoryStore();
  const dir = setup.dir ?? (await mkdtemp(join(tmpdir(), 'watchbill-core-')));
  const ledger = setup.parts?.ledger ?? (await openLedger({ dir, clock, random: systemRandom() }));
  const parts: PermitParts = {
    store,
    ledger,
    clock,
    random: systemRandom(),
    peers: { memory: () => Promise.reject(new Error('no other service is reachable')) },
    nodeRpc: { roundState: () => Promise.reject(new Error('no node is reachable')) },
    log: silentLog,
    meter: silentMeter,
    ...setup.parts,
  };
  const permit = await createPermit(parts, {
    name: 'one',
    url: null,
    sessionTtlMs: SESSION_TTL_MS,
    storeTimeoutMs: 2_000,
    operatorSecret: null,
    maxInFlight: 1_000,
    ...setup.options,
  });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await permit.drain(1_000);
    await ledger.close();
  };
  context.after(async () => {
    await stop();
    if (setup.dir === undefined) await rm(dir, { recursive: true, force: true });
  });
  return { permit, ledger, store, dir, stop };
}

/** Services that reach each other's memory by url, as over a network; counts how often each was asked. */
export function fakePeers() {
  const reachable = new Map<string, Permit>();
  const asked = new Map<string, number>();
  const memory: Peers['memory'] = async (url) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    const permit = reachable.get(url);
    if (permit === undefined) throw new Error(`${url} does not answer`);
    return permit.memory();
  };
  return { reachable, asked, memory };
}

/** Two services of one ledger over one store, the first with an adopted key; the second may see it in another way. */
export async function startPair(
  context: TestContext,
  change: Partial<PolicyDocument> = {},
  setup: {
    readonly first?: ServiceSetup;
    readonly second?: ServiceSetup;
    readonly seen?: (inner: Store) => Store;
  } = {},
) {
  const inner = memoryStore();
  const peers = fakePeers();
  const one = (name: string, own: ServiceSetup = {}): ServiceSetup => ({
    store: inner,
    ...own,
    parts: { peers, ...own.parts },
    options: { url: name, name, ...own.options },
  });
  const first = await startAdopted(context, change, one('first', setup.first));
  peers.reachable.set('first', first.permit);
  const store = setup.seen?.(inner) ?? inner;
  const second = await startService(context, one('second', { store, ...setup.second }));
  peers.reachable.set('second', second.permit);
  await untilServing(second.permit);
  return { inner, peers, first, second };
}

/** A store whose watches never tell anything, so that what a service holds in memory grows old. */
export function fakeDeaf(inner: Store): Store {
  return { ...inner, watch: () => ({ ready: Promise.resolve(), stop: () => undefined }) };
}

/** A store whose transactions pass by `see` first; what it throws is thrown, what it returns is the answer. */
export function fakeSeen(
  inner: Store,
  see: (transaction: Transaction) => Promise<TransactionResult | undefined> | undefined,
): Store {
  const one = async (transaction: Transaction): Promise<TransactionResult> => {
    const instead = await see(transaction);
    if (instead !== undefined) return instead;
    const [result] = await inner.transact([transaction]);
    if (result === undefined) throw new Error('no result');
    return result;
  };
  return { ...inner, transact: (transactions) => Promise.all(transactions.map(one)) };
}

/** A node is fit, for the key of the tests. */
export const FIT_REPORT = {
  chain: CHAIN,
  keys: [KEY],
  syncing: false,
  peers: 3,
  finalityLagBlocks: 0,
  clockOffsetMs: 0,
};

/** Wait until the service grants. */
export async function untilServing(permit: Permit): Promise<void> {
  await until(async () => (await permit.health()).state === 'serving', 'the service to serve');
}

export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A service that serves one adopted key. */
export async function startAdopted(
  context: TestContext,
  change: Partial<PolicyDocument> = {},
  setup: ServiceSetup = {},
): Promise<Service> {
  const service = await startService(context, setup);
  await untilServing(service.permit);
  const document = policyDocument(change);
  await service.permit.applyPolicy(document, 'test');
  const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
  await service.permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'a new key' }, 'test');
  return service;
}

let claimCount = 0;

/** A claim with defaults: babe, slot 1, part seal. */
export function claimOf(change: Partial<ClaimRequest> = {}): ClaimRequest {
  claimCount += 1;
  return {
    claimId: `claim-${claimCount}`,
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    unit: '1',
    part: 'seal',
    digest: seal('01'),
    incarnation: INCARNATION,
    // So that a machine that is busy for a moment decides nothing; not an interval that a test's clock may shorten.
    timeoutMs: 20_000,
    ...change,
  };
}

/** The answer as `outcome:reason`. */
export async function ask(permit: Permit, node: string, change: Partial<ClaimRequest> = {}): Promise<string> {
  const reply: ClaimReply = await permit.claim(claimOf(change), { node });
  return `${reply.outcome}:${reply.reason}`;
}
