export type { TikvCluster } from './cluster.ts';
export type { StoreFaults } from './faults.ts';
export { builtTikv, type TikvPrograms } from './find.ts';
export type { TikvMember } from './member.ts';
export type { Placement, Region } from './placement.ts';
export { copyTikvDisks, putBackTikvDisks, snapshotTikvDisks, type TikvDiskCopy } from './restore.ts';
export type { TikvPorts } from './settings.ts';
export { startTikvCluster } from './start.ts';
