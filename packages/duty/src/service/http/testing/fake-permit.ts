import type { DecisionRecord, ServedPermit, TokenView } from '../../contract.ts';
import {
  claimAnswer,
  DRILL,
  decision,
  fakeExport,
  HEALTH,
  MARK,
  MEMORY,
  PEER_SECRET,
  REPORT,
  secretOf,
  TOKENS,
  WATCH,
  WIRE_SECRET,
  WIRE_TOKEN,
} from './fixed-values.ts';

/** A permit for tests of the transport: answers fixed values, and notes every call that reached it. */
export interface FakePermit extends ServedPermit {
  /** Names of the methods that were called, in order; reads of identity are left out. */
  readonly calls: string[];
  /** Tell every subscriber of a decision. */
  decide(decision: DecisionRecord): void;
  readonly subscribers: () => number;
}

const REST = {
  services: async () => [],
  observe: async () => undefined,
  revokeToken: async () => undefined,
  reportSignatures: async () => undefined,
  reportVotes: async () => undefined,
  reportOffences: async () => undefined,
  freeze: async () => [],
  liftFreeze: async () => [],
  units: async () => ({ units: [], complete: true }),
  unitFacts: () => [],
  unitTally: () => [],
  reportDue: () => undefined,
  approve: async () => undefined,
  removeService: async () => undefined,
  releaseRollbackReport: async () => undefined,
  drill: async () => DRILL,
  standbys: async () => [],
  upkeep: () => ({ lastExport: null, lastVerification: null }),
  noteExport: async () => undefined,
  noteVerification: async () => undefined,
  exportLedger: fakeExport,
  storeWentBack: () => undefined,
  drain: async () => undefined,
} satisfies Partial<ServedPermit>;

/** The secrets that the permit knows. */
const SECRETS: ReadonlyMap<string, TokenView> = new Map([
  ...TOKENS.map((token) => [secretOf(token.role), token] as const),
  [WIRE_SECRET, WIRE_TOKEN] as const,
]);

/** Every call succeeds and every claim is granted. */
function answersOf(listeners: Set<(record: DecisionRecord) => void>): ServedPermit {
  return {
    claim: async (claim) => claimAnswer(claim),
    claimOriginal: async () => ({ allowed: true, outcome: 'granted', reason: 'new' }),
    reportReadiness: async () => [WATCH],
    keepKeyLeases: async () => [],
    handOver: async () => WATCH,
    policies: async () => [],
    marks: async () => [MARK],
    watches: async () => [WATCH],
    decisions: ({ limit }) => ({ decisions: [decision(2), decision(1)].slice(0, limit), next: null }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    applyPolicy: async (document) => ({ ...document, versionId: 'v1', version: 1, mode: 'idle' }),
    adopt: async () => [MARK],
    rollbackReports: async () => [REPORT],
    createToken: async ({ role, name, original }) => ({
      token: { id: '0'.repeat(16), role, name, original: original ?? null, createdMs: 1 },
      secret: 'a-new-secret',
    }),
    tokens: async () => TOKENS,
    identify: (secret) => SECRETS.get(secret) ?? null,
    memory: async () => MEMORY,
    isPeer: (secret) => secret === PEER_SECRET,
    health: async () => HEALTH,
    ...REST,
  };
}

/** As above; `changes` replaces single methods. */
export function fakePermit(changes: Partial<ServedPermit> = {}): FakePermit {
  const calls: string[] = [];
  const listeners = new Set<(record: DecisionRecord) => void>();
  const noted =
    <Arguments extends unknown[], Result>(name: string, method: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      calls.push(name);
      return method(...given);
    };
  const permit: ServedPermit = { ...answersOf(listeners), ...changes };
  return {
    ...permit,
    claim: noted('claim', permit.claim),
    claimOriginal: noted('claimOriginal', permit.claimOriginal),
    observe: noted('observe', permit.observe),
    reportReadiness: noted('reportReadiness', permit.reportReadiness),
    handOver: noted('handOver', permit.handOver),
    applyPolicy: noted('applyPolicy', permit.applyPolicy),
    adopt: noted('adopt', permit.adopt),
    reportSignatures: noted('reportSignatures', permit.reportSignatures),
    reportVotes: noted('reportVotes', permit.reportVotes),
    reportOffences: noted('reportOffences', permit.reportOffences),
    freeze: noted('freeze', permit.freeze),
    liftFreeze: noted('liftFreeze', permit.liftFreeze),
    marks: noted('marks', permit.marks),
    approve: noted('approve', permit.approve),
    removeService: noted('removeService', permit.removeService),
    releaseRollbackReport: noted('releaseRollbackReport', permit.releaseRollbackReport),
    createToken: noted('createToken', permit.createToken),
    revokeToken: noted('revokeToken', permit.revokeToken),
    exportLedger: noted('exportLedger', permit.exportLedger),
    memory: noted('memory', permit.memory),
    calls,
    decide: (record) => {
      for (const listener of listeners) listener(record);
    },
    subscribers: () => listeners.size,
  };
}
