import { type Random, randomHex } from '@watchbill/kit';
import type { Policy } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { PermitFault, type PolicyDocument } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { encodePolicy, encodeRecord, toBytes, toText } from '../ground/records.ts';
import type { CoreModules } from '../modules.ts';

/**
 * A change of the ledger by an operator: one transaction that compares the session, the epoch and the policy.
 */
export interface LedgerChanges {
  /** Text of the session record. Throws a PermitFault `not-serving`. */
  mustServe(): string;
  /** The document as the next version of a policy. Throws a PermitFault `name-taken`. */
  nextVersion(document: PolicyDocument, before: HeldPolicy | null, mode: Policy['mode']): Policy;
  policyWrites(policy: Policy, by: string): PolicyWrites;
  guards(policy: Policy, sessionText: string, before: HeldPolicy | null): Compare[];
  /**
   * Throws a PermitFault: `changed`, `not-serving`, or `store-unavailable` if it is not certain. `what` names
   * it.
   */
  commit(compares: Compare[], writes: Write[], what: string): Promise<void>;
}

/** How often a change is written again because the session was renewed between reading and writing. */
const MAX_RENEWALS = 3;

export function createLedgerChanges(modules: CoreModules): LedgerChanges {
  const { context, identity, session } = modules;
  const { clock, random, ledger } = context.parts;

  function mustServe(): string {
    const text = session.recordText();
    if (session.state() === 'serving' && text !== null) return text;
    throw notServing(`the service is ${session.state()}: ${session.detail()}`);
  }

  const nextVersion: LedgerChanges['nextVersion'] = (document, before, mode) => {
    mustBeFree(document, modules.policies.all());
    return nextPolicy(document, before, mode, random);
  };
  const policyWrites: LedgerChanges['policyWrites'] = (policy, by) => writesOf(policy, by, clock.nowMs());

  function guards(policy: Policy, sessionText: string, before: HeldPolicy | null): Compare[] {
    return [
      ...policyGuards(policy, before),
      { key: keys.epoch, value: toBytes(identity.epochText) },
      { key: keys.session(ledger.serviceId), value: toBytes(sessionText) },
    ];
  }

  const commit: LedgerChanges['commit'] = (compares, writes, what) =>
    commitChange(modules, mustServe, { compares, writes, what });
  return { mustServe, nextVersion, policyWrites, guards, commit };
}

/** Two changes at one moment could still name two keys alike; a command that uses the name lists both. */
function mustBeFree({ name, key }: PolicyDocument, all: readonly Policy[]): void {
  const other = all.find((policy) => name !== undefined && policy.name === name && policy.key !== key);
  if (other === undefined) return;
  const message = `the key ${other.key} is named ${name} already`;
  throw new PermitFault('name-taken', 409, message, 'Give this key another name.');
}

/** The writes of one version of a policy, and the text of the pointer that they set. */
export interface PolicyWrites {
  readonly writes: Write[];
  readonly pointerText: string;
}

/**
 * The document as the next version of a policy, under a new id. A freeze stays in force: only a person who
 * lifts it ends it, so an adoption sets the mode that the lift restores.
 */
export function nextPolicy(
  document: PolicyDocument,
  before: HeldPolicy | null,
  mode: Policy['mode'],
  random: Random,
): Policy {
  const version = (before?.policy.version ?? 0) + 1;
  const next = { ...withoutVersion(document), versionId: randomHex(random, 16), version };
  const freeze = before?.policy.freeze;
  if (freeze === undefined) return { ...next, mode: before?.policy.mode === 'frozen' ? 'frozen' : mode };
  if (before?.policy.mode !== 'frozen') return { ...next, mode, freeze };
  return { ...next, mode: 'frozen', freeze: mode === 'enforce' ? { ...freeze, before: mode } : freeze };
}

/** A version of a policy and the pointer to it. `atMs`: Unix milliseconds. */
export function writesOf(policy: Policy, by: string, atMs: number): PolicyWrites {
  const { chain, key, versionId, version } = policy;
  const pointerText = encodeRecord('policyPointer', { versionId, version });
  return {
    pointerText,
    writes: [
      { key: keys.policyPointer(chain, key), value: toBytes(pointerText) },
      { key: keys.policyVersion(chain, key, versionId), value: toBytes(encodePolicy(policy, by, atMs)) },
    ],
  };
}

/** No version is written twice, and none over a version that was not read. */
export function policyGuards({ chain, key, versionId }: Policy, before: HeldPolicy | null): Compare[] {
  return [
    { key: keys.policyVersion(chain, key, versionId), value: null },
    { key: keys.policyPointer(chain, key), value: before === null ? null : toBytes(before.pointerText) },
  ];
}

/**
 * A renewal of the session between reading and writing is no reason to refuse: the change is written once
 * more.
 */
async function commitChange(
  { context, session }: CoreModules,
  mustServe: () => string,
  { compares, writes, what }: { compares: Compare[]; writes: Write[]; what: string },
): Promise<void> {
  const { store, ledger } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  for (let attempt = 0; attempt < MAX_RENEWALS; attempt++) {
    const [result] = await store.transact([{ compares, writes }], { timeoutMs });
    if (result?.outcome === 'applied') return;
    if (result?.outcome !== 'conflict') throw uncertain(what);
    const own = compares.findIndex(({ key }) => key === keys.session(ledger.serviceId));
    const [compared, found] = [compares[own]?.value, result.current[own]];
    if (sameRecord(compared, found)) throw changed(what);
    session.compareFailed(toText(compared ?? new Uint8Array()), found == null ? null : toText(found));
    const text = await textAfterRenewal(context, mustServe, compared);
    compares[own] = { key: keys.session(ledger.serviceId), value: toBytes(text) };
  }
  throw notServing('the session was renewed again and again meanwhile');
}

/** Time between two looks at a renewal whose answer is on its way, in milliseconds. */
const LOOK_MS = 10;

/**
 * The store has the renewed record before this service has the answer, so the change waits for the answer.
 */
async function textAfterRenewal(
  { parts: { clock }, options }: CoreModules['context'],
  mustServe: () => string,
  before: Uint8Array | null | undefined,
): Promise<string> {
  const endMs = clock.monotonicMs() + options.storeTimeoutMs;
  for (;;) {
    const text = mustServe();
    if (!sameRecord(toBytes(text), before)) return text;
    if (clock.monotonicMs() >= endMs) throw notServing('the session is being renewed');
    await clock.sleep(LOOK_MS);
  }
}

/** The document of an operator, without the fields that the ledger draws. */
function withoutVersion(document: PolicyDocument & Partial<Policy>): PolicyDocument {
  const { versionId: _id, version: _version, mode: _mode, freeze: _freeze, ...rest } = document;
  return rest;
}

function uncertain(what: string): PermitFault {
  const message = `it is not certain whether the ${what} was written`;
  const remedy = 'Look at it, and repeat the command if it was not.';
  return new PermitFault('store-unavailable', 503, message, remedy);
}

function changed(what: string): PermitFault {
  const remedy = 'Look at it again and repeat the command.';
  return new PermitFault('changed', 409, `the ${what} changed meanwhile`, remedy);
}

function notServing(why: string): PermitFault {
  return new PermitFault('not-serving', 503, why, 'Wait until the service is ready, or ask another one.');
}

function sameRecord(one: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean {
  return Buffer.compare(one ?? new Uint8Array(), other ?? new Uint8Array()) === 0;
}
