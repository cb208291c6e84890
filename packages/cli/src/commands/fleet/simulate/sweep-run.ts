import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counted, systemClock } from '@watchbill/base';
import type { Simulation, SweepReport, SweepResult } from '@watchbill/fleet/simulate';
import type { Document } from '../../../config/document.ts';
import { CliFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { replaceFile } from '../../../output/write-files.ts';
import { prepare } from './prepare.ts';
import { type Say, STOP_MS, untilAllAnswer, up } from './run.ts';
import type { SweepOrder } from './sweep-order.ts';
import { resultLine } from './sweep-text.ts';

export interface Swept {
  readonly report: SweepReport;
  readonly interrupted: boolean;
}

/** Measures every size that is not measured yet; each result is in the file before the next size begins. */
export async function runSweep(
  io: Io,
  order: SweepOrder,
  { json }: { readonly json?: boolean },
): Promise<Swept> {
  const { sizesLeft, withResult } = await import('@watchbill/fleet/simulate');
  const say: Say = (line, text) => io.out(json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  let { report } = order;
  try {
    for (const size of sizesLeft(report, order.sizes)) {
      if (controller.signal.aborted) break;
      say({ kind: 'size', validators: size }, `measure  ${counted(size, 'validator')}`);
      const result = await oneSize(io, order, size, say, controller.signal);
      if (controller.signal.aborted && result.outcome === 'failed') break;
      report = withResult(report, result);
      keep(order.file, report);
      say({ kind: 'result', ...result }, resultLine(result));
    }
    return { report, interrupted: controller.signal.aborted };
  } finally {
    forget();
  }
}

/** Whole or as it was. */
function keep(file: string, report: SweepReport): void {
  replaceFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** A size that cannot be measured says why, and does not end the sweep. */
async function oneSize(
  io: Io,
  order: SweepOrder,
  size: number,
  say: Say,
  signal: AbortSignal,
): Promise<SweepResult> {
  const sinceMs = systemClock().monotonicMs();
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-sweep-'));
  const common = () => ({
    validators: size,
    tookSeconds: Math.round(systemClock().monotonicMs() - sinceMs) / 1_000,
    at: new Date(io.clock.nowMs()).toISOString(),
  });
  let isWorthless = true;
  try {
    const figures = await measured(io, order, size, folder, say, signal);
    return { outcome: 'measured', ...figures, blocks: [...figures.blocks], ...common() };
  } catch (error) {
    const { why, remedy } = await reasonOf(error);
    isWorthless = signal.aborted || !existsSync(join(folder, 'local'));
    if (!isWorthless)
      say({ kind: 'folder', folder }, `kept     ${folder}: chains and logs of ${counted(size, 'validator')}`);
    return { outcome: 'failed', why, remedy, ...common() };
  } finally {
    if (isWorthless) rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(
  io: Io,
  order: SweepOrder,
  size: number,
  folder: string,
  say: Say,
  signal: AbortSignal,
) {
  const { measureFinality, networkOfSize, simulationSchema } = await import('@watchbill/fleet/simulate');
  const simulation = simulationSchema.parse(networkOfSize(order.network, size));
  const prepared = await prepare(io, documentOf(io, simulation, size), folder);
  const local = await up(prepared, say);
  try {
    await untilAllAnswer(local, order.startSeconds, signal);
    return await measureFinality({
      nodes: local.nodes.map(({ name, pool }) => ({
        name: pool,
        rpcUrl: `ws://127.0.0.1:${local.seat(name).ports.rpc}`,
      })),
      warmupBlocks: order.warmupBlocks,
      blocks: order.blocks,
      timeoutSeconds: order.timeoutSeconds,
      clock: systemClock(),
      signal,
    });
  } finally {
    await local.stop(STOP_MS);
  }
}

/** A simulation that stands in no file: its paths begin here, and its places are sizes. */
function documentOf(io: Io, value: Simulation, size: number): Document<Simulation> {
  return { value, file: join(io.cwd, 'sweep'), whereIs: () => counted(size, 'validator') };
}

async function reasonOf(error: unknown): Promise<{ readonly why: string; readonly remedy: string }> {
  const { SweepFault } = await import('@watchbill/fleet/simulate');
  if (error instanceof SweepFault) return { why: error.message, remedy: error.remedy };
  if (error instanceof CliFault)
    return {
      why: error.problems.map(({ what }) => what).join('; '),
      remedy: error.problems[0]?.remedy ?? 'look at what it says',
    };
  throw error;
}
