import { exporterShape } from '../settings.ts';
import type { Target } from '../target.ts';

export function readSettings(value: unknown) {
  return exporterShape.safeParse(value);
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
