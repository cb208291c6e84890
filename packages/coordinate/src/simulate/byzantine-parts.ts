import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { Later } from './agenda.ts';
import type { ByzantineMessage } from './byzantine-message.ts';
import type { Traits } from './byzantine-traits.ts';
import type { GroupSetup } from './group-setup.ts';
import type { MessagePool } from './message-pool.ts';
import type { Prng } from './prng.ts';

/** The inputs of a Byzantine member in one window. */
export interface ByzantineParts {
  readonly setup: GroupSetup;
  readonly plan: QuorumPlan;
  readonly pool: MessagePool;
  readonly later: Later;
  readonly prng: Prng;
  /** The member that the network conditions inform first, if any. */
  favourite(): number | null;
  /** For the counts of the run. */
  note(event: string): void;
  /** To these members, bypassing the simulated network. */
  slip(to: readonly number[], sent: ByzantineMessage): void;
}

/** A Byzantine member in one window. */
export interface ByzantineSelf {
  readonly parts: ByzantineParts;
  readonly seat: number;
  readonly traits: Traits;
}
