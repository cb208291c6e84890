import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { dutyNamed, encodeWord, type LedgerPoint, wordKeyOf } from '../../rule/index.ts';
import type { Store, Transaction, TransactionResult } from '../../store/index.ts';
import { createMemoryStore, type MemoryStore } from '../../store/testing/memory-store.ts';
import {
  type ClaimReply,
  type ClaimRequest,
  type Permit,
  PermitFault,
  type PermitHealth,
  type PolicyDocument,
} from '../contract.ts';
import type { CoreContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { PermitOptions, PermitParts } from '../ground/options.ts';
import { decodeRecord } from '../ground/records.ts';
import type { Ledger } from '../ledger/port.ts';
import { createPermit } from '../permit.ts';
import type { Log, Peers } from '../ports.ts';
import { type FakeDisk, fakeDisk, fakeLedger } from './fake-ledger.ts';
import { clockOf, START_MS, until, worldOf } from './world.ts';

/**
 * Shared by the tests of the core: a whole service in virtual time, over a memory store and a fake ledger.
 */
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

/**
 * Slots of one second since an hour before the test, two nodes, every duty on, no readiness asked. An hour of
 * skew lets tests name slots from 1 on, and `trust` leaves out the base, so that memory and words are tested
 * by themselves; tests of the base ask for `return: 'deny'`.
 */
export function policyDocument(change: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    chain: CHAIN,
    key: KEY,
    roster: [
      { name: 'a', rank: 0 },
      { name: 'b', rank: 1 },
    ],
    duties: { babe: duty(1), grandpa: duty(64), beefy: duty(1), 'im-online': duty(1, false) },
    standbyDelayMs: 50,
    watchTtlMs: 60_000,
    ceilings: {
      genesisMs: START_MS - 3_600_000,
      slotMs: 1_000,
      allowedSkewMs: 3_600_000,
      roundStep: 16,
      blockStep: 16,
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
    return: 'trust',
    ...change,
  };
}

const optional = (window: number) => ({ enabled: true, digestRequired: false, window });
/** For two nodes of the original wire protocol, which have an RPC each. */
export const WIRE: Partial<PolicyDocument> = {
  roster: ['a', 'b'].map((name, rank) => ({ name, rank, rpcUrl: `http://${name}` })),
  duties: { babe: optional(1), grandpa: optional(64), beefy: optional(1), 'im-online': optional(1) },
  originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'node-set' },
};

export const NEVER_SIGNED = { babe: null, grandpa: null, beefy: null, 'im-online': null };

export interface Service {
  readonly permit: Permit;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly disk: FakeDisk;
  stop(): Promise<void>;
}

export interface ServiceSetup {
  readonly store?: Store;
  /** The data directory of an earlier start, or a copy of it; an empty one unless given. */
  readonly disk?: FakeDisk;
  readonly parts?: Partial<PermitParts>;
  readonly options?: Partial<PermitOptions>;
}

/** Life of a session. A service renews it, and looks at its store, three times in this time. */
export const SESSION_TTL_MS = 3_000;

export function memoryStore(context: TestContext): MemoryStore {
  return createMemoryStore({ clock: clockOf(context) });
}

/** A log, and the events of these levels that it got; `lines`: the same with level and text. */
export function fakeLog(...levels: readonly (keyof Log)[]) {
  const events: Record<string, unknown>[] = [];
  const lines: Record<string, unknown>[] = [];
  const note = (level: keyof Log) => (event: Record<string, unknown>, text: string) => {
    events.push(event);
    lines.push({ level, ...event, text });
  };
  const log: Log = { ...silentLog, ...Object.fromEntries(levels.map((level) => [level, note(level)])) };
  return { log, events, lines };
}

/** The context of one module alone, in virtual time. */
export function contextOf(
  context: TestContext,
  parts: object,
  options: Partial<CoreContext['options']> = {},
): CoreContext {
  const { clock, random } = worldOf(context);
  const all = { clock, random, log: silentLog, meter: silentMeter, ...parts };
  return {
    parts: all as unknown as CoreContext['parts'],
    options: { storeTimeoutMs: 2_000, ...options } as CoreContext['options'],
    stale: new Set(),
  };
}

/** Why a permit refuses: `STATUS CODE: MESSAGE | REMEDY`. */
export async function refusal(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => assert.fail('it was not refused'),
    (fault: unknown) => fault,
  );
  assert.ok(error instanceof PermitFault);
  return `${error.status} ${error.code}: ${error.message} | ${error.remedy}`;
}

/** The parts and options of a service in virtual time. No other service and no node is reachable. */
export function partsOf(context: TestContext, setup: ServiceSetup = {}) {
  const { clock, random } = worldOf(context);
  const store = setup.store ?? memoryStore(context);
  const disk = setup.disk ?? fakeDisk(random);
  const ledger = setup.parts?.ledger ?? fakeLedger(disk, clock);
  const parts: PermitParts = {
    store,
    ledger,
    clock,
    random,
    peers: { memory: () => Promise.reject(new Error('no other service is reachable')) },
    nodeRpc: { roundState: () => Promise.reject(new Error('no node is reachable')) },
    log: silentLog,
    meter: silentMeter,
    ...setup.parts,
  };
  const options: PermitOptions = {
    name: 'one',
    url: null,
    sessionTtlMs: SESSION_TTL_MS,
    storeTimeoutMs: 2_000,
    operatorSecret: null,
    maxInFlight: 1_000,
    ...setup.options,
  };
  return { parts, options, stale: new Set<string>(), disk };
}

/** Starts a service, which is stopped when the test ends. */
export async function startService(context: TestContext, setup: ServiceSetup = {}): Promise<Service> {
  const { parts, options, disk } = partsOf(context, setup);
  const { store, ledger } = parts;
  const permit = await createPermit(parts, options);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await permit.drain(1_000);
    await ledger.close();
  };
  worldOf(context).atEnd(stop);
  return { permit, ledger, store, disk, stop };
}

/** Services that reach each other's memory by url, as over a network; counts how often each was asked. */
export function fakePeers() {
  const reachable = new Map<string, Permit>();
  const asked = new Map<string, number>();
  const at = (url: string): Permit => {
    const permit = reachable.get(url);
    if (permit === undefined) throw new Error(`${url} does not answer`);
    return permit;
  };
  const memory: Peers['memory'] = async (url) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    return at(url).memory();
  };
  const units: NonNullable<Peers['units']> = async (url, _secret, query) => at(url).unitFacts(query);
  return { reachable, asked, memory, units };
}

/**
 * Two services of one ledger over one store, the first with an adopted key; the second may see it in another
 * way.
 */
export async function startPair(
  context: TestContext,
  change: Partial<PolicyDocument> = {},
  setup: {
    readonly first?: ServiceSetup;
    readonly second?: ServiceSetup;
    readonly seen?: (inner: Store) => Store;
  } = {},
) {
  const inner = memoryStore(context);
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
  const second = await startServing(context, one('second', { store, ...setup.second }));
  peers.reachable.set('second', second.permit);
  return { inner, peers, first, second };
}

/** A store whose watches never report, so that the memory of a service grows old. */
export function fakeDeaf(inner: Store): Store {
  return { ...inner, watch: () => ({ ready: Promise.resolve(), stop: () => undefined }) };
}

/** A store whose transactions pass through `see` first: it throws the call's error or returns its answer. */
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

/** Waits until the service is in this state. */
export async function untilState(
  context: TestContext,
  permit: Permit,
  wanted: PermitHealth['state'],
): Promise<void> {
  await until(context, async () => (await permit.health()).state === wanted, `the service to be ${wanted}`);
}

/** Waits until the service grants. */
export const untilServing = (context: TestContext, permit: Permit): Promise<void> =>
  untilState(context, permit, 'serving');

/** A service that serves, without a key. */
export async function startServing(context: TestContext, setup: ServiceSetup = {}): Promise<Service> {
  const service = await startService(context, setup);
  await untilServing(context, service.permit);
  return service;
}

/** A service that serves one adopted key. */
export async function startAdopted(
  context: TestContext,
  change: Partial<PolicyDocument> = {},
  setup: ServiceSetup = {},
): Promise<Service> {
  const service = await startServing(context, setup);
  const document = policyDocument(change);
  await service.permit.applyPolicy(document, 'test');
  const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
  await service.permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'a new key' }, 'test');
  return service;
}

/** Adopts another key, which the named nodes may sign for. */
export async function adoptOther(permit: Permit, names: readonly string[], key: string): Promise<void> {
  const roster = names.map((name, rank) => ({ name, rank }));
  const document = policyDocument({ key, roster, standbyDelayMs: 0 });
  await permit.applyPolicy(document, 'test');
  const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
  await permit.adopt({ chain: document.chain, key, floors, confirmation: 'a new key' }, 'test');
}

/** Writes one record without any service. */
export async function put(store: Store, key: string, text: string | null): Promise<void> {
  const value = text === null ? null : Buffer.from(text);
  await store.transact([{ compares: [], writes: [{ key, value }] }]);
}

/** The text of one record, read without any service; null if it is not there. */
export async function textIn(store: Store, key: string): Promise<string | null> {
  const [value] = await store.read([key]);
  return value == null ? null : Buffer.from(value).toString();
}

/** The text of one record that is there. */
export async function textAt(store: Store, key: string): Promise<string> {
  return (await textIn(store, key)) ?? assert.fail(`there is no record ${key}`);
}

/** An operator releases every held word. */
export async function releaseAll(permit: Permit, reason = 'the node is wrong'): Promise<void> {
  for (const { id, state } of await permit.rollbackReports())
    if (state === 'held') await permit.releaseRollbackReport(id, reason, 'operator');
}

/** A word that the ledger of the store wrote, about an entry that its mark of babe does not have. */
export async function wordAhead(store: Store, change: Partial<LedgerPoint> = {}): Promise<string> {
  const duty = dutyNamed('babe');
  if (duty === null) throw new Error('there is no duty babe');
  const { id: ledger } = decodeRecord('ledger', await textAt(store, keys.ledger));
  const { secret } = decodeRecord('peerSecret', await textAt(store, keys.peerSecret));
  const { epoch } = decodeRecord('epoch', await textAt(store, keys.epoch));
  const unit = [99n];
  const point = { epoch, seq: 99n, hash: 'e'.repeat(64), unit, part: 'seal', nonce: 'n', top: unit } as const;
  return encodeWord({ ...point, ...change }, { ledger, chain: CHAIN, key: KEY, duty }, wordKeyOf(secret));
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
    timeoutMs: 20_000,
    ...change,
  };
}

/** The answer as `outcome:reason`. */
export async function ask(permit: Permit, node: string, change: Partial<ClaimRequest> = {}): Promise<string> {
  const reply: ClaimReply = await permit.claim(claimOf(change), { node });
  return `${reply.outcome}:${reply.reason}`;
}
