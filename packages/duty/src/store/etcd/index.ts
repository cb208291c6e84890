export type { EtcdOptions, EtcdUser, WentBack } from './options.ts';
export { openEtcdStore } from './store.ts';
