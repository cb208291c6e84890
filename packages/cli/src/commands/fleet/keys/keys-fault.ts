import { EXIT } from '../../../process/exit.ts';
import { fault } from '../../../process/fault.ts';

/** Runs it; what a rotation refuses becomes an error of the command. `where` names what it is about. */
export async function keysFault<Value>(where: string, work: () => Value | Promise<Value>): Promise<Value> {
  const { RotationFault } = await import('@watchbill/fleet-run/keys');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RotationFault)) throw error;
    throw fault(
      `keys-${error.code}`,
      EXIT.fault,
      { what: error.message, where, remedy: error.remedy },
      error,
    );
  }
}
