export type { EtcdOptions, EtcdTls, EtcdUser, WentBack } from './options.ts';
export { openEtcdStore } from './store.ts';
