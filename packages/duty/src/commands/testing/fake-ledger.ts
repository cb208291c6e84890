import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FakeSettings, Ran } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import {
  type FakeAnswer,
  type FakeService,
  fakeService,
  type Seen,
} from '../../client/testing/fake-service.ts';
import { findKeys, type NamedKey } from '../../rule/index.ts';
import { parsePolicy } from '../../service/index.ts';
import { runFake } from './run-duty.ts';

export const CHAIN = `0x${'11'.repeat(32)}`;
export const KEY = `0x${'22'.repeat(32)}`;
/** The secret that no output may ever hold. */
export const SECRET = 'hunter2-hunter2-hunter2';

/** A policy as the service shows it: this document, completed with the documented defaults. */
export function completedPolicy(given: object) {
  const parsed = parsePolicy({ chain: CHAIN, key: KEY, ...given });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { versionId: 'v1', version: 1, mode: 'enforce', ...parsed.document };
}

export function policyView(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const policy = completedPolicy({
    roster: [
      { name: 'alpha', rank: 0 },
      { name: 'bravo', rank: 1 },
    ],
    duties: { babe: {}, grandpa: {}, beefy: { enabled: false } },
    ceilings: { slotMs: 6_000 },
  });
  return { ...policy, ...changes };
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
  const cwd = temporaryFolder(context);
  const policies = answers['GET /v1/policies'];
  const service = await fakeService({
    answers: policies === undefined ? answers : { ...answers, 'GET /v1/policies': named(policies) },
  });
  writeFileSync(join(cwd, 'operator.token'), `${SECRET}\n`, { mode: 0o600 });
  const config = `operator: { tokenFile: operator.token, url: '${service.url}' }\n`;
  writeFileSync(join(cwd, 'watchbill.yaml'), config);
  context.after(() => service.stop());
  return { cwd, service, run: (args, settings) => runFake(args, { cwd, ...settings }) };
}
