import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/**
 * What Prometheus saw, and which alerts must fire then. Values are in promtool's notation, one each minute;
 * in cases of more than a day one each ten minutes, in those of more than a week one each six hours.
 */
export interface Case {
  readonly alert: string;
  readonly fires: boolean;
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly minutes: number;
}

/** The cases of one capability: what must fire each alert, and what is near to it and must not. */
export function casesOf(name: 'coordinate' | 'fleet' | 'guard' | 'nominate' | 'service'): readonly Case[] {
  return parse(readFileSync(new URL(`cases/${name}.yaml`, import.meta.url), 'utf8')) as readonly Case[];
}

/** A metric that goes up by `step` each minute. */
export const rising = (step: number, minutes = 600) => `0+${step}x${minutes}`;
export const still = (value: number, minutes = 600) => `${value}+0x${minutes}`;
export const DAY = 24 * 60;
export const WEEK = 7 * DAY;

export function height(status: string, labels: string): string {
  return `substrate_block_height{status="${status}",${labels}}`;
}
