import { collectSamples, type Latency } from './statistics.ts';

/** One operation of a lane. Lanes run side by side; within a lane one operation follows the other. */
export type Operation = (lane: number) => Promise<void>;

export interface ClosedLoop {
  readonly lanes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface Throughput extends Latency {
  readonly perSecond: number;
}

/** Each lane begins its next operation when the last one has ended. What ends in the measured time counts. */
export async function closedLoop(loop: ClosedLoop, operation: Operation): Promise<Throughput> {
  const samples = collectSamples();
  const beginMs = performance.now() + loop.warmUpMs;
  const endMs = beginMs + loop.measureMs;
  const runLane = async (lane: number): Promise<void> => {
    for (let startMs = performance.now(); startMs < endMs; ) {
      await operation(lane);
      const nowMs = performance.now();
      if (nowMs >= beginMs && nowMs < endMs) samples.add(nowMs - startMs);
      startMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: loop.lanes }, (_, lane) => runLane(lane)));
  if (samples.count() === 0) throw new Error(`no operation ended within ${loop.measureMs} ms`);
  return { ...samples.latency(), perSecond: (1_000 * samples.count()) / loop.measureMs };
}

export interface OneByOne {
  readonly warmUp: number;
  readonly count: number;
}

/** One lane, one operation after the other, a fixed number of them. */
export async function oneByOne({ warmUp, count }: OneByOne, operation: Operation): Promise<Latency> {
  for (let done = 0; done < warmUp; done++) await operation(0);
  const samples = collectSamples(count);
  for (let done = 0; done < count; done++) {
    const startMs = performance.now();
    await operation(0);
    samples.add(performance.now() - startMs);
  }
  return samples.latency();
}

export interface OpenLoop {
  readonly lanes: number;
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface OpenLatency extends Latency {
  /** How late operations began by this process's own doing; it is part of the latencies. */
  readonly lateness: Latency;
}

/** Timers may be late by about this much; the rest of a wait is spent looking at the clock. */
const TIMER_SLACK_MS = 1.5;

/**
 * Operations begin at fixed moments, whether or not earlier ones have ended, over the lanes in turn. A lane
 * that is still busy lets its operations queue; latency counts from the moment an operation was due, so
 * waiting is never left out.
 */
export async function openLoop(loop: OpenLoop, operation: Operation): Promise<OpenLatency> {
  const [samples, lateness] = [collectSamples(), collectSamples()];
  const intervalMs = 1_000 / loop.perSecond;
  const firstMs = performance.now() + TIMER_SLACK_MS;
  const measuredFromMs = firstMs + loop.warmUpMs;
  const total = Math.round((loop.warmUpMs + loop.measureMs) / intervalMs);
  const lanes: Promise<void>[] = Array.from({ length: loop.lanes }, () => Promise.resolve());
  let failure: { readonly error: unknown } | null = null;
  for (let index = 0; index < total && failure === null; index++) {
    const dueMs = firstMs + index * intervalMs;
    await until(dueMs);
    if (dueMs >= measuredFromMs) lateness.add(performance.now() - dueMs);
    const lane = index % loop.lanes;
    lanes[lane] = (lanes[lane] ?? Promise.resolve())
      .then(() => operation(lane))
      .then(() => {
        if (dueMs >= measuredFromMs) samples.add(performance.now() - dueMs);
      })
      .catch((error: unknown) => {
        failure ??= { error };
      });
  }
  await Promise.all(lanes);
  const failed = failure as { readonly error: unknown } | null;
  if (failed !== null) throw failed.error;
  return { ...samples.latency(), lateness: lateness.latency() };
}

async function until(dueMs: number): Promise<void> {
  const restMs = dueMs - performance.now();
  if (restMs > TIMER_SLACK_MS) await new Promise((resolve) => setTimeout(resolve, restMs - TIMER_SLACK_MS));
  while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
}
