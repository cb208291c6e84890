import { usageFault } from '../../process/fault.ts';

/** Reads a whole number from 1. Throws a usage fault that names the flag. */
export function wholeNumber(flag: string): (text: string) => number {
  return (text) => {
    if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
    throw usageFault('that is no whole number from 1', 'give digits', `flag ${flag}`);
  };
}
