import type { DecisionRecord, ServedPermit, TokenView } from '../../contract.ts';
import {
  claimAnswer,
  DRILL,
  decision,
  fakeExport,
  fakeTrim,
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

/** The secrets that the permit knows. */
const SECRETS: ReadonlyMap<string, TokenView> = new Map([
  ...TOKENS.map((token) => [secretOf(token.role), token] as const),
  [WIRE_SECRET, WIRE_TOKEN] as const,
]);

/** Every call succeeds and every claim is granted. */
const ANSWERS: Omit<ServedPermit, 'subscribe'> = {
  claim: async (claim) => claimAnswer(claim),
  claimOriginal: async () => ({ allowed: true, outcome: 'granted', reason: 'new' }),
  reportReadiness: async () => [WATCH],
  keepKeyLeases: async () => [],
  handOver: async () => WATCH,
  policies: async () => [],
  changes: async () => [],
  marks: async () => [MARK],
  watches: async () => [WATCH],
  decisions: ({ limit }) => ({ decisions: [decision(2), decision(1)].slice(0, limit), next: null }),
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
  services: async () => [],
  observe: async () => undefined,
  revokeToken: async () => undefined,
  reportSignatures: async () => undefined,
  reportVotes: async () => undefined,
  reportOffences: async () => undefined,
  freeze: async () => [],
  liftFreeze: async () => [],
  units: async () => ({ units: [], complete: true }),
  unitFacts: () => ({ facts: [] }),
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
  trimLedger: fakeTrim,
  storeWentBack: () => undefined,
  drain: async () => undefined,
};

const NOTED =
  'claim claimOriginal observe reportReadiness handOver applyPolicy adopt reportSignatures reportVotes reportOffences freeze liftFreeze marks approve removeService releaseRollbackReport createToken revokeToken exportLedger trimLedger memory decisions watches standbys units drill'.split(
    ' ',
  ) as readonly (keyof ServedPermit)[];

/** A permit for tests of the transport: answers fixed values. `changes` replaces single methods. */
export function fakePermit(changes: Partial<ServedPermit> = {}) {
  const calls: string[] = [];
  const given: unknown[][] = [];
  const listeners = new Set<(record: DecisionRecord) => void>();
  const subscribe: ServedPermit['subscribe'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const permit: ServedPermit = { ...ANSWERS, subscribe, ...changes };
  const noted = NOTED.map((name) => {
    const method = permit[name] as (...given: unknown[]) => unknown;
    const note = (...values: unknown[]) => {
      calls.push(name);
      given.push(values);
      return method(...values);
    };
    return [name, note] as const;
  });
  return {
    ...permit,
    ...(Object.fromEntries(noted) as Partial<ServedPermit>),
    /** Names of the methods that were called, in order; reads of identity are left out. */
    calls,
    /** The arguments of each of these calls. */
    given,
    /** Tell every subscriber of a decision. */
    decide: (record: DecisionRecord) => {
      for (const listener of listeners) listener(record);
    },
    subscribers: () => listeners.size,
  };
}
