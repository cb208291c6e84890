import {
  ceilingOver,
  dutyNamed,
  type Freeze,
  type FreezeLift,
  formatUnit,
  highestSeen,
  type Policy,
} from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import { type LedgerChanges, versionOf } from '../admin/ledger-changes.ts';
import { type FreezeRequest, type LiftRequest, PermitFault } from '../contract.ts';
import { keysWithPolicy } from '../ground/policies.ts';
import type { CoreModules } from '../modules.ts';
import { meantKeys } from '../policy/meant-keys.ts';

export type Freezer = ReturnType<typeof createFreezer>;

export interface KeyName {
  readonly chain: string;
  readonly key: string;
}

export type Cause = Pick<Freeze, 'cause' | 'by' | 'reason' | 'evidence'>;

/** How often a policy that changed meanwhile is read again. */
const MAX_ATTEMPTS = 8;

type Change = (policy: Policy) => Pick<Policy, 'mode' | 'freeze'> | null;

/**
 * Freezes keys and lifts freezes: decision 0031. A freeze is a new version of the policy, which every grant
 * compares, so it holds at every service from its transaction on.
 */
export function createFreezer(modules: CoreModules, changes: LedgerChanges) {
  const { clock, log } = modules.context.parts;
  const change = changeMode.bind(null, { modules, changes });

  /** Freezes one key, for a cause. Null if it is frozen already, or was changed so that `unless` holds. */
  async function freezeKey(
    { chain, key }: KeyName,
    cause: Cause,
    unless: (policy: Policy) => boolean = () => false,
  ): Promise<Policy | null> {
    const frozen = await change({ chain, key }, cause.by, (policy) => {
      if (policy.mode === 'frozen' || unless(policy)) return null;
      const freeze: Freeze = { before: policy.mode, ...cause, atMs: clock.nowMs(), lifted: null };
      return { mode: 'frozen', freeze };
    });
    if (frozen !== null) {
      const { by, reason } = cause;
      // The caller may pass a whole policy, whose addresses of nodes do not belong into the log.
      const event = { event: 'key-frozen', chain, key, cause: cause.cause, by, reason };
      log.error(event, 'a key is frozen: no service grants it a new unit until a person lifts that');
    }
    return frozen;
  }

  async function liftKey(name: KeyName, by: string, { reason, frozenAtMs }: LiftRequest) {
    const lifted = await change(name, by, (policy) => {
      const round = lastRound(modules, policy);
      const lift = { by, reason, atMs: clock.nowMs(), ...(round === null ? {} : { round }) };
      return liftOf(policy, lift, frozenAtMs);
    });
    if (lifted !== null)
      log.warn({ event: 'freeze-lifted', ...name, by, reason }, 'the freeze of a key is lifted');
    return lifted;
  }

  return {
    freezeKey,
    /**
     * Freezes the keys that the request selects; a frozen key keeps its freeze. The policies of all of them.
     * Throws a PermitFault: `key-unknown`, `not-serving`, or `store-unavailable`.
     */
    async freeze(request: FreezeRequest, by: string): Promise<readonly Policy[]> {
      const cause = { cause: 'operator', by, reason: request.reason, evidence: null } as const;
      const names = await selected(modules, request);
      await Promise.all(names.map((name) => freezeKey(name, cause)));
      return policiesOf(modules, names);
    },
    /**
     * Lifts the freezes of the selected keys. Throws as `freeze`, `not-frozen` if none is frozen, and
     * `changed` if a key has another freeze than the one that is meant.
     */
    async lift(request: LiftRequest, by: string): Promise<readonly Policy[]> {
      const names = await selected(modules, request);
      const lifted = await Promise.all(names.map((name) => liftKey(name, by, request)));
      const found = lifted.filter((policy) => policy !== null);
      if (found.length > 0) return found;
      throw notFrozen(request);
    },
  };
}

function notFrozen({ key }: LiftRequest): PermitFault {
  const what = key === 'all' ? 'no key of this ledger is frozen' : 'the key is not frozen';
  return new PermitFault('not-frozen', 409, what, 'Run `watchbill status` to see the mode of each key.');
}

/**
 * The last round in which another machine may have voted before now: a step above the highest round that an
 * observer has reported. Null if none has.
 */
function lastRound({ observations }: CoreModules, policy: Policy): string | null {
  const duty = dutyNamed('grandpa');
  const seen = duty && highestSeen(duty, observations.known(policy));
  const [last] = duty && seen ? ceilingOver(duty, policy.ceilings, seen).highest : [];
  return last === undefined ? null : formatUnit(last);
}

/** Throws if the key has another freeze than the one that began at `frozenAtMs`. */
function liftOf({ mode, freeze }: Policy, lifted: FreezeLift, frozenAtMs?: number): ReturnType<Change> {
  if (mode !== 'frozen' || freeze === undefined) return null;
  if (frozenAtMs !== undefined && freeze.atMs !== frozenAtMs)
    throw new PermitFault('changed', 409, 'the key was frozen again', 'Read why, then ask again.');
  return { mode: freeze.before, freeze: { ...freeze, lifted } };
}

/** The keys that a request selects, read from the store. */
async function selected({ context }: CoreModules, request: FreezeRequest): Promise<readonly KeyName[]> {
  const { chain, key } = request;
  const all = await keysWithPolicy(context).catch((error: unknown) => {
    if (!(error instanceof StoreFault)) throw error;
    const remedy = `${error.remedy}. Then repeat the command, or ask another service now.`;
    throw new PermitFault('store-unavailable', 503, `no key was changed: ${error.message}`, remedy, error);
  });
  return meantKeys(all, { chain, key: key === 'all' ? undefined : key });
}

async function policiesOf({ policies, context }: CoreModules, names: readonly KeyName[]): Promise<Policy[]> {
  const timeoutMs = context.options.storeTimeoutMs;
  const held = await Promise.all(names.map(({ chain, key }) => policies.load(chain, key, timeoutMs)));
  return held.flatMap((one) => (one === null ? [] : [one.policy]));
}

/**
 * Writes the next version of a policy with another mode. Null if `next` gives none. A policy that changed
 * meanwhile is read again: a change by another person must not delay a freeze.
 */
async function changeMode(
  { modules, changes }: { readonly modules: CoreModules; readonly changes: LedgerChanges },
  { chain, key }: KeyName,
  by: string,
  next: Change,
): Promise<Policy | null> {
  const { policies, context } = modules;
  for (let attempt = 1; ; attempt++) {
    const sessionText = changes.mustServe();
    const before = await policies.load(chain, key, context.options.storeTimeoutMs);
    const mode = before === null ? null : next(before.policy);
    if (before === null || mode === null) return null;
    const settings = { ...before.policy, ...mode };
    const version = versionOf(settings, before, by, context.parts.clock.nowMs());
    try {
      await changes.commit({ next: version, before, sessionText, what: 'policy' });
      policies.put(version);
      return version.policy;
    } catch (error) {
      const changed = error instanceof PermitFault && error.code === 'changed';
      if (!changed || attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}
