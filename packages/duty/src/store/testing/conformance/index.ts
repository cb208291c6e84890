import { describe, test } from 'node:test';
import { CAPABILITY_MEMBERS, type Capability, type Harness, type Law, type Opened } from './harness.ts';
import { laws } from './laws.ts';

export { expectFault } from './expect.ts';
export type { Capability, Faults, Harness, Law, LawSettings, Opened } from './harness.ts';
export { laws } from './laws.ts';

/**
 * Register one `node:test` case per law for an adapter. If a law needs a capability that the harness declares
 * missing, the test is skipped with the declared reason.
 */
export function conformance(name: string, harness: Harness): void {
  describe(`${name} keeps the laws of the store port`, () => {
    for (const law of laws) {
      const skip = missing(law, harness);
      const options = { timeout: harness.lawTimeoutMs ?? 30_000, ...(skip === null ? {} : { skip }) };
      test(law.name, options, () => checkLaw(law, harness));
    }
  });
}

/** Run one law against a fresh store of the harness; rejects if the store breaks the law. */
export async function checkLaw(law: Law, harness: Harness): Promise<void> {
  const opened = await harness.open();
  try {
    for (const capability of law.needs ?? []) requireCapability(capability, opened);
    await law.check(opened, {
      leaseTtlMs: harness.leaseTtlMs ?? 2_000,
      leasesEndWithProcess: harness.leasesEndWithProcess ?? false,
      lostCallTimeoutMs: harness.lostCallTimeoutMs ?? 1_000,
    });
  } finally {
    await opened.close();
  }
}

function missing(law: Law, harness: Harness): string | null {
  for (const capability of law.needs ?? []) {
    const why = harness.without?.[capability];
    if (why !== undefined) return `without ${capability}: ${why}`;
  }
  return null;
}

function requireCapability(capability: Capability, opened: Opened): void {
  for (const member of CAPABILITY_MEMBERS[capability]) {
    if (member in opened || member in opened.faults) continue;
    throw new Error(
      `the harness has no ${member}: add it, or declare \`without: { ${capability}: why }\` so that the gap is printed`,
    );
  }
}
