export { type Lock, takeLock } from './lock.ts';
export { type Holder, holderShape, THIS_MACHINE } from './mark.ts';
