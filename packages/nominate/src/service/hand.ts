import type { StoredRound } from '../rounds/stored.ts';
import type { ProgrammeStore } from '../storage/index.ts';
import { type HandRound, roundInHand } from './execute.ts';
import { type Closing, openResources, type ResourceOptions } from './resources.ts';

/** The programme as a person runs it by hand, with or without a service on the same database. */
export interface HandProgramme {
  readonly store: ProgrammeStore;
  /** See {@link roundInHand}. */
  readonly take: (stored: StoredRound, signal: AbortSignal) => Promise<HandRound>;
  readonly close: () => Promise<void>;
}

/**
 * Opens database, chains and signers of the configuration, even if `send` is off, because the person
 * requested it. Rejects with a ServiceFault, a StorageFault or a TransactionFault, and closes everything
 * before.
 */
export async function openByHand(parts: ResourceOptions): Promise<HandProgramme> {
  const closing: Closing = [];
  try {
    const resources = await openResources(
      { ...parts, config: { ...parts.config, send: true }, byHand: true },
      closing,
    );
    const { jobParts, world } = resources;
    return {
      store: jobParts.store,
      take: (stored, signal) => roundInHand({ jobParts, world }, stored, signal),
      close: resources.close,
    };
  } catch (error) {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
    throw error;
  }
}
