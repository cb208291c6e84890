export const INPUT = {
  network: 'harbour',
  node: 'backup-iron-0',
  schedule: '*-*-* 03:00:00',
  commands: [['/bin/true', 'fleet', 'backup', 'run', '--archive', 'folder:/mnt/a b%']],
  folder: '/tmp',
};

export const GROWTH = {
  ...INPUT,
  schedule: 'hourly',
  commands: [['/bin/true', 'fleet', 'storage', 'grow', '--apply']],
};
