/**
 * The clocks of two processes of one programme differ by less, in milliseconds. A time further in the future
 * was written before a clock was set back.
 */
export const CLOCK_SKEW_MS = 60_000;
