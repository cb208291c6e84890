import { until } from '@watchbill/kit';
import type { Policy } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { PermitFault, type PolicyDocument } from '../contract.ts';
import { nextChange } from '../ground/changes.ts';
import { transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { compareOf, toBytes, toText } from '../ground/records.ts';
import type { CoreModules } from '../modules.ts';

/** A slot is granted as new no later than ten slots after it; two more for clocks. */
const SLOTS_LATE = 12;
/** How often a change is written again because the session was renewed between reading and writing. */
const MAX_RENEWALS = 3;

/** A version of a policy over the one that was read, and what else its transaction compares and writes. */
interface Committing {
  readonly next: NextVersion;
  readonly before: HeldPolicy | null;
  readonly sessionText: string;
  /** Its name in a fault. */
  readonly what: string;
  readonly compares?: readonly Compare[];
  readonly writes?: readonly Write[];
}

export type LedgerChanges = ReturnType<typeof createLedgerChanges>;

/**
 * Changes of the ledger by an operator: one transaction that compares the session, the epoch and the policy.
 */
export function createLedgerChanges(modules: CoreModules) {
  const { context, identity, session, policies } = modules;
  const { clock, ledger } = context.parts;

  /** Text of the session record. Throws a PermitFault `not-serving`. */
  function mustServe(): string {
    const text = session.recordText();
    if (session.state() === 'serving' && text !== null) return text;
    throw notServing(`the service is ${session.state()}: ${session.detail()}`);
  }

  return {
    mustServe,
    /** The document as the next version of a policy. Throws a PermitFault `name-taken` or `skew-too-soon`. */
    nextVersion(document: PolicyDocument, before: HeldPolicy | null, mode: Policy['mode'], by: string) {
      mustBeFree(document, policies.all());
      mustBeLate(document, before, modules.base().openedMs, clock.nowMs());
      return versionOf(nextPolicy(document, before, mode), before, by, clock.nowMs());
    },
    /**
     * Throws a PermitFault: `changed`, `not-serving`, or `store-unavailable` if it is not certain. A renewal
     * of the session between reading and writing is no reason to refuse: the change is written once more.
     */
    async commit({ next, before, sessionText, what, ...more }: Committing): Promise<void> {
      const ownKey = keys.session(ledger.serviceId);
      const guards = [
        ...(more.compares ?? []),
        policyGuard(next.policy, before),
        compareOf(keys.epoch, identity.epochText),
      ];
      const writes = [...next.writes, ...(more.writes ?? [])];
      let own = sessionText;
      for (let attempt = 0; attempt < MAX_RENEWALS; attempt++) {
        const result = await transact(context, { compares: [...guards, compareOf(ownKey, own)], writes });
        if (result.outcome === 'applied') return;
        if (result.outcome !== 'conflict') throw uncertain(what);
        const found = result.current[guards.length] ?? null;
        const foundText = found === null ? null : toText(found, ownKey);
        if (foundText === own) throw changed(what);
        session.compareFailed(own, foundText);
        own = await textAfterRenewal(context, mustServe, own);
      }
      throw notServing('the session was renewed again and again meanwhile');
    },
  };
}

/** Two changes at one moment could still name two keys alike; a command that uses the name lists both. */
function mustBeFree({ name, key }: PolicyDocument, all: readonly Policy[]): void {
  const other = all.find((policy) => name !== undefined && policy.name === name && policy.key !== key);
  if (other === undefined) return;
  const message = `the key ${other.key} is named ${name} already`;
  throw new PermitFault('name-taken', 409, message, 'Give this key another name.');
}

/**
 * A lower skew lowers the base of slots. Slots above it may have been granted before a restore, up to the old
 * skew after the opening of the session: they must be past first.
 */
function mustBeLate(
  { ceilings }: PolicyDocument,
  held: HeldPolicy | null,
  openedMs: number | null,
  nowMs: number,
) {
  const old = held?.policy.ceilings;
  if (old === undefined || openedMs === null || ceilings.allowedSkewMs >= old.allowedSkewMs) return;
  const untilMs = openedMs + 2 * old.allowedSkewMs + SLOTS_LATE * old.slotMs;
  if (nowMs >= untilMs) return;
  const message = `the session of this service is too young for a skew below ${old.allowedSkewMs} ms`;
  const remedy = `Repeat the command at ${new Date(untilMs).toISOString()} or later.`;
  throw new PermitFault('skew-too-soon', 409, message, remedy);
}

/** One version of a policy, its writes, and the text of the pointer that they set. */
export type NextVersion = ReturnType<typeof versionOf>;

/** A policy before it has a place in the chain of its key. */
type Settings = Omit<Policy, 'versionId' | 'version'>;

/**
 * The document as an operator wants it next. A freeze stays in force: only a person who lifts it ends it, so
 * an adoption sets the mode that the lift restores.
 */
export function nextPolicy(
  document: PolicyDocument & Partial<Policy>,
  before: HeldPolicy | null,
  mode: Policy['mode'],
): Settings {
  const { mode: _mode, freeze: _freeze, ...next } = document;
  const freeze = before?.policy.freeze;
  if (freeze === undefined) return { ...next, mode };
  if (before?.policy.mode !== 'frozen') return { ...next, mode, freeze };
  return { ...next, mode: 'frozen', freeze: mode === 'enforce' ? { ...freeze, before: mode } : freeze };
}

/** The next change of a key. `atMs`: Unix milliseconds. */
export function versionOf(
  settings: Settings & Partial<Policy>,
  before: HeldPolicy | null,
  by: string,
  atMs: number,
) {
  const { versionId: _id, version: _version, ...policy } = settings;
  const { chain, key } = policy;
  const { text, pointer, pointerText } = nextChange(before?.policy ?? null, {
    ...{ by, atMs, token: null },
    policy: { ...policy },
  });
  return {
    policy: { ...policy, ...pointer },
    pointerText,
    writes: [
      { key: keys.policyPointer(chain, key), value: toBytes(pointerText) },
      { key: keys.policyVersion(chain, key, pointer.versionId), value: toBytes(text) },
    ],
  };
}

/** No version is written over one that was not read. */
export function policyGuard({ chain, key }: Policy, before: HeldPolicy | null): Compare {
  return compareOf(keys.policyPointer(chain, key), before?.pointerText ?? null);
}

/** Time between two looks at a renewal whose answer is on its way, in milliseconds. */
const LOOK_MS = 10;

/**
 * The store has the renewed record before this service has the answer, so the change waits for the answer.
 */
async function textAfterRenewal(
  { parts: { clock }, options }: CoreModules['context'],
  mustServe: () => string,
  before: string,
): Promise<string> {
  const look = () => {
    const text = mustServe();
    return text === before ? null : text;
  };
  const renewed = await until(look, { clock, pauseMs: LOOK_MS, withinMs: options.storeTimeoutMs });
  if (renewed === null) throw notServing('the session is being renewed');
  return renewed;
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
