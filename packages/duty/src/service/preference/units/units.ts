import { dutyNamed } from '../../../rule/index.ts';
import type { PeerUnitsQuery, UnitFactsPage, UnitsPage, UnitsQuery } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import type { TallyRow } from '../../shapes/units.ts';
import { judgeUnit } from '../../units/judge.ts';
import type { TallyQuery } from '../../units/read-file.ts';
import { unitOfRow } from '../../units/record.ts';
import { factsOf, ownFacts, unitOf, unitsPage } from './reader.ts';
import { createUnitRecorder, type UnitRecorder } from './recorder.ts';

/** The history of units of this service: what is noted, read and counted. */
export type Units = ReturnType<typeof createUnits>;

const COUNT_EVERY_MS = 15_000;
/**
 * A unit is counted this long after a service first heard of it, so that the other services have heard of it
 * too.
 */
const COUNT_AFTER_MS = 60_000;
/** After this long without an answer, a service is no longer waited for. */
const GIVE_UP_MS = 600_000;
const COUNT_AT_ONCE = 200;

export function createUnits(modules: CoreModules) {
  const recorder = createUnitRecorder(modules);
  const { clock, unitFile, log } = modules.context.parts;
  const stopping = new AbortController();
  async function countAll(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(COUNT_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await countOnce(modules, recorder);
      } catch (error) {
        log.warn({ event: 'units-uncounted', error: String(error) }, 'units were not counted; tried again');
      }
    }
  }
  if (unitFile !== undefined) void countAll();
  return {
    ...recorder,
    page(query: UnitsQuery): Promise<UnitsPage> {
      recorder.flush();
      return unitsPage(modules, query);
    },
    own(query: PeerUnitsQuery): UnitFactsPage {
      recorder.flush();
      return ownFacts(modules, query);
    },
    tally: (query: TallyQuery): readonly TallyRow[] => unitFile?.tally(query) ?? [],
    stop(): void {
      stopping.abort();
      recorder.stop();
    },
  };
}

/** Counts units that are over, each once, in the metrics of this service. */
async function countOnce(modules: CoreModules, recorder: UnitRecorder): Promise<void> {
  const { clock, unitFile, meter } = modules.context.parts;
  const nowMs = clock.nowMs();
  const rows = unitFile?.uncounted(nowMs - COUNT_AFTER_MS, COUNT_AT_ONCE) ?? [];
  const groups = Map.groupBy(rows, ({ chain, key, duty }) => `${chain} ${key} ${duty}`);
  for (const group of groups.values()) {
    const [{ chain, key, duty: name }] = group as [(typeof group)[number]];
    const duty = dutyNamed(name);
    const policy = modules.policies.get(chain, key)?.policy;
    const units = group.map(({ row }) => unitOfRow(row, duty?.fields.length ?? row.length));
    if (duty === null || policy === undefined) {
      for (const unit of units)
        recorder.counted({ kind: 'counted', chain, key, duty: name, unit, atMs: nowMs });
      continue;
    }
    const { facts, complete } = await factsOf(modules, policy, duty, units);
    for (const each of facts) {
      if (!complete && each.atMs > nowMs - GIVE_UP_MS) continue;
      const { outcome, at } = judgeUnit(each, { policy, duty, complete, nowMs });
      meter.unit?.(key, name, outcome);
      const node = each.claims.find((claim) => claim.outcome === 'granted')?.node ?? null;
      const tally = { startMs: at, node, outcome };
      const unit = unitOf(duty, each.unit);
      recorder.counted({ kind: 'counted', chain, key, duty: name, unit, atMs: nowMs, tally });
    }
  }
  recorder.flush();
}
