import type { Check } from '../checks/check.ts';
import { CHECKS } from '../checks/registry.ts';
import { shownTime } from '../checks/show.ts';
import { type PreparedChecks, prepareChecks } from '../checks/verdict.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { oldHeads } from './heads.ts';
import type { Programme } from './programme.ts';
import type { Refusal, RefusalCode } from './record.ts';
import type { SeedInputs } from './seed.ts';

/** A custom module of the programme, with the SHA-256 of its file. */
export interface LoadedModule {
  readonly check: Check;
  readonly sha256: string;
  /** The file, for loading it in another thread. */
  readonly file?: string;
}

/** A possible round: checks with their parameters, and the inputs of the seed. */
export type Start = {
  readonly ok: true;
  readonly prepared: PreparedChecks;
  readonly era: number;
  readonly from: SeedInputs;
};

/**
 * Whether a round is possible; otherwise the first obstacle. The bound on the age of heads is not part of the
 * programme: it decides whether a new snapshot may be used, and a replay ignores it.
 */
export function begin(
  snapshot: Snapshot,
  programme: Programme,
  modules: readonly LoadedModule[],
  oldestHeadMs: number | null = null,
): Start | { readonly ok: false; readonly refusal: Refusal } {
  const { active, firstBlock } = snapshot.eras;
  const { network, mode } = programme;
  if (snapshot.network.name !== network) {
    return refuse(
      'wrong-network',
      `the snapshot is of ${snapshot.network.name}, but the programme is for ${network}`,
      'take a snapshot of that network',
    );
  }
  if (!active.known)
    return refuse('era-unknown', active.reason, 'take another snapshot when the chain can be read');
  const old = oldHeads(snapshot, snapshot.takenAtMs, oldestHeadMs);
  if (old !== null)
    return refuse('old-heads', old, 'take another snapshot from endpoints that follow their chain');
  const stalled = stalledFor(snapshot, programme);
  if (stalled !== null) {
    return refuse('era-stalled', stalled, 'check whether the chain elects; nominate when eras change again');
  }
  if (!firstBlock.known)
    return refuse('no-public-seed', firstBlock.reason, 'take another snapshot when that block can be read');
  if (mode.kind === 'cohort' && (active.value < mode.firstEra || active.value > mode.lastEra)) {
    const detail = `era ${active.value} is not within ${mode.firstEra} to ${mode.lastEra} of ${mode.name}`;
    return refuse('outside-term', detail, 'name the next cohort in the programme');
  }
  for (const { id, sha256 } of programme.modules) {
    if (!modules.some((one) => one.check.id === id && one.sha256 === sha256)) {
      return refuse('module-missing', `${id} with SHA-256 ${sha256}`, 'load exactly that file');
    }
  }
  const own = modules.filter(({ check }) => programme.modules.some(({ id }) => id === check.id));
  const preparation = prepareChecks(programme.checks, [...CHECKS, ...own.map(({ check }) => check)]);
  if (!preparation.ok) {
    const detail = preparation.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return refuse('bad-checks', detail, 'correct the programme');
  }
  const { number, hash } = firstBlock.value;
  const from = { network, era: active.value, block: { number: String(number), hash } };
  return { ok: true, prepared: preparation.prepared, era: active.value, from };
}

/** The age of the active era if it is too high; null if not, or if unknown. */
function stalledFor({ eras, takenAtMs }: Snapshot, { round }: Programme): string | null {
  if (round.longestEraMs === null || !eras.activeSinceMs.known) return null;
  const lastedMs = takenAtMs - eras.activeSinceMs.value;
  return lastedMs <= round.longestEraMs ? null : `the active era lasts ${shownTime(lastedMs)} already`;
}

/** No round, with the reason. */
export function refuse(
  code: RefusalCode,
  detail: string,
  remedy: string,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, detail, remedy } };
}
