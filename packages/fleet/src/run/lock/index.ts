export { type Lock, takeLock } from './lock.ts';
export { type Holder, holderShape, THIS_MACHINE } from './mark.ts';
export { markShape, type ProcessMark, processMark, sameProcess } from './process-mark.ts';
