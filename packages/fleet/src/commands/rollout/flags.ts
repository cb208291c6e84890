import { usageFault } from '@watchbill/kit';
import { decimalOf, wholeOf } from '@watchbill/kit/command/numbers';
import type { RolloutWishes } from '../../run/operations/index.ts';
import type { TargetFlags } from '../command-ports.ts';

export interface RolloutFlags extends TargetFlags {
  readonly file: string;
  readonly state?: string;
  readonly local?: string;
  readonly binary?: string;
  readonly pool?: readonly string[];
  readonly at?: string;
  readonly deadline: string;
  readonly soak?: string;
  readonly gateTimeout?: string;
  readonly json?: boolean;
}

/** The pace and the start time of a rollout, from the flags. */
export async function wishesOf({ at, deadline, soak, gateTimeout }: RolloutFlags): Promise<RolloutWishes> {
  const { readCondition } = await import('../../run/operations/index.ts');
  const condition = at === undefined ? undefined : readCondition(at);
  if (condition === null)
    throw usageFault(
      `${at} is not a valid time`,
      'write block:1234, spec:2000001 or time:2026-12-01T09:00:00Z',
      'flag --at',
    );
  return {
    condition,
    soakSeconds: secondsOf(soak, 'soak', 0, 86_400),
    gateSeconds: secondsOf(gateTimeout, 'gate-timeout', 1, 604_800),
    deadlineMs: hoursOf(deadline) * 3_600_000,
  };
}

function secondsOf(text: string | undefined, flag: string, least: number, most: number): number | undefined {
  return text === undefined
    ? undefined
    : wholeOf(text, { where: `flag --${flag}`, of: 'seconds', least, most });
}

function hoursOf(text: string): number {
  return decimalOf(text, { where: 'flag --deadline', of: 'hours', least: 0.001, most: 8_760 });
}
