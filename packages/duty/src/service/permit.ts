import { createHash, timingSafeEqual } from 'node:crypto';
import type { Policy } from '../rule/index.ts';
import { createAdmin, silencedText } from './admin/admin.ts';
import { createAdoption } from './admin/adoption.ts';
import { createLedgerChanges } from './admin/ledger-changes.ts';
import { assembleCore } from './assemble.ts';
import { certificateTrouble, followCertificate } from './certificate.ts';
import { createClaimEngine } from './claim/claims.ts';
import { type KeyFilter, type MemoryView, type Permit, PermitFault, type PermitHealth } from './contract.ts';
import { createFreezer, type Freezer } from './freeze/freeze.ts';
import { createSignatureReports } from './freeze/signatures.ts';
import { createFront, type Front } from './front/front.ts';
import { pointView } from './ground/memory.ts';
import type { PermitOptions, PermitParts } from './ground/options.ts';
import type { CoreModules } from './modules.ts';
import { createFindTarget } from './original/targets.ts';
import { drill } from './preference/handover/drill.ts';
import { createNextSlots, type NextSlots } from './preference/handover/next-slots.ts';
import { createStandbys, type Standbys } from './preference/handover/standbys.ts';
import { createKeyLeases } from './preference/key-leases.ts';
import { createUnits, type Units } from './preference/units/units.ts';
import { createHandover } from './preference/watch/handover.ts';

/**
 * The permission service without a transport: claim protocol sections 2, 4, 5 and, of 6, sessions,
 * store-behind, joining and adoption. Rejects with a PermitFault if the store is not the one its data
 * directory belongs to.
 */
export async function createPermit(parts: PermitParts, options: PermitOptions): Promise<Permit> {
  const modules = await assembleCore(parts, options);
  const { identity, session, services, policies, watches, observations, tokens, reports } = modules;
  const standbys = createStandbys(modules);
  const engine = createClaimEngine(modules);
  const units = createUnits(modules);
  const nextSlots = createNextSlots(modules);
  const front: Front = createFront(modules, engine, createFindTarget(modules), (asked, verdict) => {
    standbys.follow(asked, verdict);
    units.claimed(asked, verdict);
  });
  const changes = createLedgerChanges(modules);
  const freezer = createFreezer(modules, changes);
  const unfollow = followCertificate(parts, options.certificateEndsMs);

  return {
    claim: front.claim,
    claimOriginal: front.claimOriginal,
    ...reportCalls(modules, freezer, units, nextSlots),
    handOver: createHandover(modules, standbys.noteHandover),
    drill: (chain, key, to, by) =>
      drill({ modules, standbys, nextSlots, health: () => healthOf(modules, front) }, { chain, key, to, by }),
    ...standbyCalls(modules, standbys),
    policies: async () => policies.all(),
    ...createAdmin(modules, changes),
    decisions: (query) => parts.ledger.decisions(query),
    subscribe: (listener) => parts.ledger.subscribe(listener),
    adopt: createAdoption(modules, changes),
    ...{ units: units.page, unitTally: units.tally, unitFacts: units.own },
    freeze: freezer.freeze,
    liftFreeze: freezer.lift,
    services: services.views,
    approve: services.approve,
    rollbackReports: async () => reports.list(),
    releaseRollbackReport: (id, reason, by) => reports.release(id, by, reason),
    removeService: services.remove,
    ...{ createToken: tokens.create, revokeToken: tokens.revoke, identify: tokens.identify },
    tokens: async () => tokens.all(),
    isPeer: (secret) => sameSecret(secret, identity.peerSecret),
    memory: async () => memoryView(modules),
    health: () => healthOf(modules, front),
    storeWentBack(detail) {
      parts.log.error({ event: 'store-went-back', detail }, 'the store went back in time');
      session.lost(`the store went back in time: ${detail}`);
    },
    async drain(timeoutMs) {
      session.drain();
      await front.idle(timeoutMs);
      await reports.stop();
      units.stop();
      unfollow();
      await session.stop();
      for (const book of [policies, watches, observations, tokens]) book.stop();
    },
  };
}

/** The reports of nodes and observers, and the watches and leases that follow from them. */
function reportCalls(modules: CoreModules, freezer: Freezer, units: Units, nextSlots: NextSlots) {
  const { observations, policies, quiet, reports, session, watches } = modules;
  const compared = createSignatureReports(modules, freezer);
  const keyLeases = createKeyLeases(modules.context, watches.lastReport);
  return {
    observe: (report, observer) => observations.report(report, observer, policies.all()),
    async reportSignatures(report, observer) {
      await compared.blocks(report, observer);
      quiet.heard('blocks', report, observer, policies.all());
      units.seen(report.chain, report.signatures, observer);
    },
    async reportVotes(report, observer) {
      const signed = await compared.votes(report, observer);
      quiet.heard('grandpa', report, observer, policies.all());
      // A unit counts as signed by the part that is signed last.
      const last = signed.filter(({ part }) => part === 'precommit');
      const seen = last.map((vote) => ({ ...vote, duty: 'grandpa' }));
      units.seen(report.chain, seen, observer);
    },
    reportOffences: compared.offences,
    reportDue(report, observer) {
      units.due(report, observer);
      nextSlots.noted(report, observer);
    },
    reportReadiness: (report, node) =>
      watches.report(report, node, (key) => policies.get(report.chain, key)?.policy ?? null),
    async watches(filter) {
      const leasesOf = await keyLeases.read();
      const found = policies.all().filter(matching(filter));
      return found.map((policy) => ({ ...watches.state(policy), keyLeases: leasesOf(policy) }));
    },
    async keepKeyLeases({ chain, keys, leases = [] }, node) {
      const mine = leases.filter(({ key }) => keys.includes(key));
      const isActive = (key: string) => {
        const policy = policies.get(chain, key)?.policy;
        const ends = Object.values(policy?.duties ?? {}).some(({ lastUnit }) => lastUnit !== undefined);
        const isSure = session.state() === 'serving' && reports.held(chain, key) === null;
        return isSure && policy?.mode === 'enforce' && !ends && watches.holder(policy) === node;
      };
      return Promise.all(mine.map((asked) => keyLeases.report(chain, asked, node, isActive(asked.key))));
    },
  } satisfies Partial<Permit>;
}

/** The memory of {@link Standbys}: standbys, exports and proofs. */
function standbyCalls({ identity, context, policies }: CoreModules, standbys: Standbys) {
  const { clock } = context.parts;
  return {
    standbys: async (filter) => standbys.views(policies.all().filter(matching(filter))),
    upkeep: standbys.upkeep,
    noteExport: (by, lines) => standbys.noteUpkeep({ lastExport: { atMs: clock.nowMs(), by, lines } }),
    async noteVerification({ ledger, verdict }, by) {
      if (ledger !== identity.ledger) {
        const message = `the exports are of ledger ${ledger}, and this service has ledger ${identity.ledger}`;
        throw new PermitFault('other-ledger', 409, message, 'Name a service of the ledger of the exports.');
      }
      await standbys.noteUpkeep({ lastVerification: { atMs: clock.nowMs(), by, verdict } });
    },
  } satisfies Partial<Permit>;
}

function matching({ chain, key }: KeyFilter) {
  return (policy: Policy) => (chain ?? policy.chain) === policy.chain && (key ?? policy.key) === policy.key;
}

/** For other services. Work without an answer may rest on a lost state of the store, so it is dropped. */
function memoryView({ session, context, identity, base, observations }: CoreModules): MemoryView {
  const { ledger } = context.parts;
  session.cancelUndelivered();
  const view = {
    service: ledger.serviceId,
    ledger: identity.ledger,
    points: Object.fromEntries([...ledger.points()].map(([mark, point]) => [mark, pointView(point)])),
  };
  const text = session.recordText();
  // A peer goes on from our base only while our session is unbroken.
  if (session.state() !== 'serving' || text === null) return view;
  return { ...view, session: text, openedMs: base().openedMs, ...observations.firsts() };
}

/**
 * A held rollback report means that the store may be behind: the service grants nothing until a person ends
 * the report. Nor does it grant while the store is down, although its session lives for some seconds more,
 * or while its own disk takes no entry.
 */
async function healthOf(modules: CoreModules, front: Front): Promise<PermitHealth> {
  const { session, reports, identity, context, policies } = modules;
  const { ledger } = context.parts;
  const noKeys = policies.all().length === 0 ? (policies.unread()[0] ?? null) : null;
  const seen = await context.parts.store.health({ timeoutMs: context.options.storeTimeoutMs });
  const down = seen.ok ? session.storeFault() : seen.detail;
  const store = { ...seen, ok: down === null, detail: down ?? seen.detail };
  const phase = session.state();
  const held = phase === 'serving' ? reports.open() : null;
  const certificate = certificateTrouble(context.options.certificateEndsMs, context.parts.clock.nowMs());
  const expired = certificate?.hasEnded === true ? certificate.text : null;
  const fault =
    phase === 'serving'
      ? (session.storeFault() ?? down ?? (await ledger.trouble?.()) ?? expired ?? noKeys)
      : null;
  return {
    ready: phase === 'serving' && held === null && fault === null,
    state: held !== null ? 'behind' : fault !== null ? 'checking' : phase,
    detail: held ?? fault ?? [`${session.detail()}${silencedText(modules)}`, ...policies.unread()].join('; '),
    ...(certificate === null ? {} : { certificate: certificate.text }),
    ledger: identity.ledger,
    epoch: identity.epoch,
    service: ledger.serviceId,
    store,
    inFlight: front.inFlight(),
  };
}

/** Compared by hash in constant time, so that the time shows neither length nor content. */
function sameSecret(given: string, own: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(own));
}
