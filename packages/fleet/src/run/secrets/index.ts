export { inFolder } from './folder.ts';
export { type CheckedValue, checkedValue, isDevelopmentSeed, LONGEST_VALUE_BYTES } from './value.ts';
