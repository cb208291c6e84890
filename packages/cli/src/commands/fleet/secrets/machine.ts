import { resolve } from 'node:path';
import type { Changed, Credentials, LoadingUnit } from '@watchbill/fleet-run/machines';
import { EXIT } from '../../../process/exit.ts';
import { fault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import type { Place } from './find.ts';

/** Works with the credentials of one machine. */
export async function onMachine<Result>(
  io: Io,
  network: string,
  place: Place & { readonly target: 'machine' },
  sshConfig: string | undefined,
  work: (credentials: Credentials, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { openCredentials } = await import('@watchbill/fleet-run/machines');
  const sshConfigFile = sshConfig === undefined ? null : resolve(io.cwd, sshConfig);
  const credentials = openCredentials({ place, network, sshConfigFile, clock: io.clock });
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  try {
    return await work(credentials, controller.signal);
  } finally {
    forget();
    credentials.close();
  }
}

/** What a machine did not do, as an error. `exists`, `in-use` and `absent` are the command's to say. */
export async function changeFault(place: string, changed: Changed): Promise<Error> {
  if (changed.outcome === 'unreachable' || changed.outcome === 'forbidden') {
    const { placeFault } = await import('@watchbill/fleet-run/operations');
    return placeFault(place, changed.outcome, changed.detail);
  }
  if (changed.outcome === 'unknown')
    return fault('secrets-unknown', EXIT.unknown, {
      what: `${place}: ${changed.detail}`,
      where: place,
      remedy: 'whether it was done is not known: see `watchbill fleet secrets list`',
    });
  return fault('secrets-machine', EXIT.fault, {
    what: 'detail' in changed ? changed.detail : changed.outcome,
    where: place,
    remedy: 'nothing was changed; see what the machine says',
  });
}

/** What a person does after a credential changed: units keep what they were given when they started. */
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
