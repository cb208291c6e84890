import { unknown } from '../known.ts';
import type { Look } from '../look.ts';
import { exporterShape } from '../settings.ts';
import type { Target } from '../target.ts';

export function readSettings(value: unknown) {
  return exporterShape.safeParse(value);
}

/** The look at a node without answers; `more` replaces its parts. */
export function lookAt(target: Target, more: Partial<Look['nodes'][number]> = {}): Look['nodes'][number] {
  const why = unknown('no connection');
  return {
    ...{ target, node: null, genesis: why, head: why, version: why, runtime: why, disk: null, stash: null },
    ...more,
  };
}

export function targetNamed(name: string): Target {
  return {
    name,
    pool: 'validators',
    role: 'validator',
    place: 'here',
    url: 'ws://127.0.0.1:9944',
    pod: null,
    duty: '',
    stash: new Uint8Array(32),
    stashText: '5Stash',
    waits: false,
    diskPath: null,
  };
}
