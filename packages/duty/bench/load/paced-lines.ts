import type { Throughput } from '@watchbill/testkit/bench/pace';
import { table } from '@watchbill/testkit/bench/report';
import type { Latency } from '@watchbill/testkit/bench/statistics';

/** Sides that were measured one operation at a time, and with so many in flight, as a table. */
export function pacedLines(
  inFlight: number,
  sides: readonly (readonly [name: string, alone: Latency, loaded: Throughput])[],
): readonly string[] {
  const cells = ({ p50Ms, p99Ms, samples }: Latency) => [
    `${p50Ms.toFixed(2)} ms`,
    `${p99Ms.toFixed(2)} ms`,
    String(samples),
  ];
  return table([
    ['median of rounds', 'p50', 'p99', 'samples', `${inFlight} in flight`, 'p50', 'p99', 'samples'],
    ...sides.map(([name, alone, loaded]) => [
      name,
      ...cells(alone),
      `${Math.round(loaded.perSecond)}/s`,
      ...cells(loaded),
    ]),
  ]);
}
