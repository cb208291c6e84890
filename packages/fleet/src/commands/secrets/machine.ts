import type { Io } from '@watchbill/kit/command/io';
import type { LoadingUnit } from '../../run/machines/index.ts';

/** Works until it is done, or until a person stops it. */
export async function untilStopped<Value>(
  io: Io,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  try {
    return await work(controller.signal);
  } finally {
    forget();
  }
}

/** The next steps of a person after a credential changed: units keep the value of their start. */
export function restartLines(
  place: { readonly name: string; readonly host: string },
  units: readonly LoadingUnit[],
): readonly string[] {
  const active = units.filter((unit) => unit.active);
  if (active.length === 0) return [];
  return [
    `these units of ${place.name} have the old value until they are restarted, one signer at a time:`,
    ...active.map(({ name }) => `  ssh ${place.host} systemctl restart ${name}`),
  ];
}
