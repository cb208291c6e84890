import type { TestContext } from 'node:test';
import type { MemoryStore } from '../../store/testing/memory-store.ts';
import { assembleCore } from '../assemble.ts';
import type { PolicyDocument } from '../contract.ts';
import type { CoreModules } from '../modules.ts';
import type { FakeDisk } from './fake-ledger.ts';
import { memoryStore, partsOf, type ServiceSetup, startAdopted } from './services.ts';
import { until, worldOf } from './world.ts';

/**
 * Shared by the tests of the core: the parts of a service without its front, so that a test can take the
 * place of one part.
 */
export interface Core {
  readonly modules: CoreModules;
  readonly store: MemoryStore;
  readonly disk: FakeDisk;
}

export interface CoreSetup extends Omit<ServiceSetup, 'store' | 'disk'> {
  readonly policy?: Partial<PolicyDocument>;
  /** Changes the store after an earlier start adopted the key. */
  readonly before?: (store: MemoryStore) => Promise<unknown>;
  /** The store as the service sees it. */
  readonly seen?: (store: MemoryStore) => ServiceSetup['store'];
}

/** The parts of a service that was stopped after it adopted a key, and started again; stopped at the end. */
export async function startCore(context: TestContext, setup: CoreSetup = {}): Promise<Core> {
  const store = memoryStore(context);
  const first = await startAdopted(context, setup.policy, { store });
  await first.stop();
  await setup.before?.(store);
  const { disk } = first;
  const { parts, options } = partsOf(context, { ...setup, disk, store: setup.seen?.(store) ?? store });
  const modules = await assembleCore(parts, options);
  worldOf(context).atEnd(async () => {
    modules.session.drain();
    await modules.reports.stop();
    await modules.session.stop();
    for (const book of [modules.policies, modules.watches, modules.observations, modules.tokens]) book.stop();
  });
  return { modules, store, disk };
}

export async function untilOpen(context: TestContext, { session }: CoreModules): Promise<void> {
  await until(context, () => session.state() === 'serving', 'the service to serve');
}
