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

// A node puts the id of its chain on everything that it serves.
export const RPC = 'network="n",pool="rpc",role="rpc",instance="a",chain="c"';
export const SIGNER = 'network="n",pool="v",role="validator",instance="v1",chain="c"';
/** A node of a parachain, and the relay chain inside it. */
export const COLLATOR =
  'network="n",pool="col",role="collator",instance="c1",chain="para",endpoint="metrics"';
export const INSIDE =
  'network="n",pool="col",role="collator",instance="c1",chain="c",endpoint="relay-metrics"';
export const other = (labels: string, name: string) =>
  labels.replace(/instance="[^"]+"/, `instance="${name}"`);

/** A metric that goes up by `step` each minute. */
export const rising = (step: number, minutes = 600) => `0+${step}x${minutes}`;
export const still = (value: number, minutes = 600) => `${value}+0x${minutes}`;
export const DAY = 24 * 60;
export const WEEK = 7 * DAY;

export function height(status: string, labels: string): string {
  return `substrate_block_height{status="${status}",${labels}}`;
}

/** A case in which the alert must stay quiet. */
export function quiet(alert: string, minutes: number, series: Case['series']): Case {
  return { alert, fires: false, series, minutes };
}

/** A case in which it must fire. */
export function firing(alert: string, minutes: number, series: Case['series']): Case {
  return { alert, fires: true, series, minutes };
}

export function pair(
  alert: string,
  minutes: number,
  bad: Case['series'],
  good: Case['series'],
): readonly Case[] {
  return [firing(alert, minutes, bad), quiet(alert, minutes, good)];
}

/** The nodes that are expected in these tests. */
export const node = (name: string) => `network="n",pool="rpc",role="rpc",instance="${name}"`;
/** Of what the exporter tells of a node. */
export const NODE = 'network="n",place="east",pool="v",role="validator",node="v1"';
