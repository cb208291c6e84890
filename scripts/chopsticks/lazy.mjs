// The executor of chopsticks is an interpreter of WebAssembly that makes its own code of a whole runtime, of
// 10 MB, before it calls one of its functions, and again for each task. It can also compile each function
// when it is first called, and check it then; chopsticks does not ask for it.

/**
 * `br_table 1 2 1 2 3 0` of the function of smoldot that looks at the `ExecHint`: 1 makes code of functions
 * that are called, 2 and 0 of all at once, 3 as is asked for. It occurs once in the executor of the pinned
 * chopsticks.
 */
const AS_HINTED = Buffer.from('0e05010201020300', 'hex');
/** `br_table 1 1 1 1 3 1`. */
const LAZILY = Buffer.from('0e05010101010301', 'hex');

/** The executor that compiles only called functions. Throws if these bytes are those of another executor. */
export function makingCodeLazily(bytes) {
  const all = Buffer.from(bytes);
  const at = all.indexOf(AS_HINTED);
  if (at < 0 || all.indexOf(AS_HINTED, at + 1) >= 0)
    throw new Error(
      `the executor of chopsticks is another one than scripts/chopsticks/lazy.mjs knows: find the br_table of its ExecHint, or leave executor.mjs out of serve.mjs`,
    );
  LAZILY.copy(all, at);
  return all;
}
