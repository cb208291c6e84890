export { inFolder } from './folder.ts';
export { type CheckedValue, checkedValue, LONGEST_VALUE_BYTES } from './value.ts';
