import type { Policy } from '../rule/index.ts';

/** For example `by ada since 2026-11-23T04:10:00.000Z: a copy of the disk is missing`. */
export function freezeText({ freeze }: Policy): string {
  if (freeze === undefined) return 'its policy no longer names who froze it';
  return `by ${freeze.by} since ${new Date(freeze.atMs).toISOString()}: ${freeze.reason}`;
}
