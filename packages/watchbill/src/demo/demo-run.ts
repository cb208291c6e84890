import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { counted, fault, usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Terminal } from '@watchbill/kit/command/screen';
import { MEMBERS } from './cast.ts';
import type { DemoOptions } from './demo-command.ts';
import { childProcesses } from './processes.ts';
import { type Program, thisProgram } from './program.ts';
import { tallyJson, tallyText } from './report.ts';
import { liveShow, plainShow, type ShowParts } from './show.ts';
import { type Stage, setStage } from './stage.ts';
import { exitCode, type Tally } from './tally.ts';

/**
 * Runs the demonstration from set-up to final count, leaves no process behind, and answers the exit status.
 */
export async function runDemo(
  options: DemoOptions,
  io: Io,
  program: Program = thisProgram(),
): Promise<0 | 1> {
  const place = openWorkplace(options.dir);
  const processes = childProcesses();
  const stop = new AbortController();
  const stopListening = io.onStopSignal(() => stop.abort());
  // With --json standard output holds the result alone.
  const say = options.json ? io.err : io.out;
  try {
    say('watchbill demo: starting the permission service and six validators\n');
    const { slotMs, port } = options;
    const { directory } = place;
    const parts = { processes, program, clock: io.clock, directory, port, slotMs };
    const stage = await setStage(parts, stop.signal);
    say(introduction(stage, options));
    const serviceEnded = await performRun(stage, options, io, say, stop.signal);
    const result = await stage.finish();
    const code = judge(result, serviceEnded, place.directory);
    const gone = code === 0 && place.clear();
    io.out(
      options.json
        ? `${JSON.stringify(tallyJson(result))}\n`
        : tallyText(result, gone ? null : stage.recordsDirectory),
    );
    return code;
  } finally {
    stopListening();
    await processes.stopAll(2_000);
  }
}

/**
 * The folder of one run, for ledger, records and logs: the given one, which must be empty and is kept, or a
 * temporary one. `clear` removes the temporary one, and answers whether it did.
 */
export function openWorkplace(given: string | undefined) {
  if (given === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'watchbill-demo-'));
    const clear = (): boolean => {
      rmSync(directory, { recursive: true, force: true });
      return true;
    };
    return { directory, clear };
  }
  const directory = resolve(given);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw usageFault(
      'the folder of a demonstration must be empty',
      'name an empty or a new folder',
      directory,
    );
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { directory, clear: () => false };
}

/** Shows the run until its time is over, a stop signal comes, or the service ends; true in the last case. */
async function performRun(
  stage: Stage,
  options: DemoOptions,
  io: Io,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  let serviceEnded = false;
  signal.addEventListener('abort', () => over.abort(), { once: true });
  if (signal.aborted) over.abort();
  void stage.service.ended.then(() => {
    serviceEnded = !over.signal.aborted;
    over.abort();
  });
  const { seconds } = options;
  const endsMs = seconds === undefined ? null : stage.fromMs + seconds * 1_000;
  const kills = hasKills(options);
  if (kills) stage.startKilling();
  const { clock, draw } = io;
  const parts: ShowParts = { stage, clock, endsMs, kills, write: say, draw };
  const live = io.outIsTerminal && !options.json && !options.plain;
  const time = endsMs === null ? null : io.clock.sleep(endsMs - io.clock.nowMs(), over.signal);
  void time?.then(() => over.abort());
  await (live ? liveShow(parts, terminalOf(io.env), over.signal) : plainShow(parts, over.signal));
  return serviceEnded;
}

/** https://no-color.org: any text but an empty one asks for no colours. */
function terminalOf({ NO_COLOR }: Io['env']): Terminal {
  return {
    rows: () => process.stdout.rows ?? 24,
    columns: () => process.stdout.columns ?? 80,
    colour: (NO_COLOR ?? '') === '',
  };
}

/** A person at the live view kills by hand, unless they ask for it. */
function hasKills({ kills, seconds }: DemoOptions): boolean {
  return kills === undefined ? seconds !== undefined : kills === 'on';
}

function introduction({ service, fleet }: Stage, options: DemoOptions): string {
  const pids = MEMBERS.map(({ node }) => `${node} ${fleet.pid(node) ?? '-'}`).join(', ');
  return [
    `page     ${service.url}/`,
    'The chain is simulated: a BABE and GRANDPA schedule runs by the clock, and a signature is a line in a record.',
    'The permission service, its store, the processes and the kills are real.',
    `API      ${service.url}/v1, described at ${service.url}/docs`,
    `metrics  ${service.url}/metrics`,
    `processes: service ${service.pid}, ${pids}`,
    hasKills(options)
      ? 'The active node of the shared identity (alpha-1, alpha-2) is killed at random moments.'
      : 'Kill the active node of the shared identity yourself: kill -9 <pid>; it is started again after some seconds.',
    '',
  ].join('\n');
}

function judge(result: Tally, serviceEnded: boolean, directory: string): 0 | 1 {
  if (serviceEnded) {
    throw fault('demo-service', 'fault', {
      what: 'the permission service ended during the run, so the run is no proof',
      where: join(directory, 'service', 'service.log'),
      remedy: 'read the end of this log; the folder is kept',
    });
  }
  if (result.due > 0 && result.duties === 0) {
    throw fault('demo-idle', 'fault', {
      what: `${counted(result.due, 'duty was', 'duties were')} due and none was signed, so the run is no proof`,
      where: directory,
      remedy: 'read the logs in this folder, which is kept; on a busy machine try `--slot-ms 2000`',
    });
  }
  return exitCode(result);
}
