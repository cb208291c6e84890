import { resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { openLog } from '@watchbill/kit/command/log';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { supervisorOf } from '@watchbill/kit/command/supervisor';
import { makeFoldersSync } from '@watchbill/kit/files';
import { recipientOf } from '../../custody/age.ts';
import { openFolder } from '../../custody/open-folder.ts';
import { addSealed, openSealed } from '../../custody/sealed-folder.ts';
import { guardFailpoint } from '../../failpoints.ts';
import { startNode } from '../../node/process.ts';
import { chainFile } from '../../run/chain-file.ts';
import { runGuard } from '../../run/guard.ts';
import { latchFile } from '../../run/latch.ts';
import { LEASE_MS } from '../../run/lease.ts';
import { lockFolders } from '../../run/lock.ts';
import { markFile, tokenFile, uptimeMs } from '../../run/memory.ts';
import type { GuardEvents, GuardParts, RotationState } from '../../run/parts.ts';
import { allEvents } from '../../run/parts.ts';
import { type RuntimeFolder, runtimeFolder } from '../../run/runtime-folder.ts';
import type { Verdict } from '../../run/verdict.ts';
import type { Flags } from './flags.ts';
import { identityOf, openGround, openMetrics, validatorOf } from './inputs.ts';
import { guardLog } from './log.ts';
import { type Place, type PlaceFlags, placesOf } from './places.ts';

type RunFlags = PlaceFlags &
  Flags<'database' | 'rpc' | 'witness' | 'runtime' | 'state', 'passphraseFile' | 'metricsPort'>;

/** Runs the node until SIGTERM. At the end the node is gone and no key is placed. */
export async function runUnderGuard(io: Io, command: readonly string[], options: RunFlags): Promise<void> {
  const { seats, runtime, close } = await open(io, options);
  const log = openLog(io, { level: 'info', format: io.outIsTerminal ? 'text' : 'json' });
  const supervisor = supervisorOf(io, (reason) =>
    log.warn({ event: 'not-notified', reason }, 'systemd was not notified'),
  );
  const stop = stopOnSignal(io, log, 0);
  const stopping = new AbortController();
  const asked = stop.asked.then(async () => {
    stopping.abort();
    await supervisor.stopping();
  });
  const pulse = pulseOf();
  const kinds = seats.flatMap(({ parts }) => parts.keys.map(({ name }) => name.kind));
  const pairs = seats.flatMap(({ pair }) => pair ?? []);
  const metrics = await openMetrics(options, log, kinds, { pairs });
  const status = statusWriter(runtime, io);
  const start = () => startNode(command, io.clock, options.rpc);
  const parts = seats.map(({ parts: own, pair }): GuardParts => {
    const of = options.spare === undefined ? null : (own.validator?.name ?? null);
    const ownLog = guardLog(of === null ? log : log.child({ validator: of }));
    const events = allEvents(ownLog, status(of), pulse.events, metrics?.eventsOf(pair) ?? {});
    return { ...own, events, start };
  });
  try {
    await supervisor.ready(pulse.isAlive);
    await runGuard(parts as [GuardParts, ...GuardParts[]], stopping.signal);
    await asked;
  } finally {
    stop.forget();
    await metrics?.close();
    await close();
  }
}

/** Opens the parts of a run. All seats share the node and its keystore. */
async function open(io: Io, options: RunFlags) {
  const places = await placesOf(io, options);
  const { parts, close: closeNodes } = await openGround(io, options);
  const runtime = runtimeFolder(resolve(io.cwd, options.runtime));
  const state = resolve(io.cwd, options.state);
  for (const folder of [runtime.keystore, state]) makeFoldersSync(folder, 0o700);
  const lock = await lockFolders([runtime.path, state, ...places.map(({ sealed }) => sealed)]);
  // Only tests of crashes set it; see CONTRIBUTING.
  const failpoint = guardFailpoint(process.env.WATCHBILL_FAILPOINT);
  const folder = await openFolder(runtime.keystore, failpoint);
  const isSpare = options.spare !== undefined;
  const machine = {
    ...{ ...parts, folder, keystore: runtime.keystore, failpoint },
    announced: isSpare ? () => false : runtime.takeAnnouncement,
  };
  const seats: OpenSeat[] = [];
  for (const place of places) {
    const allowed = () => runtime.takeAllowance(isSpare ? place.validator : null);
    seats.push(await openSeat(io, { ...options, ...place }, { ...machine, allowed }));
  }
  const close = async (): Promise<void> => {
    closeNodes();
    for (const seat of seats) await seat.close();
    await lock.release();
  };
  return { seats, runtime, close };
}

type OpenSeat = Awaited<ReturnType<typeof openSeat>>;
type SeatFile = 'marks' | 'chain' | 'latch' | 'token';
/** The parts that the validators of a spare do not share. */
type OfSeat = 'keys' | 'validator' | 'role' | 'fence' | 'seal' | 'events' | 'start' | SeatFile;

/** The parts of one validator. `pair`: its prefix in the store; null without one. */
async function openSeat(
  io: Io,
  place: Place & Pick<RunFlags, 'passphraseFile'>,
  machine: Omit<GuardParts, OfSeat>,
) {
  const { sealed, state, runtime, validator } = place;
  const identity = await identityOf(io, place);
  const keys = await openSealed(sealed, identity);
  const recipient = await recipientOf(identity);
  for (const folder of [state, runtime]) makeFoldersSync(folder, 0o700);
  // Stores take 30 MB of code, which a machine without a pair does not need.
  const pair =
    place.pair === null ? null : await (await import('./pair/open.ts')).openPair(io, place.pair, state);
  const parts = {
    ...{ ...machine, keys, role: pair?.role ?? null, fence: pair?.fence ?? null },
    ...{
      marks: markFile(state),
      chain: chainFile(state),
      latch: latchFile(state),
      token: tokenFile(runtime),
    },
    validator: validator === null ? null : validatorOf(validator),
    seal: (key: GuardParts['keys'][number]) => addSealed(sealed, key, recipient),
  };
  return { parts, pair: pair?.prefix ?? null, close: async () => pair?.close() };
}

/** Whether the guard still decides while its node runs: a guard that hangs is not fed for. */
function pulseOf(): { readonly events: Partial<GuardEvents>; readonly isAlive: () => boolean } {
  let decidedMs: number | null = null;
  const beat = (): void => {
    decidedMs = uptimeMs();
  };
  const rest = (): void => {
    decidedMs = null;
  };
  return {
    events: { started: beat, verdicts: beat, ended: rest },
    isAlive: () => decidedMs === null || uptimeMs() - decidedMs <= LEASE_MS,
  };
}

/** Between two status files while no key moves. */
const STATUS_MS = 1_000;

/**
 * Writes the status file when a key moves, and once a second. Each validator of a spare has its events;
 * null: there is one alone.
 */
function statusWriter(runtime: RuntimeFolder, { clock }: Io) {
  let node: number | null = null;
  let written = { text: '', atMs: 0 };
  let rotation: RotationState = { state: 'none' };
  const verdicts = new Map<string | null, readonly Verdict[]>();
  return (validator: string | null): Partial<GuardEvents> => ({
    started: (pid) => {
      node = pid;
    },
    ended: () => {
      node = null;
    },
    rotation: (state) => {
      rotation = state;
    },
    verdicts: (own) => {
      verdicts.set(validator, own);
      const all = [...verdicts].flatMap(([of, some]) => some.map((verdict) => statusOf(verdict, of)));
      const text = `${node} ${rotation.state} ${all.map(({ publicKey, state }) => `${publicKey} ${state}`).join()}`;
      const atMs = clock.nowMs();
      if (text === written.text && Math.abs(atMs - written.atMs) < STATUS_MS) return;
      written = { text, atMs };
      runtime.writeStatus({ pid: process.pid, node, atMs, rotation, keys: all });
    },
  });
}

function statusOf({ name: { kind, publicKey }, state, say }: Verdict, validator: string | null) {
  return { kind, publicKey, state, say, ...(validator === null ? {} : { validator }) };
}
