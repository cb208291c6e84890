import type { Network } from '@watchbill/fleet';
import type { Condition, RolloutSettings } from '@watchbill/fleet-run/rollout';
import { usageFault } from '../../../process/fault.ts';
import { decimalOf, wholeOf } from '../../numbers.ts';
import type { TargetFlags } from '../ports.ts';

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

/** How it is rolled out, and when: the section of the file, with the flags over it. */
export interface RolloutChoice {
  readonly settings: RolloutSettings;
  readonly condition: Condition | null;
  readonly deadlineMs: number;
}

export async function choiceOf(flags: RolloutFlags, network: Network | null): Promise<RolloutChoice> {
  const { conditionOf, readCondition, rolloutSettings } = await import('@watchbill/fleet-run/rollout');
  const written = rolloutSettings(network?.file.rollout);
  const condition = flags.at === undefined ? conditionOf(network?.file.upgradeAt) : readCondition(flags.at);
  if (flags.at !== undefined && condition === null)
    throw usageFault(
      `${flags.at} is no moment`,
      'write block:1234, spec:2000001 or time:2026-12-01T09:00:00Z',
      'flag --at',
    );
  return {
    settings: {
      ...written,
      soakSeconds: secondsOf(flags.soak, 'soak', 0, 86_400) ?? written.soakSeconds,
      gateSeconds: secondsOf(flags.gateTimeout, 'gate-timeout', 1, 604_800) ?? written.gateSeconds,
    },
    condition,
    deadlineMs: hoursOf(flags.deadline) * 3_600_000,
  };
}

function secondsOf(text: string | undefined, flag: string, least: number, most: number): number | null {
  return text === undefined ? null : wholeOf(text, { where: `flag --${flag}`, of: 'seconds', least, most });
}

function hoursOf(text: string): number {
  return decimalOf(text, { where: 'flag --deadline', of: 'hours', least: 0.001, most: 8_760 });
}
