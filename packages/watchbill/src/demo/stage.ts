import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { WatchState } from '@watchbill/duty/service';
import { type Clock, fault, until } from '@watchbill/kit';
import { MEMBERS, membersOf, SHARED_IDENTITY } from './cast.ts';
import { schedule as scheduleOf } from './chain.ts';
import { dueUnits } from './due.ts';
import { validatorFleet } from './fleet.ts';
import { killOnWatch } from './killer.ts';
import type { Processes } from './processes.ts';
import type { Program } from './program.ts';
import { recordReader } from './record.ts';
import { startService } from './service.ts';
import { applySetup, newChain, prepareValidators } from './setup.ts';
import { type Tally, tally } from './tally.ts';
import { watchService } from './watcher.ts';

interface StageParts {
  readonly processes: Processes;
  readonly program: Program;
  readonly clock: Clock;
  readonly directory: string;
  readonly port: number;
  readonly slotMs: number;
}

/** The running demonstration: the service, six validators, and the facts about them from outside. */
export type Stage = Awaited<ReturnType<typeof setStage>>;

const ALL_UP_WITHIN_MS = 60_000;

/** Sets everything up and resolves when all six validators are ready and every key has an active node. */
export async function setStage(parts: StageParts, signal: AbortSignal) {
  const { processes, program, clock, directory } = parts;
  const service = await startService(processes, program, directory, parts.port);
  const spec = newChain(parts.slotMs, clock.nowMs());
  await applySetup(service.operator, spec);
  const configs = await prepareValidators(service.operator, service.url, spec, directory);
  const fleet = validatorFleet({ processes, program, clock, spec, directory, configs });
  const curtain = new AbortController();
  signal.addEventListener('abort', () => curtain.abort(), { once: true });
  const watcher = watchService(service.operator, spec.chain, clock, (watches) =>
    fleet.heardReady(watches.flatMap((watch) => watch.ready)),
  );
  const watching = watcher.run(curtain.signal);
  fleet.start();
  await untilAllUp(parts, watcher.latest, curtain.signal);
  const fromMs = clock.nowMs();
  const schedule = scheduleOf(spec);
  const recordsDirectory = join(directory, 'records');

  return {
    service,
    spec,
    schedule,
    fleet,
    recordsDirectory,
    /** When all validators were up; duties count from here on. */
    fromMs,
    watches: watcher.latest,
    decisions: watcher.decisions,
    startKilling: () => {
      const key = spec.authorities[SHARED_IDENTITY] ?? '';
      void killOnWatch({
        clock,
        signal: curtain.signal,
        watch: () => watcher.latest().find((watch) => watch.key === key) ?? null,
        isWhole: () =>
          membersOf(SHARED_IDENTITY).every(({ node }) => fleet.pid(node) !== null) &&
          fleet.outages().every((outage) => outage.key !== key || outage.backMs !== null),
        kill: fleet.kill,
        random: () => randomInt(2 ** 40) / 2 ** 40,
        minPauseMs: 4 * parts.slotMs,
        maxPauseMs: 10 * parts.slotMs,
      });
    },
    /** Ends every process and counts the duties until now. */
    finish: async (): Promise<Tally> => {
      const untilMs = clock.nowMs();
      fleet.retire();
      curtain.abort();
      await watching;
      await processes.stopAll(5_000);
      const due = dueUnits(schedule, { fromMs, untilMs });
      return tally(recordReader(recordsDirectory)(true), due, fleet.outages());
    },
  };
}

async function untilAllUp(
  { clock, directory }: StageParts,
  watches: () => readonly WatchState[],
  signal: AbortSignal,
): Promise<void> {
  let missing: readonly string[] = [];
  const look = (): true | null => {
    const ready = new Set(watches().flatMap((watch) => (watch.live ? watch.ready : [])));
    missing = MEMBERS.map((member) => member.node).filter((node) => !ready.has(node));
    return missing.length === 0 ? true : null;
  };
  const found = await until(look, { clock, signal, pauseMs: 50, withinMs: ALL_UP_WITHIN_MS });
  if (found !== null || signal.aborted) return;
  throw fault('demo-validators', 'fault', {
    what: `these validators did not become ready: ${missing.join(', ')}`,
    where: join(directory, 'validators', missing[0] ?? '', 'validator.log'),
    remedy: 'read the log of the validator; on a busy machine try a longer slot, `--slot-ms 2000`',
  });
}
