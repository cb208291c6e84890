import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';

/** A person types the name of a machine, so that the wrong one is not chosen by habit. */
export async function confirmName(
  io: Io,
  yes: boolean | undefined,
  name: string,
  why: string,
): Promise<void> {
  if (yes === true) return;
  if (io.askHidden === null)
    throw usageFault(`${why}, and no person is at the terminal`, 'add --yes in a script', 'flag --yes');
  const typed = await io.askHidden(`type the name of the machine (${name}): `);
  if (typed.trim() === name) return;
  throw usageFault(`"${typed.trim().slice(0, 63)}" is not ${name}, so the command stops`, 'run it again');
}
