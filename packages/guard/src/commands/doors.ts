import type { Door } from '@watchbill/kit/command/door';

export const GUARD_DOORS: readonly Door[] = [
  {
    group: 'Other capabilities',
    usage: 'doctor [options]',
    about: 'look for causes of double signatures and missed duties; it reads only, and ranks its findings',
    load: async () => (await import('./doctor/doctor-command.ts')).doctor,
  },
  {
    group: 'Other capabilities',
    usage: 'guard',
    about: 'run a stock node, and place its session keys only while that is safe',
    load: async () => (await import('./guard/guard-command.ts')).fillGuard,
  },
];
