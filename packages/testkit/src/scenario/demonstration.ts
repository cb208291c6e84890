import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeBinary, specFile } from './prepare.ts';
import { identityIn, untilSteady } from './run.ts';
import { type ScenarioSetup, startScenarioSetup } from './scenario-setup.ts';
import type { StoreKind } from './services.ts';
import { doubles } from './table.ts';

export interface DemonstrationOptions {
  /** Null: until Ctrl-C. */
  readonly seconds: number | null;
  readonly kills: boolean;
  readonly store: StoreKind;
  readonly json: boolean;
}

/** How long a killed machine stays away, and how long both run between two kills, in milliseconds. */
const [AWAY_MS, TOGETHER_MS] = [8_000, 12_000];
const SHOW_EVERY_MS = 2_000;
const HEAD = 'time      best  final    active  eve: blocks  votes  due  missed  doubles';

/** Six real nodes on a chain of five authorities. Returns the exit code: 1 if anything was signed twice. */
export async function runDemonstration(options: DemonstrationOptions): Promise<number> {
  const say = (text: string): void => console.error(text);
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-real-'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    say('looking for the node program');
    const binary = nodeBinary();
    const spec = specFile('5', folder);
    const setup = await startScenarioSetup({ binary, spec, store: options.store, wire: 'claims', say });
    try {
      return await watch(setup, options, stop.signal);
    } finally {
      say('stopping the nodes');
      await setup.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(
  setup: ScenarioSetup,
  options: DemonstrationOptions,
  stopped: AbortSignal,
): Promise<number> {
  console.error('waiting until both machines of the identity are synced');
  await untilSteady(setup);
  const fromMs = Date.now();
  const untilMs = options.seconds === null ? Number.POSITIVE_INFINITY : fromMs + options.seconds * 1_000;
  const over = (): boolean => stopped.aborted || Date.now() >= untilMs;
  const killing = options.kills ? kill(setup, over, stopped) : Promise.resolve(0);
  if (!options.json) console.log(HEAD);
  while (!over()) {
    await sleep(SHOW_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (!options.json) console.log(await line(setup, fromMs));
  }
  const kills = await killing;
  return conclude(setup, fromMs, kills, options.json);
}

async function line(setup: ScenarioSetup, fromMs: number): Promise<string> {
  const watcher = setup.network.node('watcher');
  const [best, final, { onWatch }, report] = await Promise.all([
    watcher.bestNumber(),
    watcher.finalisedNumber(),
    setup.roles(),
    setup.observer.since(fromMs),
  ]);
  const eve = identityIn(report, 'Eve');
  return [
    new Date().toISOString().slice(11, 19),
    String(best).padStart(6),
    String(final).padStart(6),
    onWatch.name.padStart(9),
    String(eve.blocks).padStart(12),
    String(eve.votes).padStart(6),
    String(eve.due.slots).padStart(4),
    String(eve.due.missed.length).padStart(7),
    String(doubles(report.equivocations)).padStart(8),
  ].join(' ');
}

/** Kills the active machine with SIGKILL again and again. Returns the number of kills. */
async function kill(setup: ScenarioSetup, over: () => boolean, stopped: AbortSignal): Promise<number> {
  const wait = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: stopped }).catch(() => undefined);
  let count = 0;
  await wait(TOGETHER_MS / 2);
  while (!over()) {
    const { onWatch } = await setup.roles();
    const release = setup.supervisor.leave(onWatch);
    console.error(`${onWatch.name} is killed`);
    await onWatch.kill();
    count += 1;
    await wait(AWAY_MS);
    await onWatch.start();
    release();
    console.error(`${onWatch.name} is back`);
    if (!over()) await wait(TOGETHER_MS);
  }
  return count;
}

async function conclude(setup: ScenarioSetup, fromMs: number, kills: number, json: boolean): Promise<number> {
  const report = await setup.observer.since(fromMs);
  const eve = identityIn(report, 'Eve');
  const result = {
    seconds: Math.round((Date.now() - fromMs) / 1_000),
    kills,
    blocks: eve.blocks,
    votes: eve.votes,
    due: eve.due.slots,
    missed: eve.due.missed.length,
    equivocations: report.equivocations,
    longestFinalityGapMs: report.longestFinalityGapMs,
    faults: report.faults.map(({ text }) => text),
  };
  if (json) console.log(JSON.stringify(result));
  else
    console.log(
      `${result.seconds} s, ${kills} kills: ${result.blocks} blocks and ${result.votes} votes of the identity, ` +
        `${result.missed} of ${result.due} due slots missed, ${doubles(report.equivocations)} signed twice`,
    );
  return doubles(report.equivocations) > 0 || result.faults.length > 0 ? 1 : 0;
}
