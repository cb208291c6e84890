import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { listening } from '@watchbill/kit/testing';
import {
  type Caller,
  type DecisionRecord,
  type Drill,
  type PagesHost,
  type Permit,
  PermitFault,
  type Role,
} from '../../service/index.ts';
import type { ConsoleAccess } from '../http/access.ts';
import { consolePages } from '../http/site.ts';
import type { ReadTally } from '../view/history.ts';
import {
  CHAIN,
  decisionOf,
  factsOf,
  freezeOf,
  KEY,
  policyOf,
  serviceOf,
  standbyOf,
  watchOf,
} from './facts.ts';

const TAKEN = { outcome: 'denied', reason: 'unit-taken' } as const;

export interface FakeService {
  readonly url: string;
  /** Tokens by secret; delete one to revoke it. */
  readonly tokens: Map<string, { role: Role; name: string }>;
  /** Drills and handovers that reached the service, for example `drill bravo by ada`. */
  readonly calls: string[];
  /** The readers for whom connections were counted. */
  readonly counted: string[];
  drillState: Drill['state'];
  decide(): void;
}

/** The console on a loopback port, over a service that answers fixed facts. */
export async function fakeService(
  test: Pick<TestContext, 'after'>,
  {
    access = 'auto',
    isLocal = true,
    isTls = false,
    tally = () => [],
  }: { access?: ConsoleAccess; isLocal?: boolean; isTls?: boolean; tally?: ReadTally } = {},
): Promise<FakeService> {
  const { fake, permit, decide } = fakePermit(tally);
  const host = {
    ...{ permit, isLocal, isTls, maxStreams: 2, streamBufferBytes: 10_000 },
    log: { error: () => undefined },
    belongs: (_request: unknown, { role, name }: Caller) => {
      fake.counted.push(`${role} ${name}`);
      return true;
    },
    identifySecret: (secret: string) => fake.tokens.get(secret) ?? null,
    identify: ({ headers }: { headers: { authorization?: string } }) => {
      const caller = fake.tokens.get((headers.authorization ?? '').slice('Bearer '.length));
      if (caller !== undefined) return { ok: true, caller };
      const code = headers.authorization === undefined ? 'no-identity' : 'identity-unknown';
      return { ok: false, problem: { code, title: 'The token is not known', remedy: 'Use another.' } };
    },
  } as unknown as PagesHost;
  const pages = consolePages({ access, clock: systemClock(), random: systemRandom() })(host);
  const server = createServer((request, response) => pages.handle(request, response));
  test.after(() => pages.close());
  return Object.assign(fake, { url: `http://127.0.0.1:${await listening(server, test)}`, decide });
}

const MEMBERS = ['one', 'two', 'three'].map((name) => ({ name, ok: true, leader: name === 'two' }));
const SERVICES = ['service-1', 'service-2'].map((name, at) => serviceOf({ id: name, name, self: at === 0 }));

const SILENT = 'the store does not answer: the disk fails; read `dmesg`';

/** A permit of one key with fixed facts, and the record of its calls. */
function fakePermit(tally: ReadTally) {
  const listeners = new Set<(decision: DecisionRecord) => void>();
  const fake = {
    tokens: new Map<string, { role: Role; name: string }>(),
    calls: [] as string[],
    counted: [] as string[],
    drillState: 'ok' as Drill['state'],
    isSilent: false,
  };
  const { health } = factsOf();
  const store = { ...health.store, members: MEMBERS };
  const drill = async (_chain: string, _key: string, to: string, by: string): Promise<Drill> => {
    fake.calls.push(`drill ${to} by ${by}`);
    const said = { detail: 'its last report is fit', remedy: 'look at it' };
    const check = { name: 'ready', needed: true, tookMs: 1, ...said } as const;
    const { shadow } = standbyOf(to);
    return {
      chain: CHAIN,
      key: KEY,
      from: 'alpha',
      to,
      state: fake.drillState,
      checks: [{ ...check, state: fake.drillState }],
      shadow,
      tookMs: 2,
    };
  };
  const told = <Answer>(answer: Answer): Answer => (fake.isSilent ? assert.fail(SILENT) : answer);
  const permit = {
    health: async () => ({ ...health, store, ...(fake.isSilent && { ready: false, detail: SILENT }) }),
    services: async () => told(SERVICES),
    policies: async () => told([policyOf()]),
    watches: async () => [watchOf()],
    marks: async () => [],
    standbys: async () => [standbyOf('bravo')],
    units: async () => ({ units: [], complete: true }),
    unitTally: tally,
    rollbackReports: async () => [],
    upkeep: () => ({ lastExport: null, lastVerification: null }),
    decisions: (of: object) => told({ decisions: [decisionOf('outcome' in of ? TAKEN : {})], next: null }),
    tokens: async () => [...fake.tokens.values()],
    subscribe: (listener: (decision: DecisionRecord) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    drill,
    ...freezes(fake),
    handOver: async (_chain: string, _key: string, to: string, how: { by: string }) => {
      fake.calls.push(`handover ${to} by ${how.by}`);
      return watchOf({ holder: to, term: '4' });
    },
  } as unknown as Permit;
  const decide = () => {
    for (const listener of listeners) listener(decisionOf());
  };
  return { fake, permit, decide };
}

/** Another operator was first. */
function freezes(fake: { calls: string[]; isSilent: boolean }) {
  const { calls } = fake;
  return {
    freeze: async ({ reason }: { reason: string }, by: string) => {
      calls.push(`freeze by ${by}: ${reason}`);
      fake.isSilent = reason === 'then silence';
      return [policyOf({ mode: 'frozen', freeze: freezeOf({ by: 'eve', reason: 'first' }) })];
    },
    liftFreeze: async (_request: unknown, by: string) => {
      calls.push(`lift by ${by}`);
      throw new PermitFault('not-frozen', 409, 'the key is not frozen', 'Run `watchbill status`.');
    },
  };
}
