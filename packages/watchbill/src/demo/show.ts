import type { Clock } from '@watchbill/kit';
import { ansiScreen, type Terminal } from '@watchbill/kit/command/screen';
import { MEMBERS } from './cast.ts';
import { frame, timeText } from './frame.ts';
import { liveCount } from './live.ts';
import { recordReader } from './record.ts';
import type { Stage } from './stage.ts';

export interface ShowParts {
  readonly stage: Stage;
  readonly clock: Clock;
  /** When an unattended run ends; null where Ctrl-C ends it. */
  readonly endsMs: number | null;
  readonly kills: boolean;
  /** Prints text. */
  readonly write: (text: string) => void;
  /** Sends control sequences to the terminal. */
  readonly draw: (sequence: string) => void;
}

const FRAME_EVERY_MS = 250;
const LINE_EVERY_MS = 5_000;

/** Shows a run in progress in a terminal, until aborted. */
export async function liveShow(parts: ShowParts, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const screen = ansiScreen(parts.draw, terminal);
  const scene = sceneOf(parts);
  try {
    while (!signal.aborted) {
      screen.draw(frame(scene(), terminal.rows()));
      await parts.clock.sleep(FRAME_EVERY_MS, signal);
    }
  } finally {
    screen.close();
  }
}

/** The same as lines of progress, for an output that is not a terminal. */
export async function plainShow(parts: ShowParts, signal: AbortSignal): Promise<void> {
  const scene = sceneOf(parts);
  let told = 0;
  for (let passedMs = 0; !signal.aborted; passedMs += FRAME_EVERY_MS) {
    const now = scene();
    for (const { atMs, node, pid, planned } of now.outages.slice(told)) {
      const how = planned ? 'killed (SIGKILL)' : 'ended';
      parts.write(`${timeText(atMs)} ${node} pid ${pid} ${how}; it is started again soon\n`);
    }
    told = now.outages.length;
    if (passedMs % LINE_EVERY_MS === 0) parts.write(progressLine(now));
    await parts.clock.sleep(FRAME_EVERY_MS, signal);
  }
}

function progressLine({ nowMs, watches, keys, live, decisions, outages }: Scene): string {
  const holder = watches.find((watch) => watch.key === keys[0])?.holder ?? 'no node';
  const count = `duties ${live.duties} of ${live.due} due, conflicts ${live.conflicts}, missed ${live.missed}`;
  const denied = [...decisions.denied.values()].reduce((sum, one) => sum + one, 0);
  return `${timeText(nowMs)} ${count}; kills ${outages.length}; ${holder} active for alpha; granted ${decisions.granted}, denied ${denied}\n`;
}

/** Everything that one picture of the demonstration shows. */
export type Scene = ReturnType<ReturnType<typeof sceneOf>>;

function sceneOf({ stage, clock, endsMs, kills }: ShowParts) {
  const { schedule, fleet, fromMs } = stage;
  const counter = liveCount(schedule, fromMs);
  const readOn = recordReader(stage.recordsDirectory);
  return () => {
    const nowMs = clock.nowMs();
    const slot = schedule.slotAt(nowMs);
    const pids = MEMBERS.map(({ node }) => [node, fleet.pid(node)] as const);
    return {
      nowMs,
      startedMs: fromMs,
      endsMs,
      kills,
      url: stage.service.url,
      servicePid: stage.service.pid,
      slot,
      epoch: schedule.epochOf(slot),
      round: schedule.roundAt(nowMs),
      keys: stage.spec.authorities,
      watches: stage.watches(),
      pids: new Map(pids.filter((entry): entry is [string, number] => entry[1] !== null)),
      live: counter.update(readOn(false), nowMs),
      decisions: stage.decisions(),
      outages: fleet.outages(),
    };
  };
}
