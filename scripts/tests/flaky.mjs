// Which failures may be run once more, and how many files may need that.

/**
 * Words of a verdict about safety. Such a failure is never run again: that it happened once is the
 * finding.
 */
const SAFETY =
  /double[- ]grant|granted (twice|two)|two (grants|signers|payloads|votes|attempts)|sign(ed|s) twice|both (hold|sign)|conflict|equivocat|second signer|never twice/i;
/** Of all files that ran. */
const FLAKY_SHARE = 0.01;
/** A short run may have this many, whatever its share. */
const FLAKY_ALWAYS_ALLOWED = 1;

/** @param {import('./run-group.mjs').FileResult} result */
export function mayRetry(result) {
  return result.failed > 0 && !result.failures.some((failure) => SAFETY.test(failure));
}

/** @param {number} flaky files @param {number} ran files */
export function tooManyFlaky(flaky, ran) {
  return flaky > Math.max(FLAKY_ALWAYS_ALLOWED, ran * FLAKY_SHARE);
}
