import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FakeSettings, Ran } from '@watchbill/kit/command/testing/fake-io';
import {
  type FakeAnswer,
  type FakeService,
  fakeService,
  type Seen,
} from '../../client/testing/fake-service.ts';
import { findKeys, type NamedKey } from '../../rule/index.ts';
import { runFake } from './run-duty.ts';

export const CHAIN = `0x${'11'.repeat(32)}`;
export const KEY = `0x${'22'.repeat(32)}`;
/** The secret that no output may ever hold. */
export const SECRET = 'hunter2-hunter2-hunter2';

/** A policy as the service shows it. */
export function policyView(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    versionId: 'v1',
    version: 1,
    mode: 'enforce',
    chain: CHAIN,
    key: KEY,
    roster: [
      { name: 'alpha', rank: 0 },
      { name: 'bravo', rank: 1 },
    ],
    duties: {
      babe: { enabled: true, digestRequired: true, window: 1 },
      grandpa: { enabled: true, digestRequired: true, window: 64 },
      beefy: { enabled: false, digestRequired: true, window: 1 },
    },
    standbyDelayMs: 300,
    watchTtlMs: 3000,
    ceilings: {
      genesisMs: 0,
      slotMs: 6000,
      allowedSkewMs: 500,
      roundStep: 16,
      blockStep: 16,
      sessionStep: 2,
      observers: [],
    },
    readiness: {
      required: true,
      maxAgeMs: 10000,
      minPeers: 1,
      maxFinalityLagBlocks: 10,
      maxClockOffsetMs: 200,
    },
    originalWire: { enabled: false, slotDuty: 'babe', roundScope: 'node-set' },
    ...changes,
  };
}

type Answer = FakeAnswer | ((seen: Seen) => FakeAnswer);

/** The policies of the key that the query names, as a service finds it. */
function named(answer: Answer): Answer {
  return (seen) => {
    const given = typeof answer === 'function' ? answer(seen) : answer;
    const query = new URL(seen.path, 'http://fake').searchParams;
    if (query.size === 0 || given === 'silence' || 'text' in given || given.status !== 200) return given;
    const { policies } = given.body as { policies: readonly NamedKey[] };
    const [key, chain] = [query.get('key') ?? undefined, query.get('chain') ?? undefined];
    const found = findKeys(policies, { key, chain });
    if (found.ok) return { status: 200, body: { policies: found.found } };
    const { code, what: detail, remedy } = found;
    return { status: 404, body: { code, detail, remedy } };
  };
}

/** A folder with an operator token and a service with prepared answers; the end of the test removes both. */
export interface Scene {
  readonly cwd: string;
  readonly service: FakeService;
  run(args: readonly string[], settings?: Partial<FakeSettings>): Promise<Ran>;
}

export async function scene(context: TestContext, answers: Readonly<Record<string, Answer>>): Promise<Scene> {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-command-'));
  const policies = answers['GET /v1/policies'];
  const service = await fakeService({
    answers: policies === undefined ? answers : { ...answers, 'GET /v1/policies': named(policies) },
  });
  writeFileSync(join(cwd, 'operator.token'), `${SECRET}\n`, { mode: 0o600 });
  const config = `operator: { tokenFile: operator.token, url: '${service.url}' }\n`;
  writeFileSync(join(cwd, 'watchbill.yaml'), config);
  context.after(async () => {
    await service.stop();
    rmSync(cwd, { recursive: true });
  });
  return { cwd, service, run: (args, settings) => runFake(args, { cwd, ...settings }) };
}
